#include "settings/option.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"

/* --- fields ---------------------------------------------------------------*/

static void *
field_of(const struct option *option, struct settings *settings)
{
    return (char *)settings + option->offset;
}

static void
store_number(const struct option *option, struct settings *settings, uint64_t n)
{
    void *field = field_of(option, settings);

    switch (option->field) {
    case FIELD_UNSIGNED:
        must(n <= UINT32_MAX);
        *(unsigned *)field = (unsigned)n;
        return;
    case FIELD_U64:
        *(uint64_t *)field = n;
        return;
    case FIELD_I64:
        must(n <= INT64_MAX);
        *(int64_t *)field = (int64_t)n;
        return;
    case FIELD_NONE:
    case FIELD_BOOL:
    case FIELD_DOUBLE:
    case FIELD_TEXT:
    case FIELD_WORD:
    case FIELD_WORDS:
        break;
    }
    die("--%s: its field holds no number", option->name);
}

/* --- values ---------------------------------------------------------------*/

static int
set_flag(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    bool is_true = strcmp(value, "true") == 0;

    must(option->field == FIELD_BOOL);
    if (!is_true && strcmp(value, "false") != 0) {
        err_set(err, ERR_USAGE, "\"%s\" is neither true nor false", value);
        return -1;
    }
    *(bool *)field_of(option, settings) =
        option->type == OPTION_CLEARS ? !is_true : is_true;
    return 0;
}

static int
read_number(const struct option *option, const char *value, uint64_t *out)
{
    uint64_t n;

    if ((option->type == OPTION_SIZE ? units_parse_size
                                     : units_parse_count)(value, &n) ||
        n < option->least || n > option->most)
        return -1;
    *out = n;
    return 0;
}

static int
set_count(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    unsigned unit = option->type == OPTION_DURATION ? option->unit_ms : 1;
    uint64_t n;

    must(unit > 0);
    if (read_number(option, value, &n)) {
        err_set(err, ERR_USAGE,
            "\"%s\" is not a number from %" PRIu64 " to %" PRIu64, value,
            option->least, option->most);
        return -1;
    }
    store_number(option, settings, n * unit);
    return 0;
}

/* As it is written on the command line: "64", "1KiB", "512MiB". */
static const char *
size_word(uint64_t n_bytes, char out[UNITS_TEXT_BYTES])
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    size_t i = 0;

    for (; n_bytes && n_bytes % 1024 == 0 && i < 3; i++)
        n_bytes /= 1024;
    snprintf(out, UNITS_TEXT_BYTES, "%" PRIu64 "%s", n_bytes, units[i]);
    return out;
}

static int
set_size(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    char least[UNITS_TEXT_BYTES], most[UNITS_TEXT_BYTES];
    uint64_t n;

    if (read_number(option, value, &n)) {
        err_set(err, ERR_USAGE, "\"%s\" is not a size from %s to %s", value,
            size_word(option->least, least), size_word(option->most, most));
        return -1;
    }
    store_number(option, settings, n);
    return 0;
}

static int
set_decimal(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    bool is_open = option->type == OPTION_BETWEEN;
    double low = option->low, high = option->high, n;

    must(option->field == FIELD_DOUBLE);
    if (units_parse_decimal(value, &n) ||
        !(is_open ? n > low && n < high : n >= low && n <= high)) {
        err_set(err, ERR_USAGE,
            is_open ? "\"%s\" is not a number between %g and %g"
                    : "\"%s\" is not a rate from %g to %g",
            value, low, high);
        return -1;
    }
    *(double *)field_of(option, settings) = n;
    return 0;
}

static void
refuse_word(const struct option *option, const char *value, struct err *err)
{
    struct text list = {0};

    for (const struct option_word *word = option->words; word->word; word++)
        text_format(&list, "%s%s", word == option->words ? "" : ", ",
            word->word);
    err_set(err, ERR_USAGE, "\"%s\" is none of: %s", value, list.data);
    text_release(&list);
}

static int
set_word(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    const struct option_word *word = option->words;

    while (word->word && strcmp(word->word, value) != 0)
        word++;
    if (!word->word) {
        refuse_word(option, value, err);
        return -1;
    }
    if (word->refusal) {
        err_set(err, ERR_USAGE, "%s", word->refusal);
        return -1;
    }
    if (option->field == FIELD_WORD)
        *(const char **)field_of(option, settings) = word->word;
    else
        store_number(option, settings, (uint64_t)(word - option->words));
    return 0;
}

static int
set_text(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    char **text = field_of(option, settings);

    if (!*value) {
        err_set(err, ERR_USAGE, "the %s is empty", option->noun);
        return -1;
    }
    if (option->type == OPTION_LIST) {
        must(option->field == FIELD_WORDS);
        words_add(field_of(option, settings), value);
        return 0;
    }
    must(option->field == FIELD_TEXT);
    free(*text);
    *text = mem_text(value);
    return 0;
}

static int
set_by_type(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    switch (option->type) {
    case OPTION_ACTION:
        break;
    case OPTION_FLAG:
    case OPTION_CLEARS:
        return set_flag(option, settings, value, err);
    case OPTION_COUNT:
    case OPTION_DURATION:
        return set_count(option, settings, value, err);
    case OPTION_SIZE:
        return set_size(option, settings, value, err);
    case OPTION_RATE:
    case OPTION_BETWEEN:
        return set_decimal(option, settings, value, err);
    case OPTION_CHOICE:
        return set_word(option, settings, value, err);
    case OPTION_TEXT:
    case OPTION_PATH:
    case OPTION_LIST:
        return set_text(option, settings, value, err);
    case OPTION_OWN:
        return option->set(option, settings, value, err);
    }
    die("--%s sets nothing", option->name);
}

int
option_set(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    if (set_by_type(option, settings, value, err))
        return -1;
    if (option->then)
        option->then(settings);
    return 0;
}

/* --- defaults -------------------------------------------------------------*/

void
option_set_default(const struct option *option, struct settings *settings)
{
    struct err err;

    if (option->type == OPTION_CLEARS)
        *(bool *)field_of(option, settings) = true;
    else if (option->preset &&
             option_set(option, settings, option->preset, &err))
        die("the default of --%s: %s", option->name, err.text);
}

void
option_release(const struct option *option, struct settings *settings)
{
    char **text = field_of(option, settings);

    if (option->field == FIELD_WORDS)
        words_release(field_of(option, settings));
    if (option->field != FIELD_TEXT)
        return;
    free(*text);
    *text = NULL;
}

const char *
option_default(const struct option *option)
{
    return option->preset ? option->preset : option->fallback;
}

#include "infer/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "infer/texts.h"
#include "value/number.h"
#include "value/scalar.h"

/* ------------------------------------------------------------ one value --- */

static bool
has_byte(const char *at, size_t n_bytes, char byte)
{
    return memchr(at, byte, n_bytes) != NULL;
}

/* 00123 is not a number: its zeros mean something. Nor is -0. */
static bool
keeps_its_digits(const char *at, size_t n_bytes)
{
    if (n_bytes > 0 && *at == '-') {
        at++;
        n_bytes--;
        if (n_bytes == 1 && *at == '0')
            return false;
    }
    return n_bytes > 0 &&
           !(n_bytes > 1 && at[0] == '0' && number_digit(at[1]) <= 9);
}

static bool
is_all_digits(const char *at, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (number_digit(at[i]) > 9 && !(i == 0 && at[i] == '-'))
            return false;
    return n_bytes > 0;
}

static bool
note_integer(struct integers *integers, const char *at, size_t n_bytes)
{
    union scalar value;
    bool is_int;

    if (!keeps_its_digits(at, n_bytes) || !is_all_digits(at, n_bytes))
        return false;
    is_int = scalar_parse(SCALAR_INT64, at, n_bytes, &value);
    if (!is_int && !scalar_parse(SCALAR_UINT64, at, n_bytes, &value))
        return false;
    if (!integers)
        return true;
    if (!is_int || value.i64 >= 0) {
        if (value.u64 > integers->most)
            integers->most = value.u64;
    } else {
        integers->n_negative++;
    }
    if (is_int && (!integers->has_any || value.i64 < integers->least))
        integers->least = value.i64;
    else if (!integers->has_any)
        integers->least = INT64_MAX;
    integers->has_any = true;
    integers->n++;
    return true;
}

/* Digits alone that no integer holds would be rounded: they are a text. */
static bool
is_double(const char *at, size_t n_bytes, double *value)
{
    union scalar integer;

    if (n_bytes == 0 || *at == '+' || !keeps_its_digits(at, n_bytes) ||
        !number_parse_double(at, n_bytes, value))
        return false;
    return !is_all_digits(at, n_bytes) ||
           (scalar_parse(SCALAR_INT64, at, n_bytes, &integer) &&
               integer.i64 < INT64_C(1) << 53 &&
               integer.i64 > -(INT64_C(1) << 53));
}

static bool
is_bool(const char *at, size_t n_bytes)
{
    return (n_bytes == 4 && memcmp(at, "true", 4) == 0) ||
           (n_bytes == 5 && memcmp(at, "false", 5) == 0);
}

/* A tag or an id, as lists have them; no sentence, no address of a page. */
static bool
is_word(const char *at, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (!is_letter(at[i]) && number_digit(at[i]) > 9 &&
            !strchr("_-.+#&'", at[i]) && (at[i] & 0x80) == 0)
            return false;
    return n_bytes > 0 && n_bytes <= 40;
}

/* -------------------------------------------------------------- a list ---- */

/* What all items of a list are. */
struct list_cursor {
    size_t n;
    bool are_integers, are_doubles, are_words, are_grouped;
};

static void
see_item(struct list_cursor *items, struct list_facts *list, const char *at,
    size_t n_bytes)
{
    const char *all = at;
    size_t all_bytes = n_bytes;
    double value;

    trim_blanks(&at, &n_bytes);
    list->is_blanked |= n_bytes < all_bytes;
    if (!note_integer(&list->integers, at, n_bytes)) {
        items->are_integers = false;
        items->are_doubles &= is_double(at, n_bytes, &value);
    }
    items->are_words &= is_word(all, all_bytes);
    items->are_grouped &= is_all_digits(at, n_bytes) &&
                          (items->n == 0 ? n_bytes <= 4 : n_bytes == 3);
    items->n++;
}

static struct list_cursor
see_list(struct list_facts *list, char delimiter, const char *at,
    size_t n_bytes)
{
    struct list_cursor items = {.are_integers = true,
        .are_doubles = true,
        .are_words = true,
        .are_grouped = true};
    const char *end = at + n_bytes, *stop;

    list->n_with += has_byte(at, n_bytes, delimiter);
    for (;; at = stop + 1) {
        stop = memchr(at, delimiter, (size_t)(end - at));
        see_item(&items, list, at, (size_t)((stop ? stop : end) - at));
        if (!stop)
            break;
    }
    if (list->most_items == 0)
        list->is_grouped = true;
    list->is_grouped &= items.are_grouped;
    if (list->most_items == 0 || items.n < list->least_items)
        list->least_items = items.n;
    if (items.n > list->most_items)
        list->most_items = items.n;
    return items;
}

/* ------------------------------------------------------------ the column -- */

/* Of the value: its line and text. */
struct seen {
    uint64_t line;
    const char *at;
    size_t n_bytes;
};

static void
note(struct facts *facts, size_t trial, bool fits, const struct seen *seen)
{
    struct trial_result *result = &facts->trial[trial];
    size_t n = seen->n_bytes < ODD_BYTES ? seen->n_bytes : ODD_BYTES;

    if (fits) {
        result->n++;
    } else if (result->odd_line == 0) {
        result->odd_line = seen->line;
        memcpy(result->odd, seen->at, n);
    }
}

static void
note_double(struct facts *facts, const struct seen *seen)
{
    double value;
    bool fits = is_double(seen->at, seen->n_bytes, &value);

    if (fits) {
        if (facts->trial[TRIAL_DOUBLE].n == 0 || value < facts->least)
            facts->least = value;
        if (facts->trial[TRIAL_DOUBLE].n == 0 || value > facts->most)
            facts->most = value;
    }
    note(facts, TRIAL_DOUBLE, fits, seen);
}

static void
note_times(struct facts *facts, const struct seen *seen)
{
    bool may_be = times_look(seen->at, seen->n_bytes);

    for (size_t i = 0; i < times_n(); i++) {
        bool fits =
            may_be && times_fit(facts->times, i, seen->at, seen->n_bytes);

        note(facts, TRIAL_TIME + i, fits, seen);
        if (fits && !facts->is_decided[i])
            facts->is_decided[i] = times_decides(i, seen->at, seen->n_bytes);
    }
}

static void
note_lists(struct facts *facts, const struct seen *seen)
{
    for (size_t i = 0; i < N_LIST_DELIMITERS; i++) {
        struct list_cursor items;

        if (LIST_DELIMITERS[i] == facts->delimiter)
            continue;
        items = see_list(&facts->list[i], LIST_DELIMITERS[i], seen->at,
            seen->n_bytes);
        note(facts, TRIAL_INTEGERS + i, items.are_integers, seen);
        note(facts, TRIAL_DOUBLES + i, items.are_doubles, seen);
        note(facts, TRIAL_WORDS + i, items.are_words, seen);
    }
}

/* The first few different values. */
static void
note_word(struct facts *facts, const struct seen *seen)
{
    for (size_t i = 0; i < facts->n_words; i++)
        if (strlen(facts->words[i]) == seen->n_bytes &&
            memcmp(facts->words[i], seen->at, seen->n_bytes) == 0)
            return;
    if (facts->n_words == MOST_KNOWN_WORDS)
        facts->has_more_words = true;
    else
        facts->words[facts->n_words++] =
            mem_format("%.*s", (int)seen->n_bytes, seen->at);
}

static bool
can_stand_in_key(const char *at, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if ((unsigned char)at[i] <= 0x20 || at[i] == 0x7f)
            return false;
    return n_bytes > 0;
}

static bool
has_digit(const char *at, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (number_digit(at[i]) <= 9)
            return true;
    return false;
}

static void
note_no_key(struct facts *facts, const struct seen *seen)
{
    if (facts->n_no_key++ > 0)
        return;
    facts->no_key_line = seen->line;
    facts->is_no_key_empty = seen->n_bytes == 0;
}

bool
facts_see(struct facts *facts, uint64_t line, const char *at, size_t n_bytes)
{
    struct seen seen = {line, at, n_bytes};
    bool is_for_key = can_stand_in_key(at, n_bytes);

    if (facts->n++ == 0 || n_bytes < facts->least_bytes)
        facts->least_bytes = n_bytes;
    if (n_bytes > facts->most_bytes)
        facts->most_bytes = n_bytes;
    if (!is_for_key)
        note_no_key(facts, &seen);
    facts->n_no_utf8 += !utf8_is_valid(at, n_bytes);
    trim_blanks(&seen.at, &seen.n_bytes);
    if (seen.n_bytes == 0) {
        facts->n_empty++;
        return is_for_key;
    }
    facts->n_blanked += seen.n_bytes < n_bytes;
    facts->n_with_digit += has_digit(at, n_bytes);
    if (!facts->has_more_words)
        note_word(facts, &seen);
    note(facts, TRIAL_BOOL, is_bool(seen.at, seen.n_bytes), &seen);
    note(facts, TRIAL_INTEGER,
        note_integer(&facts->integers, seen.at, seen.n_bytes), &seen);
    note_double(facts, &seen);
    note_times(facts, &seen);
    note_lists(facts, &seen);
    return is_for_key;
}

void
facts_release(struct facts *facts)
{
    for (size_t i = 0; i < facts->n_words; i++)
        free(facts->words[i]);
    facts->n_words = 0;
}

/*
 * settings/options: any command line is settings, an action, or an error in the
 * user's words; the same words come to the same each time, and "--name=value"
 * to the same as "--name value".
 *
 * Head: flags (1: for `get`). Rest: the words, each ended by a line end.
 * --config and --mapping name no file here: fuzz_config reads those.
 */
// LDFLAGS: -Wl,--wrap=config_read
// FUZZ: -max_len=512
#include <stdio.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "settings/config.h"
#include "settings/options.h"

int __wrap_config_read(struct config *config, const char *path,
    const char *what, struct err *err);

int
__wrap_config_read(struct config *config, const char *path, const char *what,
    struct err *err)
{
    must(path && what);
    *config = (struct config){0};
    (void)err;
    return 0;
}

/* --- what it comes to, as a text -------------------------------------------*/
static void
describe_words(struct text *out, const char *name, const struct words *words)
{
    for (size_t i = 0; i < words->n; i++)
        text_format(out, " %s=%s", name, words->items[i]);
}

static void
describe_settings(struct text *out, const struct settings *settings)
{
    describe_words(out, "pattern", &settings->input.patterns);
    describe_words(out, "file", &settings->input.files);
    describe_words(out, "column", &settings->input.columns);
    text_format(out, " mapping=%s skip_header=%d",
        settings->input.mapping_path ? settings->input.mapping_path : "-",
        settings->input.skip_header);
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        text_format(out, " shard=%s", settings->servers.shards[i].name);
        for (size_t j = 0; j < settings->servers.shards[i].n_addresses; j++)
            text_format(out, ",%s",
                settings->servers.shards[i].addresses[j].text);
    }
    text_format(out, " rename=%d retries=%u delay=%lld timeout=%lld",
        settings->input.rename, settings->failure.retries,
        (long long)settings->failure.retry_delay_ms,
        (long long)settings->failure.timeout_ms);
    text_format(out, " outage=%lld degraded=%d ttl=%llu dry=%d mode=%s",
        (long long)settings->failure.max_outage_ms, settings->servers.degraded,
        (unsigned long long)settings->servers.ttl_s, settings->dry,
        mode_name(settings->tuning.mode));
    text_format(out, " processes=%u threads=%u connections=%u batch=%zu",
        settings->tuning.processes, settings->tuning.threads,
        settings->tuning.connections, settings->tuning.batch_lines);
    text_format(out, " window=%zu inflate=%s strict=%d max_line=%zu rate=%a",
        settings->tuning.window_bytes, settings->input.inflate,
        settings->input.strict, settings->input.max_line_bytes,
        settings->failure.max_error_rate);
    text_format(out, " log=%s summary=%s config=%s v=%d q=%d progress=%d",
        settings->output.log_path ? settings->output.log_path : "-",
        settings->output.summary_path ? settings->output.summary_path : "-",
        settings->output.config_path ? settings->output.config_path : "-",
        settings->output.verbose, settings->output.quiet,
        (int)settings->output.progress);
}

static void
come_to(struct text *out, unsigned command, char *const *words, size_t n)
{
    enum action action = ACTION_RUN;
    struct err err = {0};
    struct settings settings;

    settings_defaults(&settings);
    if (options_read(&settings, command, words, n, &action, &err)) {
        must(err.code == ERR_USAGE && err.text[0]);
        text_format(out, "error %s", err.text);
    } else if (action != ACTION_RUN) {
        text_format(out, "action %d", (int)action);
    } else if (settings_finish(&settings, &err)) {
        must(err.code == ERR_USAGE && err.text[0]);
        text_format(out, "error %s", err.text);
    } else {
        text_format(out, "settings");
        describe_settings(out, &settings);
    }
    settings_release(&settings);
}

/* --- words -----------------------------------------------------------------*/
enum { MOST_WORDS = 64 };

struct word_list {
    char *word[MOST_WORDS + 1];
    size_t n;
};

static void
add_word(struct word_list *list, const char *at, size_t n)
{
    char *word = mem_zero(n + 1, 1);

    must(list->n < MOST_WORDS);
    memcpy(word, at, n);
    list->word[list->n++] = word;
}

static void
release_words(struct word_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->word[i]);
}

static void
cut_words(struct word_list *list, const char *at, size_t n)
{
    while (n > 0 && list->n < MOST_WORDS / 2) {
        const char *lf = memchr(at, '\n', n);
        size_t n_word = lf ? (size_t)(lf - at) : n;

        add_word(list, at, n_word);
        at += n_word + (lf != NULL);
        n -= n_word + (lf != NULL);
    }
}

/*
 * "--name=value" as two words. False where that means something else: behind
 * "--", or where the value looks like an option.
 */
static bool
part_words(const struct word_list *from, struct word_list *to)
{
    for (size_t i = 0; i < from->n; i++) {
        const char *word = from->word[i], *equals = strchr(word, '=');
        const struct option *option =
            equals && strncmp(word, "--", 2) == 0
                ? option_find(FOR_LOAD, word + 2, (size_t)(equals - word) - 2)
                : NULL;

        if (strcmp(word, "--") == 0)
            return false;
        if (!option || !option->arg) {
            add_word(to, word, strlen(word));
            continue;
        }
        if (equals[1] == '-')
            return false;
        add_word(to, word, (size_t)(equals - word));
        add_word(to, equals + 1, strlen(equals + 1));
    }
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct feed feed = {data, n};
    unsigned command = feed_byte(&feed) & 1 ? FOR_GET : FOR_LOAD;
    struct word_list words = {0}, parted = {0};
    struct text first = {0}, second = {0}, third = {0};

    cut_words(&words, (const char *)feed.at, feed.n);
    come_to(&first, command, words.word, words.n);
    come_to(&second, command, words.word, words.n);
    must(strcmp(first.data, second.data) == 0);
    if (part_words(&words, &parted)) {
        come_to(&third, command, parted.word, parted.n);
        /* an error may be another one: of a value that lost its option */
        if (strncmp(first.data, "error", 5) != 0)
            must(strcmp(first.data, third.data) == 0);
    }
    text_release(&first);
    text_release(&second);
    text_release(&third);
    release_words(&words);
    release_words(&parted);
    return 0;
}

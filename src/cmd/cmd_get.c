#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "load/load_shards.h"
#include "base/text.h"
#include "settings/exit.h"
#include "record/record.h"
#include "memc/fetch.h"
#include "memc/shard_map.h"

/* What became of a word, kept so that all are told in the order asked. */
struct answer {
    bool is_no_key; /* never asked for: text says why */
    size_t n_asked; /* shards, whose best answer is told */
    enum fetch_state state;
    size_t server;
    size_t value_bytes;
    bool is_record;   /* else it is no value of ours */
    struct text text; /* the record, or why there is none */
};

/* All words, and what is asked for them. */
struct request {
    const struct mapping *mapping;
    struct answer *answers; /* one a word */
    struct fetch_key *keys;
    size_t *words; /* of each key: the index of its word, asked of a shard */
    size_t n_keys;
};

static void
keep(void *ctx, const struct fetched *fetched)
{
    const struct request *request = ctx;
    struct answer *answer = &request->answers[request->words[fetched->key]];

    /* FOUND is better than UNREADABLE, and that than MISSING */
    if (answer->n_asked++ &&
        (fetched->state == FETCH_MISSING || answer->state == FETCH_FOUND))
        return;
    text_clear(&answer->text);
    answer->state = fetched->state;
    answer->server = fetched->server;
    answer->value_bytes = fetched->value_bytes;
    if (fetched->state == FETCH_FOUND)
        answer->is_record = record_print(request->mapping, &answer->text,
                                fetched->value, fetched->value_bytes) == 0;
    else if (fetched->state == FETCH_UNREADABLE)
        text_format(&answer->text, "%s", fetched->why);
}

/* --------------------------------------------------------------- asking --- */

/* Which shards may hold it: the one in *shard, or all (*shard is their number
 * then). -1: none, *why says the reason. */
static int
check_key(const char *word, const struct mapping *mapping,
    const struct shards *shards, size_t *shard, struct text *why)
{
    struct span name = {0};
    enum key_route route;
    int found = -1;

    if (!fetch_takes_key(word, strlen(word))) {
        text_format(why,
            "\"%s\" is no key: it has 1 to 250 bytes, no blanks and no "
            "control characters",
            word);
        return -1;
    }
    *shard = shards->n;
    route = mapping_route_of_key(mapping, word, strlen(word), &name);
    if (route == KEY_OF_ANY)
        return 0;
    if (route == KEY_OF_SHARD)
        found = shards_find(shards, name.at, name.n_bytes);
    *shard = (size_t)found;
    if (found >= 0)
        return 0;
    text_format(why,
        "no shard for the key \"%s\": keys are %s, and a shard's name stands "
        "in them, one of",
        word, mapping_key_text(mapping));
    for (size_t i = 0; i < shards->n; i++)
        text_format(why, "%s %s", i ? "," : "", shards->shard[i].name);
    return -1;
}

static void
ask(struct request *request, size_t word, const char *bytes, size_t shard)
{
    request->keys =
        mem_grow(request->keys, request->n_keys + 1, sizeof(*request->keys));
    request->words =
        mem_grow(request->words, request->n_keys + 1, sizeof(*request->words));
    request->words[request->n_keys] = word;
    request->keys[request->n_keys++] = (struct fetch_key){
        .bytes = bytes, .n_bytes = strlen(bytes), .shard = shard};
}

static void
read_words(struct request *request, const struct words *words,
    const struct shards *shards)
{
    struct answer *answer;
    size_t shard;

    for (size_t i = 0; i < words->n; i++) {
        answer = &request->answers[i];
        answer->is_no_key = check_key(words->items[i], request->mapping, shards,
                                &shard, &answer->text) != 0;
        if (answer->is_no_key)
            continue;
        if (shard < shards->n)
            ask(request, i, words->items[i], shard);
        else
            for (size_t j = 0; j < shards->n; j++)
                ask(request, i, words->items[i], j);
    }
}

/* -------------------------------------------------------------- telling --- */

/* Returns the exit status that this word alone would have. */
static int
tell(const char *key, const struct shards *shards, const struct answer *answer)
{
    const char *address;

    if (answer->is_no_key) {
        complain("%s", answer->text.data);
        return EXIT_USAGE;
    }
    address = shards->server[answer->server].address->text;
    switch (answer->state) {
    case FETCH_MISSING:
        complain("%s: not found on %s", key,
            answer->n_asked > 1 ? "any shard" : address);
        return EXIT_NOT_ALL;
    case FETCH_UNREADABLE:
        complain("%s: cannot be read from %s: %s", key, address,
            answer->text.data);
        return EXIT_NO_GO;
    case FETCH_FOUND:
        break;
    }
    if (!answer->is_record) {
        complain("%s: the value on %s, %zu bytes, is no record of this "
                 "program",
            key, address, answer->value_bytes);
        return EXIT_NOT_ALL;
    }
    printf("%s - %s -> %s\n", address, key, answer->text.data);
    return EXIT_DONE;
}

/* Of two exit statuses the one that docs/contract.md 7 names first. */
static int
first_of(int a, int b)
{
    static const int order[] = {EXIT_USAGE, EXIT_NO_GO, EXIT_NOT_ALL};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return EXIT_DONE;
}

static int
tell_all(const struct words *words, const struct shards *shards,
    const struct answer *answers)
{
    int status = EXIT_DONE;

    for (size_t i = 0; i < words->n; i++)
        status = first_of(status, tell(words->items[i], shards, &answers[i]));
    return first_of(status, finish_output());
}

static int
get(const struct settings *settings, const struct shards *shards)
{
    size_t n = settings->input.files.n;
    struct request request = {
        .mapping = settings->input.mapping,
        .answers = mem_zero(n, sizeof(*request.answers)),
    };
    struct fetcher *fetcher =
        fetcher_new(shards, settings->failure.timeout_ms, FETCH_TRIES);
    int status;

    read_words(&request, &settings->input.files, shards);
    fetch(fetcher, request.keys, request.n_keys, keep, &request);
    fetcher_free(fetcher);
    status = tell_all(&settings->input.files, shards, request.answers);
    for (size_t i = 0; i < n; i++)
        text_release(&request.answers[i].text);
    free(request.answers);
    free(request.keys);
    free(request.words);
    return status;
}

int
cmd_get(const struct settings *settings)
{
    struct shards shards;
    int status;

    load_shards(&shards, settings);
    status = get(settings, &shards);
    shards_release(&shards);
    return status;
}

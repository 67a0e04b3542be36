#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/exit.h"
#include "record/record.h"
#include "sink/fetch.h"
#include "sink/servers.h"

/* What became of a key, kept so that all are told in the order asked. */
struct answer {
    enum fetch_state state;
    size_t server;
    size_t value_bytes;
    bool is_record;   /* else it is no value of ours */
    struct text text; /* the record, or why it is unreadable */
};

static void
keep(void *ctx, const struct fetched *fetched)
{
    struct answer *answer = (struct answer *)ctx + fetched->key;

    answer->state = fetched->state;
    answer->server = fetched->server;
    answer->value_bytes = fetched->value_bytes;
    if (fetched->state == FETCH_FOUND)
        answer->is_record = record_print(&answer->text, fetched->value,
                                fetched->value_bytes) == 0;
    else if (fetched->state == FETCH_UNREADABLE)
        text_format(&answer->text, "%s", fetched->why);
}

/* --------------------------------------------------------------- asking --- */

static int
map_shards(const struct job *job, struct shards *shards)
{
    const struct shard_spec *spec;

    shards_init(shards);
    for (size_t i = 0; i < job->n_shards; i++) {
        spec = &job->shards[i];
        if (spec->n_addresses > POOL_MAX_SERVERS) {
            fprintf(stderr,
                "memc_load: shard %s has %zu servers; a pool has at most %d\n",
                spec->name, spec->n_addresses, POOL_MAX_SERVERS);
            return -1;
        }
        shards_add(shards, spec->name, spec->addresses, spec->n_addresses);
    }
    return 0;
}

static void
tell_no_shard(const struct shards *shards, const char *key)
{
    fprintf(stderr,
        "memc_load: no shard for the key \"%s\": what stands before its first "
        "colon is the shard's name, one of",
        key);
    for (size_t i = 0; i < shards->n; i++)
        fprintf(stderr, "%s %s", i ? "," : "", shards->shard[i].name);
    fprintf(stderr, "\n");
}

/* Fills the list; -1, told, when a key could not have been stored. */
static int
read_keys(const struct words *words, const struct shards *shards,
    struct fetch_key *keys)
{
    const char *word;
    int shard, result = 0;

    for (size_t i = 0; i < words->n; i++) {
        word = words->items[i];
        keys[i] = (struct fetch_key){.bytes = word, .n_bytes = strlen(word)};
        if (!fetch_takes_key(word, keys[i].n_bytes)) {
            fprintf(stderr,
                "memc_load: \"%s\" is no key: it has 1 to 250 bytes, no "
                "blanks and no control characters\n",
                word);
            result = -1;
            continue;
        }
        shard = strchr(word, ':')
                    ? shards_find(shards, word, strcspn(word, ":"))
                    : -1;
        if (shard < 0) {
            tell_no_shard(shards, word);
            result = -1;
            continue;
        }
        keys[i].shard = (size_t)shard;
    }
    return result;
}

/* -------------------------------------------------------------- telling --- */

/* Returns the exit status that this key alone would have. */
static int
tell(const char *key, const char *address, const struct answer *answer)
{
    switch (answer->state) {
    case FETCH_MISSING:
        fprintf(stderr, "memc_load: %s: not found on %s\n", key, address);
        return EXIT_NOT_ALL;
    case FETCH_UNREADABLE:
        fprintf(stderr, "memc_load: %s: cannot be read from %s: %s\n", key,
            address, answer->text.data);
        return EXIT_NO_GO;
    case FETCH_FOUND:
        break;
    }
    if (!answer->is_record) {
        fprintf(stderr,
            "memc_load: %s: the value on %s, %zu bytes, is no record of this "
            "program\n",
            key, address, answer->value_bytes);
        return EXIT_NOT_ALL;
    }
    printf("%s - %s -> %s\n", address, key, answer->text.data);
    return EXIT_DONE;
}

/* The worst of them: no server stands above a missing key (DESIGN A.7). */
static int
tell_all(const struct job *job, const struct shards *shards,
    const struct answer *answers)
{
    int status = EXIT_DONE, each;

    for (size_t i = 0; i < job->files.n; i++) {
        each = tell(job->files.items[i],
            shards->server[answers[i].server].address->text, &answers[i]);
        if (each == EXIT_NO_GO || status == EXIT_DONE)
            status = each;
    }
    each = finish_output();
    return each == EXIT_DONE ? status : each;
}

static int
get(const struct job *job, const struct shards *shards)
{
    size_t n = job->files.n;
    struct fetch_key *keys = mem_zero(n, sizeof(*keys));
    struct answer *answers = mem_zero(n, sizeof(*answers));
    struct fetcher *fetcher;
    int status = EXIT_USAGE;

    if (read_keys(&job->files, shards, keys) == 0) {
        fetcher = fetcher_new(shards, job->timeout_ms);
        fetch(fetcher, keys, n, keep, answers);
        fetcher_free(fetcher);
        status = tell_all(job, shards, answers);
    }
    for (size_t i = 0; i < n; i++)
        text_release(&answers[i].text);
    free(answers);
    free(keys);
    return status;
}

int
cmd_get(struct job *job)
{
    struct shards shards;
    int status = EXIT_USAGE;

    if (job->files.n == 0) {
        fprintf(stderr, "memc_load: get wants at least one KEY, such as "
                        "idfa:e7e1a50c0ec2747ca56cd9e1558c0d7c\n");
        return EXIT_USAGE;
    }
    if (map_shards(job, &shards) == 0)
        status = get(job, &shards);
    shards_release(&shards);
    return status;
}

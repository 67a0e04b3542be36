/*
 * Asks a fetcher for keys and keeps what became of each; for tests against
 * scripted servers.
 */
#ifndef CONTRACT_ASKER_H
#define CONTRACT_ASKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "contract/scripted.h"
#include "memc/fetch.h"

/* The second where the server answers: how fast is not what is tested. */
enum { TIMEOUT_MS = 250, PATIENT_MS = 20000 };

/* ------------------------------------------------------------ the asker --- */

/* What became of each key. */
struct answers {
    size_t n;
    struct {
        unsigned calls;
        enum fetch_state state;
        size_t server, value_bytes;
        uint32_t flags;
        char value[600], why[200];
    } key[4000];
};

static struct answers answers;

static inline void
take(void *ctx, const struct fetched *fetched)
{
    struct answers *all = ctx;

    assert_in_range(fetched->key, 0, all->n - 1);
    all->key[fetched->key].calls++;
    all->key[fetched->key].state = fetched->state;
    all->key[fetched->key].server = fetched->server;
    all->key[fetched->key].value_bytes = fetched->value_bytes;
    all->key[fetched->key].flags = fetched->flags;
    if (fetched->state == FETCH_FOUND) {
        assert_in_range(fetched->value_bytes, 0, 600);
        memcpy(all->key[fetched->key].value, fetched->value,
            fetched->value_bytes);
    }
    snprintf(all->key[fetched->key].why, sizeof(all->key[0].why), "%s",
        fetched->state == FETCH_UNREADABLE ? fetched->why : "");
}

static inline void
ask(struct fetcher *fetcher, const struct fetch_key *keys, size_t n)
{
    memset(&answers, 0, sizeof(answers));
    answers.n = n;
    fetch(fetcher, keys, n, take, &answers);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(answers.key[i].calls, 1);
}

/* A fetcher of one server. */
struct setup {
    struct address address;
    struct shards shards;
    struct fetcher *fetcher;
};

static inline void
set_up_for(struct setup *setup, const char *address, int64_t timeout_ms)
{
    struct err err;

    assert_int_equal(address_parse(&setup->address, address, strlen(address),
                         &err),
        0);
    shards_init(&setup->shards);
    shards_add(&setup->shards, "idfa", &setup->address, 1);
    setup->fetcher = fetcher_new(&setup->shards, timeout_ms, FETCH_TRIES);
}

static inline void
set_up(struct setup *setup, const char *address)
{
    set_up_for(setup, address, TIMEOUT_MS);
}

static inline void
tear_down(struct setup *setup)
{
    fetcher_free(setup->fetcher);
    shards_release(&setup->shards);
    address_release(&setup->address);
}

#define A "VALUE idfa:a 0 1\r\nA\r\n"
#define B "VALUE idfa:b 0 1\r\nB\r\n"
#define C "VALUE idfa:c 0 1\r\nC\r\n"
#define END "END\r\n"

/* The same in answer to meta gets. */
#define VA "VA 1 kidfa:a f0\r\nA\r\n"
#define VB "VA 1 kidfa:b f0\r\nB\r\n"
#define VC "VA 1 kidfa:c f0\r\nC\r\n"
#define EN "EN\r\n"

static const struct fetch_key abc[3] = {
    {"idfa:a", 6, 0}, {"idfa:b", 6, 0}, {"idfa:c", 6, 0}};

/* The directory of scripted servers, for a group of tests. */
static inline int
make_directory(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(directory, sizeof(directory), "%s/fetchXXXXXX",
        tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    return mkdtemp(directory) ? 0 : -1;
}

static inline int
remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

#endif

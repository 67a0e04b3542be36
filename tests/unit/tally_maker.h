/* Tallies for tests: filled by letters, and settled. */
#ifndef TESTS_TALLY_MAKER_H
#define TESTS_TALLY_MAKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "verify/verify_log.h"

enum { SERVERS = 3 };

static const enum verdict verdict_of[] = {
    ['+'] = VERDICT_MATCHED,
    ['-'] = VERDICT_MISSING,
    ['x'] = VERDICT_DIFFERENT,
    ['?'] = VERDICT_UNREADABLE,
};

static inline struct tally *
new_tally(size_t memory_bytes)
{
    struct err err;
    struct tally *tally = tally_new(SERVERS, memory_bytes, &err);

    assert_non_null(tally);
    return tally;
}

/* what: one of "+-x?", or a digit: it failed in that life. */
static inline void
add(struct tally *tally, const char *key, size_t server, uint32_t file,
    uint64_t line, char what)
{
    struct tally_item item = {.key = key,
        .key_bytes = strlen(key),
        .server = server,
        .file = file,
        .line = line};
    struct err err;

    if (what >= '0' && what <= '9')
        must(tally_add_failed(tally, &item, (unsigned)(what - '0'), &err) == 0);
    else
        must(tally_add(tally, &item, verdict_of[(int)what], &err) == 0);
}

static inline int
life_2_lost_9(void *ctx, uint32_t file, size_t server)
{
    (void)ctx;
    (void)server;
    return file == 9 ? -1 : 2;
}

static inline void
settle(struct tally *tally, struct verify_counts *servers,
    struct settled *settled)
{
    struct err err;

    memset(servers, 0, SERVERS * sizeof(*servers));
    settled->servers = servers;
    assert_int_equal(tally_flush(tally, &err), 0);
    assert_int_equal(tally_settle(tally, life_2_lost_9, NULL, settled, &err),
        0);
}

#endif

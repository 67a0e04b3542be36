/* Verify logs for tests: filled by letters, and settled. */
#ifndef TESTS_VERIFY_LOG_MAKER_H
#define TESTS_VERIFY_LOG_MAKER_H

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

static const enum item_check check_of[] = {
    ['+'] = CHECK_MATCHED,
    ['-'] = CHECK_MISSING,
    ['x'] = CHECK_DIFFERENT,
    ['?'] = CHECK_UNREADABLE,
};

static inline struct verify_log *
new_verify_log(size_t memory_bytes)
{
    struct err err;
    struct verify_log *verify_log = verify_log_new(SERVERS, memory_bytes, &err);

    assert_non_null(verify_log);
    return verify_log;
}

/* what: one of "+-x?", or a digit: it failed in that generation. */
static inline void
add(struct verify_log *verify_log, const char *key, size_t server,
    uint32_t file, uint64_t line, char what)
{
    struct verify_log_item item = {.key = key,
        .key_bytes = strlen(key),
        .server = server,
        .file = file,
        .line = line};
    struct err err;

    if (what >= '0' && what <= '9')
        must(verify_log_add_failed(verify_log, &item, (unsigned)(what - '0'),
                 &err) == 0);
    else
        must(verify_log_add(verify_log, &item, check_of[(int)what], &err) == 0);
}

static inline int
generation_2_lost_9(void *ctx, uint32_t file, size_t server)
{
    (void)ctx;
    (void)server;
    return file == 9 ? -1 : 2;
}

static inline void
settle(struct verify_log *verify_log, struct verify_counts *servers,
    struct settled *settled)
{
    struct err err;

    memset(servers, 0, SERVERS * sizeof(*servers));
    settled->servers = servers;
    assert_int_equal(verify_log_flush(verify_log, &err), 0);
    assert_int_equal(verify_log_settle(verify_log, generation_2_lost_9, NULL,
                         settled, &err),
        0);
}

#endif

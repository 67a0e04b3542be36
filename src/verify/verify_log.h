/*
 * The verify log of a full verification: what was found of each item, in 16
 * bytes, until all is known and it can be settled which keys match.
 *
 * A key may stand on many lines and in many files. In a file its last line
 * that was stored or sent decides, and it matches if that of any file does
 * (DESIGN A.6). Batches of many processes come home in any order, so nothing
 * is decided before the end: every item leaves a record (hash of its key, file,
 * line, verdict), and so does every line that failed in the load before.
 * Records go into a spool (spool.h) in blocks, by server and the first bits of
 * the hash; settling takes them a part at a time, sorted, so that memory is
 * bounded whatever their number. Keys are told apart by 64 bits of hash: of ten
 * million, two share one with a chance of 1 in 370,000; they count as one then.
 *
 * The supervisor makes the verify log before it forks. Workers add to it (any
 * thread) and flush it before they end; what was not flushed is lost with a
 * worker that dies, and its file is failed. The supervisor settles when they
 * are gone. A full disk fails the call, and verify_log_has_failed() says so to
 * the supervisor.
 */
#ifndef VERIFY_VERIFY_LOG_H
#define VERIFY_VERIFY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "memc/item.h"
#include "verify/verify_result.h"

/* What is kept in memory before it goes to a temporary file. */
enum { VERIFY_LOG_MEMORY_BYTES = 64 << 20 };

/* More does not fit into a record. */
enum { VERIFY_LOG_MAX_FILES = 1 << 20 };
#define VERIFY_LOG_MAX_LINE ((UINT64_C(1) << 38) - 1)

/* A server's generations (run/baseline.h) are told apart modulo this. */
enum { VERIFY_LOG_GENERATIONS = 8 };

/* Of one item; the key need not outlive the call. */
struct verify_log_item {
    const char *key;
    size_t key_bytes;
    size_t server;
    uint32_t file;
    uint64_t line;
};

struct verify_log;

/* NULL: no temporary file can be made. */
struct verify_log *verify_log_new(size_t n_servers, size_t memory_bytes,
    struct err *err);
void verify_log_free(struct verify_log *verify_log);

/* It was looked for. Or it failed, when it was to be stored, in that generation
 * of its server. -1: it cannot be kept, nor anything after it. */
int verify_log_add(struct verify_log *verify_log,
    const struct verify_log_item *item, enum item_check check, struct err *err);
int verify_log_add_failed(struct verify_log *verify_log,
    const struct verify_log_item *item, unsigned generation, struct err *err);

/* All that this process added can be settled. */
int verify_log_flush(struct verify_log *verify_log, struct err *err);

bool verify_log_has_failed(const struct verify_log *verify_log,
    struct err *err);

/* It outgrew its memory. */
bool verify_log_is_on_disk(const struct verify_log *verify_log);

/* How many of those that do not match are named, the first by file and line. */
enum { VERIFY_LOG_SHOWN = 10 };

/* A key that does not match. */
struct mismatch {
    uint32_t file;
    uint64_t line; /* its last one there */
    size_t server;
    enum verify_state state;
    uint8_t key_bytes; /* 0: not known, there were too many */
    char key[250];
};

struct settled {
    struct verify_counts *servers; /* the caller's, a row each; added to */
    struct mismatch shown[VERIFY_LOG_SHOWN];
    size_t n_shown;
};

/*
 * Counts each key once. life() says of a file and server in which generation of
 * the server those items failed that count as failed, or -1 when it lost all of
 * the file and nothing counts; NULL is always 0.
 */
int verify_log_settle(const struct verify_log *verify_log,
    int (*generation)(void *ctx, uint32_t file, size_t server), void *ctx,
    struct settled *settled, struct err *err);

#endif

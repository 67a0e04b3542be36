/*
 * The verify log of a full verification (--verify all): what was found of each
 * item, in 16 bytes, until everything is known and the keys that match can be
 * counted.
 *
 * A key may stand on many lines and in many files. In a file its last line that
 * was stored or sent decides, and the key matches if that of any file does
 * (docs/contract.md 6). Batches of many processes come home in any order, so
 * nothing is decided before the end: every item leaves a record (hash of its
 * key, file, line, what was found), and so does every line that failed in the
 * load before. Records go into a spool (spool.h) in blocks, by server and the
 * first bits of the hash; settling takes them a part at a time, sorted, so that
 * memory is bounded whatever their number. Keys are told apart by 64 bits of
 * hash: among ten million, two share one with a probability of 1 in 370,000,
 * and are then counted as one key.
 *
 * The supervisor makes the verify log before it forks. Workers add to it (any
 * thread) and flush it before they end; a worker that dies loses what it did
 * not flush, and its file has failed. The supervisor settles when all workers
 * are gone. A full disk fails the call, and verify_log_has_failed() reports
 * that to the supervisor.
 */
#ifndef VERIFY_VERIFY_LOG_H
#define VERIFY_VERIFY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "memc/item.h"
#include "verify/verify_result.h"

/* More than this goes to a temporary file. */
enum { VERIFY_LOG_MEMORY_BYTES = 64 << 20 };

/* A record has no room for more. */
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

/* The item was looked for; or it failed when it was to be stored, in that
 * generation of its server. -1: it cannot be kept, nor anything after it. */
int verify_log_add(struct verify_log *verify_log,
    const struct verify_log_item *item, enum item_check check, struct err *err);
int verify_log_add_failed(struct verify_log *verify_log,
    const struct verify_log_item *item, unsigned generation, struct err *err);

/* From now on all that this process added can be settled. */
int verify_log_flush(struct verify_log *verify_log, struct err *err);

bool verify_log_has_failed(const struct verify_log *verify_log,
    struct err *err);

/* Some of it is in a temporary file. */
bool verify_log_is_on_disk(const struct verify_log *verify_log);

/* Of the keys that do not match so many are named, the first by file and line.
 */
enum { VERIFY_LOG_SHOWN = 10 };

/* A key that does not match. */
struct mismatch {
    uint32_t file;
    uint64_t line; /* its last one there */
    size_t server;
    enum verify_state state;
    uint8_t key_bytes; /* 0: not kept, there were too many */
    char key[250];
};

struct settled {
    struct verify_counts *servers; /* the caller's, a row each; added to */
    struct mismatch shown[VERIFY_LOG_SHOWN];
    size_t n_shown;
};

/*
 * Counts each key once. generation() says in which generation of the server the
 * failures of that file count, or -1 when the server lost everything of the
 * file and nothing of it counts; NULL stands for a function that returns 0.
 */
int verify_log_settle(const struct verify_log *verify_log,
    int (*generation)(void *ctx, uint32_t file, size_t server), void *ctx,
    struct settled *settled, struct err *err);

#endif

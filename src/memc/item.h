/*
 * An item: key and value, ready to store, and what became of it.
 *
 * Items live in their batch's arena and are handed to a sink as a list linked
 * by `next`, in the order of the file. From put() until its done() the item
 * belongs to the sink's thread; bytes and sizes never change.
 */
#ifndef MEMC_ITEM_H
#define MEMC_ITEM_H

#include <stddef.h>
#include <stdint.h>

/* What became of an item. The words are those of the summary and rejects. */
#define OUTCOMES(X)                                                          \
    X(STORED, "stored")               /* its server said so */               \
    X(SENT, "sent")                   /* processed, not known to be kept */  \
    X(TOO_LARGE, "too_large")         /* refused as too large: rejected */   \
    X(OUT_OF_MEMORY, "out_of_memory") /* refused, retries used up: failed */ \
    X(REFUSED, "refused") /* any other refusal, likewise: failed */          \
    X(OUTAGE, "outage")   /* its server stayed away: failed */

enum outcome {
    OUTCOME_NONE,
#define X(name, word) OUTCOME_##name,
    OUTCOMES(X)
#undef X
        N_OUTCOMES
};

const char *outcome_word(enum outcome outcome);

/* What a sink that only looks found of an item (check.h). */
enum item_check {
    CHECK_NONE,      /* not looked for */
    CHECK_MATCHED,   /* its server has it, byte for byte, with its flags */
    CHECK_MISSING,   /* its server does not have it */
    CHECK_DIFFERENT, /* it has another value, or other flags */
    CHECK_UNREADABLE /* it did not say */
};

struct item {
    struct item *next; /* the lane's next, or NULL; the sink may relink */
    uint32_t value_bytes;
    uint32_t line;     /* index in its batch */
    uint32_t key_hash; /* low half of hash_bytes(key) */
    uint8_t key_bytes;
    uint8_t outcome; /* enum outcome; NONE for what done() said of its run */
    uint8_t check;   /* enum item_check; 0 until its sink says otherwise */
    uint8_t unused;
    char bytes[]; /* key, then value */
};

static inline const char *
item_key(const struct item *item)
{
    return item->bytes;
}

static inline const char *
item_value(const struct item *item)
{
    return item->bytes + item->key_bytes;
}

/* What every item of a load is stored with. */
struct terms {
    uint32_t flags;   /* for who reads it; memcached only keeps them */
    uint32_t exptime; /* as the protocol wants it; 0 = never */
};

/* What memcached adds to key and value: header, CAS, a NUL, CR LF, and the
 * flags if they are not 0. */
enum { ITEM_OVERHEAD_BYTES = 59, ITEM_FLAGS_BYTES = 4 };

/* The bytes that it takes of a server's item_size_max. */
static inline size_t
item_bytes(const struct item *item, uint32_t flags)
{
    return item->key_bytes + item->value_bytes + (size_t)ITEM_OVERHEAD_BYTES +
           (flags ? ITEM_FLAGS_BYTES : 0);
}

#endif

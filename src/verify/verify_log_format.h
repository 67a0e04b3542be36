/*
 * How a verify log lies in its spool: blocks of records, by server and part of
 * the hashes, and blocks of the names of keys that did not match. Shared by
 * verify_log.c, which writes, and verify_log_settle.c, which reads; nobody else
 * includes this.
 */
#ifndef VERIFY_VERIFY_LOG_FORMAT_H
#define VERIFY_VERIFY_LOG_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "verify/spool.h"
#include "verify/verify_log.h"

/* What a record says; those of a line are settled in this order. */
enum { KIND_FAILED = 7 }; /* else enum item_check */

struct record {
    uint64_t hash;  /* of the key */
    uint64_t place; /* file, line, kind, life */
};

enum {
    GENERATION_BITS = 3,
    KIND_BITS = 3,
    LINE_BITS = 38,
    LINE_SHIFT = GENERATION_BITS + KIND_BITS,
    FILE_SHIFT = LINE_SHIFT + LINE_BITS,
    PART_BITS = 5,
    PARTS = 1 << PART_BITS, /* of a server's records */
};

static inline uint64_t
place_pack(uint32_t file, uint64_t line, unsigned kind, unsigned generation)
{
    return (uint64_t)file << FILE_SHIFT | line << LINE_SHIFT |
           kind << GENERATION_BITS | generation;
}

static inline uint32_t
place_file(uint64_t place)
{
    return (uint32_t)(place >> FILE_SHIFT);
}

static inline uint64_t
place_line(uint64_t place)
{
    return place >> LINE_SHIFT & VERIFY_LOG_MAX_LINE;
}

static inline unsigned
place_kind(uint64_t place)
{
    return place >> GENERATION_BITS & ((1u << KIND_BITS) - 1);
}

static inline unsigned
place_generation(uint64_t place)
{
    return place & ((1u << GENERATION_BITS) - 1);
}

/* Before each block. All zero is no head: a place that was never written. */
struct head {
    uint8_t is_head;
    uint8_t is_names;
    uint16_t part;
    uint32_t server;
    uint64_t n_bytes; /* behind it; a multiple of its own size */
};

enum { BLOCK_RECORDS = 511, BLOCK_NAMES_BYTES = 8176 };

struct block {
    struct head head;
    struct record record[BLOCK_RECORDS];
};

/* A key in a block of names: this, then its bytes. */
struct name {
    uint64_t place; /* without kind and life */
    uint8_t n_bytes;
};

struct verify_log {
    struct spool *spool;
    size_t n_servers, memory_bytes;
    struct filling
        *filling; /* by server; what verify_log.c is about to write */
};

#endif

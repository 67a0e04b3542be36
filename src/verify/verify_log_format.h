/*
 * How a verify log lies in its spool: blocks of records, by server and part of
 * the hashes, and blocks with the names of keys that did not match. Shared by
 * verify_log.c, which writes, and verify_log_settle.c, which reads; nobody else
 * includes this.
 */
#ifndef VERIFY_VERIFY_LOG_FORMAT_H
#define VERIFY_VERIFY_LOG_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "memc/item.h"
#include "verify/spool.h"

/* What a record says of its line: an enum item_check, or that it failed. Where
 * a line has several, they are settled in this order. */
enum { KIND_FAILED = 7 };

struct verify_record {
    uint64_t hash;   /* of the key */
    uint64_t fields; /* file, line, kind, generation; packed */
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

#define MAX_LINE ((UINT64_C(1) << LINE_BITS) - 1)

static inline uint64_t
fields_pack(uint32_t file, uint64_t line, unsigned kind, unsigned generation)
{
    return (uint64_t)file << FILE_SHIFT | line << LINE_SHIFT |
           kind << GENERATION_BITS | generation;
}

static inline uint32_t
fields_file(uint64_t fields)
{
    return (uint32_t)(fields >> FILE_SHIFT);
}

static inline uint64_t
fields_line(uint64_t fields)
{
    return fields >> LINE_SHIFT & MAX_LINE;
}

static inline unsigned
fields_kind(uint64_t fields)
{
    return fields >> GENERATION_BITS & ((1u << KIND_BITS) - 1);
}

static inline unsigned
fields_generation(uint64_t fields)
{
    return fields & ((1u << GENERATION_BITS) - 1);
}

/* Before each block. All zero where one was reserved but never written. */
struct block_header {
    uint8_t is_header;
    uint8_t is_names;
    uint16_t part;
    uint32_t server;
    uint64_t n_bytes; /* that follow; a multiple of the size of a header */
};

enum { BLOCK_RECORDS = 511, BLOCK_NAMES_BYTES = 8176 };

struct verify_block {
    struct block_header header;
    struct verify_record record[BLOCK_RECORDS];
};

/* A key in a block of names: this, then its bytes. */
struct verify_name {
    uint64_t fields; /* file and line */
    uint8_t n_bytes;
};

struct verify_log {
    struct spool *spool;
    size_t n_servers, memory_bytes;
    /* by server: what verify_log.c has not written yet */
    struct verify_log_buffer *buffers;
};

#endif

/*
 * Settling a verify log: an index of the spool's blocks, then each server's
 * records part by part, sorted by key, file and line, so that all that is known
 * of a key is in one place. A part that is too large for memory is read several
 * times; each pass takes the records that agree in the next bits of the hash.
 */
#include "verify/verify_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "verify/verify_log_format.h"

/* A block in the spool. */
struct extent {
    uint64_t at; /* of its records */
    uint32_t n_bytes;
    uint32_t slot; /* server and part; NAMES_SLOT */
};

#define NAMES_SLOT UINT32_MAX

struct settler {
    const struct verify_log *verify_log;
    int (*generation)(void *ctx, uint32_t file, size_t server);
    void *ctx;
    struct settled *settled;
    size_t server; /* whose records these are */

    struct extent *extents; /* by slot, then in the order written */
    size_t n_extents, room_extents;

    struct verify_record *records; /* of one pass */
    size_t n_records, room_records;
};

/* ---------------------------------------------------------------- index --- */

static void
add_extent(struct settler *settler, uint64_t at,
    const struct block_header *header)
{
    if (settler->n_extents == settler->room_extents) {
        settler->room_extents = settler->room_extents * 2 + 64;
        settler->extents = mem_grow(settler->extents, settler->room_extents,
            sizeof(*settler->extents));
    }
    settler->extents[settler->n_extents++] = (struct extent){
        .at = at,
        .n_bytes = (uint32_t)header->n_bytes,
        .slot = header->is_names ? NAMES_SLOT
                                 : header->server * PARTS + header->part,
    };
}

static int
compare_extents(const void *a, const void *b)
{
    const struct extent *left = a, *right = b;

    if (left->slot != right->slot)
        return left->slot < right->slot ? -1 : 1;
    return left->at < right->at ? -1 : left->at > right->at;
}

static int
index_blocks(struct settler *settler, struct err *err)
{
    const struct spool *spool = settler->verify_log->spool;
    uint64_t end = spool_bytes(spool), at = 0;
    struct block_header header;

    while (at < end) {
        if (spool_read(spool, at, &header, sizeof(header), err))
            return -1;
        at += sizeof(header);
        if (!header.is_header) /* its process died before it wrote */
            continue;
        must(header.n_bytes <= end - at);
        add_extent(settler, at, &header);
        at += header.n_bytes;
    }
    if (settler->n_extents)
        qsort(settler->extents, settler->n_extents, sizeof(struct extent),
            compare_extents);
    return 0;
}

/* -------------------------------------------------------------- records --- */

static int
compare_records(const void *a, const void *b)
{
    const struct verify_record *left = a, *right = b;

    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return left->fields < right->fields ? -1 : left->fields > right->fields;
}

/* A pass can be larger than planned: one key may stand on very many lines. */
static void
make_room(struct settler *settler, size_t n)
{
    if (n <= settler->room_records)
        return;
    while (settler->room_records < n)
        settler->room_records = settler->room_records * 2 + 1024;
    settler->records = mem_grow(settler->records, settler->room_records,
        sizeof(*settler->records));
}

/* Adds the records of a block that belong to this pass: those with these bits
 * after the bits of the part. */
static int
read_extent(struct settler *settler, const struct extent *extent,
    unsigned pass_bits, uint64_t pass, struct err *err)
{
    struct verify_record read[BLOCK_RECORDS];
    size_t n = extent->n_bytes / sizeof(*read);

    must(extent->n_bytes <= sizeof(read));
    if (spool_read(settler->verify_log->spool, extent->at, read,
            extent->n_bytes, err))
        return -1;
    make_room(settler, settler->n_records + n);
    for (size_t i = 0; i < n; i++) {
        if (fields_kind(read[i].fields) == CHECK_NONE)
            continue; /* its process died while it wrote */
        if (pass_bits && read[i].hash << PART_BITS >> (64 - pass_bits) != pass)
            continue;
        settler->records[settler->n_records++] = read[i];
    }
    return 0;
}

/* ------------------------------------------------------------- settling --- */

static enum verify_state
state_of(const struct verify_record *record)
{
    static const enum verify_state states[] = {
        [CHECK_MATCHED] = VERIFY_MATCHED,
        [CHECK_MISSING] = VERIFY_MISSING,
        [CHECK_DIFFERENT] = VERIFY_DIFFERENT,
        [CHECK_UNREADABLE] = VERIFY_UNREADABLE,
    };

    return states[fields_kind(record->fields)];
}

/* Keeps it if it is among the first mismatches, by file and line. */
static void
show(struct settled *settled, size_t server, const struct verify_record *record)
{
    struct mismatch mismatch = {
        .file = fields_file(record->fields),
        .line = fields_line(record->fields),
        .server = server,
        .state = state_of(record),
    };
    size_t at = settled->n_shown;

    while (at > 0 && (settled->shown[at - 1].file > mismatch.file ||
                         (settled->shown[at - 1].file == mismatch.file &&
                             settled->shown[at - 1].line > mismatch.line)))
        at--;
    if (at == VERIFY_LOG_SHOWN)
        return;
    if (settled->n_shown < VERIFY_LOG_SHOWN)
        settled->n_shown++;
    memmove(&settled->shown[at + 1], &settled->shown[at],
        (settled->n_shown - 1 - at) * sizeof(settled->shown[0]));
    settled->shown[at] = mismatch;
}

static int
generation_of(const struct settler *settler, uint32_t file)
{
    return settler->generation
               ? settler->generation(settler->ctx, file, settler->server)
               : 0;
}

/*
 * Of the records of one key in one file, that of the last line that was looked
 * for and did not fail; NULL when there is none. *next_out is the first record
 * after them.
 */
static const struct verify_record *
last_of_file(const struct settler *settler, const struct verify_record *record,
    const struct verify_record *end, const struct verify_record **next_out)
{
    const struct verify_record *last = NULL, *before = NULL;
    uint64_t hash = record->hash;
    uint32_t file = fields_file(record->fields);
    int generation = generation_of(settler, file);

    for (; record < end && record->hash == hash &&
           fields_file(record->fields) == file;
         record++) {
        if (fields_kind(record->fields) != KIND_FAILED) {
            before = last;
            last = record;
        } else if (last &&
                   (int)fields_generation(record->fields) == generation &&
                   fields_line(last->fields) == fields_line(record->fields)) {
            last = before; /* a line fails once in a generation */
        }
    }
    *next_out = record;
    return generation < 0 ? NULL : last;
}

/*
 * Counts the key of the records from `record` on; returns the first record of
 * the next key. Where no file's last value matches, the least certain state
 * counts: a server that did not answer for one file might have had that file's
 * value.
 */
static const struct verify_record *
settle_key(struct settler *settler, const struct verify_record *record,
    const struct verify_record *end)
{
    static const unsigned weights[] = {
        [CHECK_MISSING] = 1,
        [CHECK_DIFFERENT] = 2,
        [CHECK_UNREADABLE] = 3,
        [CHECK_MATCHED] = 4,
    };
    const struct verify_record *best = NULL, *of_file;
    uint64_t hash = record->hash;

    while (record < end && record->hash == hash) {
        of_file = last_of_file(settler, record, end, &record);
        if (of_file && (!best || weights[fields_kind(of_file->fields)] >
                                     weights[fields_kind(best->fields)]))
            best = of_file;
    }
    if (!best)
        return record;
    verify_count(&settler->settled->servers[settler->server], state_of(best),
        1);
    if (state_of(best) != VERIFY_MATCHED)
        show(settler->settled, settler->server, best);
    return record;
}

/* 2 to the power of these bits is how many passes a part needs. */
static unsigned
pass_bits_for(const struct settler *settler, uint64_t n_bytes)
{
    unsigned bits = 0;

    while (n_bytes >> bits > settler->verify_log->memory_bytes && bits < 32)
        bits++;
    return bits;
}

/* The blocks of one slot. */
static int
settle_part(struct settler *settler, const struct extent *extents, size_t n,
    struct err *err)
{
    const struct verify_record *at, *end;
    uint64_t n_bytes = 0;
    unsigned bits;

    for (size_t i = 0; i < n; i++)
        n_bytes += extents[i].n_bytes;
    bits = pass_bits_for(settler, n_bytes);
    settler->server = extents->slot / PARTS;
    for (uint64_t pass = 0; pass < UINT64_C(1) << bits; pass++) {
        settler->n_records = 0;
        for (size_t i = 0; i < n; i++)
            if (read_extent(settler, &extents[i], bits, pass, err))
                return -1;
        if (settler->n_records == 0)
            continue;
        qsort(settler->records, settler->n_records,
            sizeof(struct verify_record), compare_records);
        at = settler->records;
        end = at + settler->n_records;
        while (at < end)
            at = settle_key(settler, at, end);
    }
    return 0;
}

/* ---------------------------------------------------------------- names --- */

static void
name_mismatch(struct settled *settled, const struct verify_name *name,
    const char *bytes)
{
    for (size_t i = 0; i < settled->n_shown; i++) {
        struct mismatch *mismatch = &settled->shown[i];

        if (fields_pack(mismatch->file, mismatch->line, 0, 0) != name->fields)
            continue;
        mismatch->key_bytes = name->n_bytes;
        memcpy(mismatch->key, bytes, name->n_bytes);
    }
}

static int
read_names(struct settler *settler, const struct extent *extent,
    struct err *err)
{
    char bytes[BLOCK_NAMES_BYTES];
    const char *at = bytes, *end = bytes + extent->n_bytes;
    struct verify_name name;

    must(extent->n_bytes <= sizeof(bytes));
    if (spool_read(settler->verify_log->spool, extent->at, bytes,
            extent->n_bytes, err))
        return -1;
    while ((size_t)(end - at) > sizeof(name)) {
        memcpy(&name, at, sizeof(name));
        if (name.n_bytes == 0)
            break;
        at += sizeof(name);
        must((size_t)(end - at) >= name.n_bytes);
        name_mismatch(settler->settled, &name, at);
        at += name.n_bytes;
    }
    return 0;
}

/* -------------------------------------------------------- the interface --- */

static int
settle_all(struct settler *settler, struct err *err)
{
    const struct extent *extents = settler->extents;
    size_t end;

    for (size_t i = 0; i < settler->n_extents; i = end) {
        end = i + 1;
        while (end < settler->n_extents && extents[end].slot == extents[i].slot)
            end++;
        if (extents[i].slot != NAMES_SLOT &&
            settle_part(settler, &extents[i], end - i, err))
            return -1;
    }
    /* names are the last slot */
    for (size_t i = settler->n_extents; i-- > 0;)
        if (extents[i].slot == NAMES_SLOT &&
            read_names(settler, &extents[i], err))
            return -1;
    return 0;
}

int
verify_log_settle(const struct verify_log *verify_log,
    int (*generation)(void *ctx, uint32_t file, size_t server), void *ctx,
    struct settled *settled, struct err *err)
{
    struct settler settler = {.verify_log = verify_log,
        .generation = generation,
        .ctx = ctx,
        .settled = settled};
    int rc;

    settled->n_shown = 0;
    rc = verify_log_has_failed(verify_log, err) ||
                 index_blocks(&settler, err) || settle_all(&settler, err)
             ? -1
             : 0;
    free(settler.extents);
    free(settler.records);
    return rc;
}

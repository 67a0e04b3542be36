#include "source/zstd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/mem.h"
#include "base/units.h"
#include "source/unpack.h"

/* RFC 8878, 3.1 */
enum {
    DESCRIPTOR_BYTES = 1,
    HEADER_MAX_BYTES = 14, /* after the magic: all fields at their longest */
    SKIPPED_SIZE_BYTES = 4,
    BLOCK_HEAD_BYTES = 3,
    CHECKSUM_BYTES = 4,
};

/* In a frame's descriptor. */
enum { HAS_NO_WINDOW = 1 << 5 };

/* In a block's head. */
enum { BLOCK_IS_LAST = 1 << 0, BLOCK_RLE = 1 };

/* The parts of a frame, in their order. */
enum zstd_part {
    PART_MAGIC,
    PART_SKIPPED_SIZE,
    PART_SKIPPED,
    PART_DESCRIPTOR,
    PART_HEADER,
    PART_BLOCK_HEAD,
    PART_BLOCK,
    PART_CHECKSUM,
};

struct zstd {
    ZSTD_DCtx *context;
    enum zstd_part part;
    unsigned char held[ZSTD_MAGIC_BYTES + HEADER_MAX_BYTES];
    size_t n_held;       /* of a field with a fixed length */
    size_t header_bytes; /* from the magic to the first block */
    uint32_t left_bytes; /* of a block, or of what is skipped */
    bool is_last;        /* the block */
    bool may_pend;       /* the last call used up the room */
    uint64_t start;      /* the block's offset */
    uint64_t n_frames;   /* that are over, skipped ones too */
};

bool
zstd_is_magic(const unsigned char *bytes, size_t n)
{
    static const unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd},
                               skipped[] = {0x50, 0x2a, 0x4d, 0x18};

    n = n < ZSTD_MAGIC_BYTES ? n : ZSTD_MAGIC_BYTES;
    if (n == 0)
        return true;
    if ((bytes[0] & 0xf0) == skipped[0])
        return memcmp(bytes + 1, skipped + 1, n - 1) == 0;
    return memcmp(bytes, frame, n) == 0;
}

struct zstd *
zstd_new(void)
{
    struct zstd *zstd = mem_zero(1, sizeof(*zstd));

    zstd->context = ZSTD_createDCtx();
    if (!zstd->context)
        die("out of memory (zstd's context)");
    must(!ZSTD_isError(ZSTD_DCtx_setParameter(zstd->context,
        ZSTD_d_windowLogMax, ZSTD_MOST_WINDOW_LOG)));
    return zstd;
}

void
zstd_free(struct zstd *zstd)
{
    if (!zstd)
        return;
    ZSTD_freeDCtx(zstd->context);
    free(zstd);
}

/* --- errors --------------------------------------------------------------- */
static const char *
part_name(enum zstd_part part)
{
    switch (part) {
    case PART_MAGIC:
    case PART_DESCRIPTOR:
    case PART_HEADER:
        return "header";
    case PART_SKIPPED_SIZE:
    case PART_SKIPPED:
        return "skippable data";
    case PART_BLOCK_HEAD:
    case PART_BLOCK:
        return "data";
    case PART_CHECKSUM:
        return "checksum";
    }
    die("zstd: part %d", (int)part);
}

/* libzstd took the part that began there, and refused it. */
static enum unpack_step
bad_part(const struct zstd *zstd, uint64_t at_byte, size_t result,
    struct err *err)
{
    char at[UNITS_TEXT_BYTES];

    units_count(at_byte, at);
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_memory_allocation:
        die("out of memory (zstd's window)");
    case ZSTD_error_frameParameter_windowTooLarge:
        err_set(err, ERR_DATA,
            "the zstd data at byte %s needs a window of more than %d MiB (zstd "
            "-dc --long=31 unpacks it)",
            at, (int)ZSTD_MOST_WINDOW_BYTES >> 20);
        return STEP_REFUSED;
    case ZSTD_error_dictionary_wrong:
        err_set(err, ERR_DATA,
            "the zstd data at byte %s needs a dictionary (zstd -dc -D FILE "
            "unpacks it)",
            at);
        return STEP_REFUSED;
    case ZSTD_error_checksum_wrong:
        return unpack_corrupt(err, "zstd", at_byte, "wrong checksum");
    default:
        return unpack_corrupt(err, "zstd", at_byte, "bad %s",
            part_name(zstd->part));
    }
}

/* The input ends here: may it? */
static enum source_state
at_end(const struct zstd *zstd, const struct raw_bytes *input, struct err *err)
{
    if (zstd->part == PART_MAGIC) {
        if (zstd->n_held == 0)
            return SOURCE_END;
        unpack_trailing(err, "zstd", raw_bytes_offset(input) - zstd->n_held);
        return SOURCE_TRAILING;
    }
    unpack_truncated(err, "zstd", raw_bytes_offset(input),
        part_name(zstd->part), "frame", zstd->n_frames + 1);
    return SOURCE_TRUNCATED;
}

/* --- fields of a fixed length --------------------------------------------- */
/* Collects them in `held`, until n bytes are there. */
static bool
hold(struct zstd *zstd, struct raw_bytes *input, size_t n)
{
    return raw_bytes_hold(input, zstd->held, &zstd->n_held, n);
}

static void
end_frame(struct zstd *zstd)
{
    zstd->n_frames++;
    zstd->part = PART_MAGIC;
}

/*
 * Hands over what is held, all text before it being out, and goes on with
 * `next`, or with the next frame when libzstd says that this one is over.
 */
static enum unpack_step
feed_held(struct zstd *zstd, const struct raw_bytes *input, enum zstd_part next,
    struct err *err)
{
    ZSTD_inBuffer in = {.src = zstd->held, .size = zstd->n_held};
    ZSTD_outBuffer out = {.dst = zstd->held};
    size_t result = ZSTD_decompressStream(zstd->context, &out, &in);

    if (ZSTD_isError(result))
        return bad_part(zstd, raw_bytes_offset(input) - zstd->n_held, result,
            err);
    must(in.pos == in.size);
    zstd->n_held = 0;
    zstd->part = next;
    if (result == 0)
        end_frame(zstd);
    return STEP_DONE;
}

static enum unpack_step
read_magic(struct zstd *zstd, struct raw_bytes *input, struct err *err)
{
    if (!hold(zstd, input, ZSTD_MAGIC_BYTES))
        return STEP_DRY;
    if (!zstd_is_magic(zstd->held, ZSTD_MAGIC_BYTES))
        return unpack_trailing(err, "zstd",
            raw_bytes_offset(input) - ZSTD_MAGIC_BYTES);
    if (zstd->held[3] == 0x18) {
        zstd->n_held = 0;
        zstd->part = PART_SKIPPED_SIZE;
    } else
        zstd->part = PART_DESCRIPTOR; /* after the magic, which is kept */
    return STEP_DONE;
}

static enum unpack_step
read_skipped_size(struct zstd *zstd, struct raw_bytes *input)
{
    if (!hold(zstd, input, SKIPPED_SIZE_BYTES))
        return STEP_DRY;
    zstd->left_bytes = raw_bytes_number(zstd->held, SKIPPED_SIZE_BYTES);
    zstd->n_held = 0;
    zstd->part = PART_SKIPPED;
    return STEP_DONE;
}

static enum unpack_step
skip(struct zstd *zstd, struct raw_bytes *input)
{
    size_t n = zstd->left_bytes;

    if (n > input->n_bytes)
        n = input->n_bytes;
    raw_bytes_take(input, n);
    zstd->left_bytes -= (uint32_t)n;
    if (zstd->left_bytes > 0)
        return STEP_DRY;
    end_frame(zstd);
    return STEP_DONE;
}

static enum unpack_step
read_descriptor(struct zstd *zstd, struct raw_bytes *input)
{
    static const size_t dictionary_bytes[] = {0, 1, 2, 4},
                        size_bytes[] = {0, 2, 4, 8};
    unsigned descriptor;

    if (!hold(zstd, input, ZSTD_MAGIC_BYTES + DESCRIPTOR_BYTES))
        return STEP_DRY;
    descriptor = zstd->held[ZSTD_MAGIC_BYTES];
    zstd->header_bytes = ZSTD_MAGIC_BYTES + DESCRIPTOR_BYTES +
                         dictionary_bytes[descriptor & 3] +
                         size_bytes[descriptor >> 6];
    /* a window, or the shortest size, which is used in its place */
    if (!(descriptor & HAS_NO_WINDOW) || descriptor >> 6 == 0)
        zstd->header_bytes++;
    zstd->part = PART_HEADER;
    return STEP_DONE;
}

static enum unpack_step
read_header(struct zstd *zstd, struct raw_bytes *input, struct err *err)
{
    if (!hold(zstd, input, zstd->header_bytes))
        return STEP_DRY;
    return feed_held(zstd, input, PART_BLOCK_HEAD, err);
}

/* --- data ----------------------------------------------------------------- */
static enum unpack_step
read_block_head(struct zstd *zstd, struct raw_bytes *input, struct err *err)
{
    uint32_t head;

    if (!hold(zstd, input, BLOCK_HEAD_BYTES))
        return STEP_DRY;
    head = raw_bytes_number(zstd->held, BLOCK_HEAD_BYTES);
    zstd->is_last = (head & BLOCK_IS_LAST) != 0;
    /* a byte that is repeated, else as many as it says */
    zstd->left_bytes = (head >> 1 & 3) == BLOCK_RLE ? 1 : head >> 3;
    zstd->start = raw_bytes_offset(input);
    zstd->may_pend = false;
    return feed_held(zstd, input, PART_BLOCK, err);
}

/*
 * As much of a block as there is, and what of its text did not fit before. At
 * the end of a frame without a checksum libzstd may leave the last byte until
 * all text is out.
 */
static enum unpack_step
read_block(struct zstd *zstd, struct raw_bytes *input, ZSTD_outBuffer *out,
    struct err *err)
{
    size_t n = zstd->left_bytes, result;
    ZSTD_inBuffer in = {.src = input->at};

    if (n > 0 || zstd->may_pend) {
        if (input->n_bytes == 0 && !zstd->may_pend)
            return STEP_DRY;
        in.size = n < input->n_bytes ? n : input->n_bytes;
        result = ZSTD_decompressStream(zstd->context, out, &in);
        if (ZSTD_isError(result))
            return bad_part(zstd, zstd->start, result, err);
        raw_bytes_take(input, in.pos);
        zstd->left_bytes -= (uint32_t)in.pos;
        zstd->may_pend = out->pos == out->size;
        if (result == 0) {
            must(zstd->left_bytes == 0);
            end_frame(zstd);
            return STEP_DONE;
        }
        if (zstd->may_pend || zstd->left_bytes > 0)
            return STEP_DONE;
    }
    zstd->part = zstd->is_last ? PART_CHECKSUM : PART_BLOCK_HEAD;
    return STEP_DONE;
}

static enum unpack_step
check_checksum(struct zstd *zstd, struct raw_bytes *input, struct err *err)
{
    if (!hold(zstd, input, CHECKSUM_BYTES))
        return STEP_DRY;
    return feed_held(zstd, input, PART_MAGIC, err);
}

static enum unpack_step
advance(struct zstd *zstd, struct raw_bytes *input, ZSTD_outBuffer *out,
    struct err *err)
{
    switch (zstd->part) {
    case PART_MAGIC:
        return read_magic(zstd, input, err);
    case PART_SKIPPED_SIZE:
        return read_skipped_size(zstd, input);
    case PART_SKIPPED:
        return skip(zstd, input);
    case PART_DESCRIPTOR:
        return read_descriptor(zstd, input);
    case PART_HEADER:
        return read_header(zstd, input, err);
    case PART_BLOCK_HEAD:
        return read_block_head(zstd, input, err);
    case PART_BLOCK:
        return read_block(zstd, input, out, err);
    case PART_CHECKSUM:
        return check_checksum(zstd, input, err);
    }
    die("zstd: part %d", (int)zstd->part);
}

enum source_state
zstd_read(struct zstd *zstd, struct raw_bytes *input, char *buffer, size_t room,
    size_t *n_bytes, struct err *err)
{
    ZSTD_outBuffer out = {.dst = buffer, .size = room};
    enum source_state state = SOURCE_MORE;

    while (state == SOURCE_MORE && out.pos < room) {
        switch (advance(zstd, input, &out, err)) {
        case STEP_DONE:
            break;
        case STEP_DRY:
            state = raw_bytes_fill(input, err);
            if (state == SOURCE_END)
                state = at_end(zstd, input, err);
            break;
        case STEP_CORRUPT:
            state = SOURCE_CORRUPT;
            break;
        case STEP_TRAILING:
            state = SOURCE_TRAILING;
            break;
        case STEP_REFUSED:
            state = SOURCE_NOT_GZIP;
            break;
        }
    }
    *n_bytes = out.pos;
    return state;
}

const char *
zstd_version(void)
{
    static char text[32];

    snprintf(text, sizeof(text), "zstd %s", ZSTD_versionString());
    return text;
}

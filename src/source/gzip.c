#include "source/gzip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/unpack.h"

/* RFC 1952, 2.3 */
enum { MAGIC_BYTES = 2, HEAD_BYTES = 8, TRAILER_BYTES = 8 };
enum { METHOD_DEFLATE = 8 };
enum flag {
    FLAG_HEAD_CRC = 1 << 1,
    FLAG_EXTRA = 1 << 2,
    FLAG_NAME = 1 << 3,
    FLAG_COMMENT = 1 << 4,
    FLAGS_RESERVED = 0xe0,
};

/* The parts of a member, in their order. */
enum gzip_part {
    PART_MAGIC,
    PART_HEAD,
    PART_EXTRA_LENGTH,
    PART_EXTRA,
    PART_NAME,
    PART_COMMENT,
    PART_HEAD_CRC,
    PART_DATA,
    PART_TRAILER,
};

struct gzip {
    const struct inflater_type *inflater;
    void *state; /* the inflater's */
    enum gzip_part part;
    unsigned flags;     /* of header fields yet to come */
    size_t extra_bytes; /* of FEXTRA yet to come */
    unsigned char held[8];
    size_t n_held;         /* of a field with a fixed length */
    uint32_t crc;          /* of the header, then of the text */
    uint32_t n_text_bytes; /* modulo 2^32, as the trailer has it */
    bool may_pend;         /* the inflater used up the room last time */
    uint64_t n_members;    /* that are over */
};

/* Where text goes. */
struct room {
    unsigned char *at;
    size_t n_bytes;
};

struct gzip *
gzip_new(const struct inflater_type *inflater)
{
    struct gzip *gzip = mem_zero(1, sizeof(*gzip));

    gzip->inflater = inflater;
    gzip->state = inflater->new ();
    return gzip;
}

void
gzip_free(struct gzip *gzip)
{
    if (!gzip)
        return;
    gzip->inflater->free(gzip->state);
    free(gzip);
}

/* The input ends here: may it? */
static enum source_state
at_end(const struct gzip *gzip, const struct raw_bytes *input, struct err *err)
{
    const char *part;

    if (gzip->part == PART_MAGIC && gzip->n_members > 0) {
        if (gzip->n_held == 0)
            return SOURCE_END;
        unpack_trailing(err, "gzip", raw_bytes_offset(input) - gzip->n_held);
        return SOURCE_TRAILING;
    }
    part = gzip->part < PART_DATA    ? "header"
           : gzip->part == PART_DATA ? "data"
                                     : "trailer";
    unpack_truncated(err, "gzip", raw_bytes_offset(input), part, "member",
        gzip->n_members + 1);
    return SOURCE_TRUNCATED;
}

/* --- the header ----------------------------------------------------------- */
/* Collects a field of n bytes in `held`. */
static bool
hold(struct gzip *gzip, struct raw_bytes *input, size_t n)
{
    if (!raw_bytes_hold(input, gzip->held, &gzip->n_held, n))
        return false;
    gzip->n_held = 0;
    return true;
}

/* The header's CRC grows by these. */
static void
sum(struct gzip *gzip, const unsigned char *bytes, size_t n)
{
    gzip->crc = gzip->inflater->crc32(gzip->crc, bytes, n);
}

static void
next_part(struct gzip *gzip)
{
    static const struct {
        enum flag flag;
        enum gzip_part part;
    } fields[] = {
        {FLAG_EXTRA, PART_EXTRA_LENGTH},
        {FLAG_NAME, PART_NAME},
        {FLAG_COMMENT, PART_COMMENT},
        {FLAG_HEAD_CRC, PART_HEAD_CRC},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (gzip->flags & fields[i].flag) {
            gzip->flags &= ~(unsigned)fields[i].flag;
            gzip->part = fields[i].part;
            return;
        }
    }
    gzip->part = PART_DATA;
    gzip->inflater->reset(gzip->state);
    gzip->may_pend = false;
    gzip->crc = 0;
    gzip->n_text_bytes = 0;
}

static enum unpack_step
read_magic(struct gzip *gzip, struct raw_bytes *input, struct err *err)
{
    if (!hold(gzip, input, MAGIC_BYTES))
        return STEP_DRY;
    if (gzip->held[0] != 0x1f || gzip->held[1] != 0x8b)
        return unpack_trailing(err, "gzip",
            raw_bytes_offset(input) - MAGIC_BYTES);
    gzip->crc = 0;
    sum(gzip, gzip->held, MAGIC_BYTES);
    gzip->part = PART_HEAD;
    return STEP_DONE;
}

static enum unpack_step
read_head(struct gzip *gzip, struct raw_bytes *input, struct err *err)
{
    uint64_t start;

    if (!hold(gzip, input, HEAD_BYTES))
        return STEP_DRY;
    start = raw_bytes_offset(input) - HEAD_BYTES;
    if (gzip->held[0] != METHOD_DEFLATE)
        return unpack_corrupt(err, "gzip", start,
            "unknown compression method %u", gzip->held[0]);
    if (gzip->held[1] & FLAGS_RESERVED)
        return unpack_corrupt(err, "gzip", start + 1,
            "unknown header flags 0x%02x", gzip->held[1]);
    sum(gzip, gzip->held, HEAD_BYTES);
    gzip->flags = gzip->held[1];
    next_part(gzip);
    return STEP_DONE;
}

static enum unpack_step
read_extra_length(struct gzip *gzip, struct raw_bytes *input)
{
    if (!hold(gzip, input, 2))
        return STEP_DRY;
    sum(gzip, gzip->held, 2);
    gzip->extra_bytes = raw_bytes_number(gzip->held, 2);
    gzip->part = PART_EXTRA;
    return STEP_DONE;
}

static enum unpack_step
skip_extra(struct gzip *gzip, struct raw_bytes *input)
{
    size_t n = gzip->extra_bytes;

    if (n > input->n_bytes)
        n = input->n_bytes;
    sum(gzip, input->at, n);
    raw_bytes_take(input, n);
    gzip->extra_bytes -= n;
    if (gzip->extra_bytes > 0)
        return STEP_DRY;
    next_part(gzip);
    return STEP_DONE;
}

/* Up to its NUL byte. */
static enum unpack_step
skip_text(struct gzip *gzip, struct raw_bytes *input)
{
    const unsigned char *nul = memchr(input->at, '\0', input->n_bytes);
    size_t n = nul ? (size_t)(nul - input->at) + 1 : input->n_bytes;

    sum(gzip, input->at, n);
    raw_bytes_take(input, n);
    if (!nul)
        return STEP_DRY;
    next_part(gzip);
    return STEP_DONE;
}

static enum unpack_step
check_head_crc(struct gzip *gzip, struct raw_bytes *input, struct err *err)
{
    if (!hold(gzip, input, 2))
        return STEP_DRY;
    if (raw_bytes_number(gzip->held, 2) != (gzip->crc & 0xffff))
        return unpack_corrupt(err, "gzip", raw_bytes_offset(input) - 2,
            "wrong CRC of the header");
    next_part(gzip);
    return STEP_DONE;
}

/* --- data and trailer ----------------------------------------------------- */
static enum unpack_step
read_data(struct gzip *gzip, struct raw_bytes *input, struct room *room,
    struct err *err)
{
    unsigned char *start = room->at;
    size_t in_bytes = input->n_bytes, n;
    enum inflate_result state;

    if (input->n_bytes == 0 && !gzip->may_pend)
        return STEP_DRY;
    state = gzip->inflater->run(gzip->state, &input->at, &input->n_bytes,
        &room->at, &room->n_bytes);
    must(input->at >= input->buffer); /* what it put back is what it took */
    n = (size_t)(room->at - start);
    /* these bytes are in the cache still */
    gzip->crc = gzip->inflater->crc32(gzip->crc, start, n);
    gzip->n_text_bytes += (uint32_t)n;
    gzip->may_pend = room->n_bytes == 0;
    if (state == INFLATE_BAD)
        return unpack_corrupt(err, "gzip", raw_bytes_offset(input),
            "bad deflate data");
    if (state == INFLATE_END) {
        gzip->part = PART_TRAILER;
        return STEP_DONE;
    }
    /* or we would call for ever */
    must(n > 0 || input->n_bytes < in_bytes || in_bytes == 0);
    return STEP_DONE;
}

static enum unpack_step
check_trailer(struct gzip *gzip, struct raw_bytes *input, struct err *err)
{
    uint64_t start;

    if (!hold(gzip, input, TRAILER_BYTES))
        return STEP_DRY;
    start = raw_bytes_offset(input) - TRAILER_BYTES;
    if (raw_bytes_number(gzip->held, 4) != gzip->crc)
        return unpack_corrupt(err, "gzip", start, "wrong CRC");
    if (raw_bytes_number(gzip->held + 4, 4) != gzip->n_text_bytes)
        return unpack_corrupt(err, "gzip", start + 4, "wrong length");
    gzip->n_members++;
    gzip->part = PART_MAGIC;
    return STEP_DONE;
}

static enum unpack_step
advance(struct gzip *gzip, struct raw_bytes *input, struct room *room,
    struct err *err)
{
    switch (gzip->part) {
    case PART_MAGIC:
        return read_magic(gzip, input, err);
    case PART_HEAD:
        return read_head(gzip, input, err);
    case PART_EXTRA_LENGTH:
        return read_extra_length(gzip, input);
    case PART_EXTRA:
        return skip_extra(gzip, input);
    case PART_NAME:
    case PART_COMMENT:
        return skip_text(gzip, input);
    case PART_HEAD_CRC:
        return check_head_crc(gzip, input, err);
    case PART_DATA:
        return read_data(gzip, input, room, err);
    case PART_TRAILER:
        return check_trailer(gzip, input, err);
    }
    die("gzip: part %d", (int)gzip->part);
}

enum source_state
gzip_read(struct gzip *gzip, struct raw_bytes *input, char *buffer, size_t room,
    size_t *n_bytes, struct err *err)
{
    struct room left = {(unsigned char *)buffer, room};
    enum source_state state = SOURCE_MORE;

    while (state == SOURCE_MORE && left.n_bytes > 0) {
        switch (advance(gzip, input, &left, err)) {
        case STEP_DONE:
            break;
        case STEP_DRY:
            state = raw_bytes_fill(input, err);
            if (state == SOURCE_END)
                state = at_end(gzip, input, err);
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
    *n_bytes = room - left.n_bytes;
    return state;
}

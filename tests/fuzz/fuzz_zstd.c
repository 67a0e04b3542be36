/*
 * source: a file of Zstandard frames, in pieces, against libzstd's own reading
 * of it byte by byte. Text and verdict agree.
 *
 * Head: flags, how much is read(2) at a time, how much room there is. Rest:
 * the file. Flag 1: its checksums are put right before, so that damage is not
 * always found by them.
 */
// LDFLAGS: -Wl,--wrap=read
// FUZZ: -max_len=4096 -malloc_limit_mb=300
#include <stdio.h>

#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "fuzz/packed_file.h"

enum { BLOCK_BYTES = 128 << 10 };

/* Where a frame failed by its checksum, for mend(). */
struct bad_sum {
    size_t at;         /* 0: nowhere */
    size_t text_start; /* of the frame's text */
};

static bool
is_frame(const uint8_t *at)
{
    return memcmp(at, "\x28\xb5\x2f\xfd", 4) == 0 ||
           ((at[0] & 0xf0) == 0x50 && memcmp(at + 1, "\x2a\x4d\x18", 3) == 0);
}

static enum source_state
state_of(size_t error)
{
    switch (ZSTD_getErrorCode(error)) {
    case ZSTD_error_frameParameter_windowTooLarge:
    case ZSTD_error_dictionary_wrong:
        return SOURCE_NOT_GZIP;
    default:
        return SOURCE_CORRUPT;
    }
}

/* One frame from `at` on; returns the bytes it took. SOURCE_MORE: whole. */
static size_t
read_frame(struct reading *reading, ZSTD_DCtx *context, const uint8_t *at,
    size_t n)
{
    static char to[256 << 10]; /* more than a block, so that none pends */
    size_t result = 1, i = 0;

    ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
    while (result != 0) {
        ZSTD_inBuffer in = {.src = at + i, .size = 1};
        ZSTD_outBuffer out = {.dst = to, .size = sizeof(to)};

        reading->state = SOURCE_TRUNCATED;
        if (i == n)
            return n;
        result = ZSTD_decompressStream(context, &out, &in);
        if (ZSTD_isError(result)) {
            reading->state = state_of(result);
            snprintf(reading->problem, sizeof(reading->problem), "%s",
                ZSTD_getErrorName(result));
            return i + 1;
        }
        must(in.pos == 1 && out.pos < out.size);
        i++;
        text_add(&reading->text, to, out.pos);
        reading->has_too_much = reading->text.n_bytes > MOST_TEXT_BYTES;
        if (reading->has_too_much)
            return i;
    }
    reading->state = SOURCE_MORE;
    return i;
}

static void
read_by_zstd(struct reading *reading, struct bad_sum *bad_sum,
    const uint8_t *data, size_t n)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    size_t at = 0, start = 0;

    must(context);
    *reading = (struct reading){.state = SOURCE_MORE};
    *bad_sum = (struct bad_sum){0};
    while (reading->state == SOURCE_MORE && at < n) {
        if (n - at < 4 || !is_frame(data + at)) {
            reading->state = SOURCE_TRAILING;
            break;
        }
        start = reading->text.n_bytes;
        at += read_frame(reading, context, data + at, n - at);
        if (reading->has_too_much)
            break;
        if (strstr(reading->problem, "checksum"))
            *bad_sum = (struct bad_sum){at - 4, start};
    }
    if (reading->state == SOURCE_MORE)
        reading->state = SOURCE_END;
    ZSTD_freeDCtx(context);
}

/* Each reading finds one more that is wrong. */
static void
mend(uint8_t *data, size_t n)
{
    struct reading reading;
    struct bad_sum bad;

    for (int i = 0; i < 4; i++) {
        read_by_zstd(&reading, &bad, data, n);
        if (bad.at)
            put_number(data + bad.at,
                (uint32_t)XXH64(reading.text.data + bad.text_start,
                    reading.text.n_bytes - bad.text_start, 0));
        text_release(&reading.text);
        if (!bad.at)
            break;
    }
}

/* Of a bad block that is stored as it is some may come out before it is found
 * to be bad: byte by byte the most. */
static bool
is_same_text(const struct reading *ours, const struct reading *zstd)
{
    const struct text *a = &ours->text, *b = &zstd->text;

    return is_prefix(a, b) &&
           (is_prefix(b, a) || (ours->state == SOURCE_CORRUPT &&
                                   b->n_bytes - a->n_bytes < BLOCK_BYTES));
}

static void
compare(const struct reading *ours, const struct reading *zstd)
{
    const struct text *a = &ours->text, *b = &zstd->text;

    if (ours->has_too_much && zstd->has_too_much)
        return;
    if (ours->has_too_much != zstd->has_too_much ||
        ours->state != zstd->state || !is_same_text(ours, zstd))
        die("%s after %zu bytes of text; libzstd by itself: %s (%s) after %zu",
            state_word(ours->state), a->n_bytes, state_word(zstd->state),
            zstd->problem, b->n_bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct feed feed = {data, n};
    unsigned flags = feed_byte(&feed);
    struct reading wanted, got;
    struct pieces pieces, rooms;
    struct bad_sum unused;
    uint8_t *file;

    feed_pieces(&feed, &pieces);
    feed_pieces(&feed, &rooms);
    if (feed.n < 4 || !is_frame(feed.at))
        return -1; /* fuzz_gzip has these */
    file = (uint8_t *)exact_copy(feed.at, feed.n);
    if (flags & 1)
        mend(file, feed.n);
    read_by_zstd(&wanted, &unused, file, feed.n);
    read_by("zlib", file, feed.n, pieces, rooms, &got);
    compare(&got, &wanted);
    text_release(&got.text);
    text_release(&wanted.text);
    free(file);
    return 0;
}

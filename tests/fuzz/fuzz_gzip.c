/*
 * source: the same bytes through every inflater, in pieces, against zlib's own
 * reading of them all at once. Text and verdict agree; where ISA-L is known to
 * go on for longer (source/gzip.h), it has at least zlib's text.
 *
 * Head: how much is read(2) at a time, how much room there is, flags. Rest:
 * the file. Flag 1: the sums of its members are put right before, so that
 * damage is not always found by them.
 */
// LDFLAGS: -Wl,--wrap=read
// FUZZ: -max_len=8192 -malloc_limit_mb=64
#include <stdio.h>

#include <zlib.h>

#include "fuzz/packed_file.h"
#include "source/inflater.h"
#include "source/zstd.h"

/* ISA-L decodes so many symbols at a time: of truncated data the last ones may
 * be missing. Literals all, or the last a match of 258 bytes. */
enum { LEFT_OUT_BYTES = 2 + 258 };

/* --- what zlib makes of it -------------------------------------------------*/
static bool
is_bad_table(const char *problem)
{
    static const char *const problems[] = {"invalid code lengths set",
        "invalid literal/lengths set", "invalid distances set",
        "invalid code -- missing end-of-block", "invalid bit length repeat",
        "too many length or distance symbols"};

    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
        if (strcmp(problem, problems[i]) == 0)
            return true;
    return false;
}

/*
 * zlib has no more input. Would it find a bad table, went the data on? ISA-L
 * may know already: of a code without any symbol, zlib reads all lengths.
 */
static bool
is_in_bad_table(z_stream *zlib)
{
    static const unsigned char zeros[1024];
    unsigned char out[16384];

    zlib->next_in = (z_const Bytef *)zeros;
    zlib->avail_in = sizeof(zeros);
    zlib->next_out = out;
    zlib->avail_out = sizeof(out);
    return inflate(zlib, Z_NO_FLUSH) == Z_DATA_ERROR && is_bad_table(zlib->msg);
}

/* One member from `at` on; returns the bytes it took. SOURCE_MORE: whole. */
static size_t
read_member(struct reading *reading, const uint8_t *at, size_t n)
{
    unsigned char out[16384];
    z_stream zlib = {.next_in = (z_const Bytef *)at, .avail_in = (uInt)n};
    size_t n_left;
    int result;

    reading->state = SOURCE_TRUNCATED;
    if (n < 10)
        return 0; /* its header is judged when all of it is there */
    must(inflateInit2(&zlib, 15 + 16) == Z_OK);
    do {
        zlib.next_out = out;
        zlib.avail_out = sizeof(out);
        result = inflate(&zlib, Z_NO_FLUSH);
        text_add(&reading->text, (char *)out, sizeof(out) - zlib.avail_out);
        reading->has_too_much = reading->text.n_bytes > MOST_TEXT_BYTES;
    } while (result == Z_OK && !reading->has_too_much);
    if (result == Z_STREAM_END)
        reading->state = SOURCE_MORE;
    if (result == Z_DATA_ERROR) {
        /* so is a trailer, of which zlib took the first half */
        if (strcmp(zlib.msg, "incorrect data check") != 0 || zlib.avail_in >= 4)
            reading->state = SOURCE_CORRUPT;
        snprintf(reading->problem, sizeof(reading->problem), "%s", zlib.msg);
        reading->is_bad_table = is_bad_table(zlib.msg);
    }
    n_left = zlib.avail_in;
    if (result == Z_BUF_ERROR)
        reading->is_bad_table = is_in_bad_table(&zlib);
    inflateEnd(&zlib);
    return n - n_left;
}

static void
read_by_zlib(struct reading *reading, const uint8_t *data, size_t n)
{
    *reading = (struct reading){.state = SOURCE_MORE};
    if (n < 2 || data[0] != 0x1f || data[1] != 0x8b) {
        bool is_text =
            n > 0 && !memchr(data, '\0', n < (64 << 10) ? n : 64 << 10);

        reading->state = is_text ? SOURCE_END : SOURCE_NOT_GZIP;
        if (is_text)
            text_add(&reading->text, (const char *)data, n);
        return;
    }
    for (size_t at = 0; !reading->has_too_much;) {
        at += read_member(reading, data + at, n - at);
        if (reading->state != SOURCE_MORE)
            return;
        if (at == n) {
            reading->state = SOURCE_END;
            return;
        }
        if (n - at < 2 || data[at] != 0x1f || data[at + 1] != 0x8b) {
            reading->state = SOURCE_TRAILING;
            return;
        }
    }
}

/* --- and what we do --------------------------------------------------------
 */
static bool
agree(const struct reading *ours, const struct reading *zlib, bool is_zlib)
{
    const struct text *a = &ours->text, *b = &zlib->text;

    if (zlib->has_too_much)
        return ours->has_too_much;
    if (!is_zlib && zlib->is_bad_table) {
        /* a code table that only ISA-L takes: more text, another verdict */
        if (zlib->state == SOURCE_CORRUPT)
            return is_prefix(b, a);
        return (ours->state == SOURCE_CORRUPT ||
                   ours->state == SOURCE_TRUNCATED) &&
               is_prefix(a, b) && a->n_bytes == b->n_bytes;
    }
    if (ours->has_too_much || ours->state != zlib->state)
        return false;
    if (!is_zlib && zlib->state == SOURCE_TRUNCATED)
        return is_prefix(a, b) && a->n_bytes + LEFT_OUT_BYTES >= b->n_bytes;
    return is_prefix(a, b) && a->n_bytes == b->n_bytes;
}

static void
compare(const char *name, const struct reading *ours,
    const struct reading *zlib)
{
    const struct text *a = &ours->text, *b = &zlib->text;

    if ((!is_prefix(a, b) && !is_prefix(b, a)) ||
        !agree(ours, zlib, strcmp(name, "zlib") == 0))
        die("%s: %s after %zu bytes of text; zlib by itself: %s (%s) after %zu",
            name, state_word(ours->state), a->n_bytes, state_word(zlib->state),
            zlib->problem, b->n_bytes);
}

/* --- sums put right --------------------------------------------------------*/
/* The bytes of the header at `at`, or 0 when it is none. */
static size_t
header_bytes(const uint8_t *at, size_t n)
{
    size_t i = 10;

    if (n < i || at[0] != 0x1f || at[1] != 0x8b)
        return 0;
    if (at[3] & 4) {
        if (n < i + 2)
            return 0;
        i += 2u + at[i] + 256u * at[i + 1];
    }
    for (unsigned flag = 8; flag <= 16; flag *= 2) {
        const uint8_t *nul;

        if (!(at[3] & flag))
            continue;
        nul = i < n ? memchr(at + i, '\0', n - i) : NULL;
        if (!nul)
            return 0;
        i = (size_t)(nul - at) + 1;
    }
    if (at[3] & 2)
        i += 2;
    return i <= n ? i : 0;
}

static void
mend(uint8_t *data, size_t n)
{
    unsigned char out[16384];
    size_t at = 0, head, total = 0;

    while ((head = header_bytes(data + at, n - at)) > 0) {
        z_stream zlib = {
            .next_in = data + at + head, .avail_in = (uInt)(n - at - head)};
        uint32_t crc = 0;
        int result;

        must(inflateInit2(&zlib, -15) == Z_OK);
        do {
            zlib.next_out = out;
            zlib.avail_out = sizeof(out);
            result = inflate(&zlib, Z_NO_FLUSH);
            crc =
                (uint32_t)crc32(crc, out, (uInt)(sizeof(out) - zlib.avail_out));
            total += sizeof(out) - zlib.avail_out;
        } while (result == Z_OK && total <= MOST_TEXT_BYTES);
        inflateEnd(&zlib);
        at = (size_t)(zlib.next_in - data);
        if (result != Z_STREAM_END || n - at < 8)
            return;
        put_number(data + at, crc);
        put_number(data + at + 4, (uint32_t)zlib.total_out);
        at += 8;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct feed feed = {data, n};
    unsigned flags = feed_byte(&feed);
    struct pieces pieces, rooms;
    struct reading wanted, got;
    uint8_t *file;

    feed_pieces(&feed, &pieces);
    feed_pieces(&feed, &rooms);
    if (feed.n >= 4 && zstd_is_magic(feed.at, feed.n))
        return -1; /* fuzz_zstd has these */
    file = (uint8_t *)exact_copy(feed.at, feed.n);
    if (flags & 1)
        mend(file, feed.n);
    read_by_zlib(&wanted, file, feed.n);
    for (size_t i = 0; inflaters()[i]; i++) {
        const char *name = inflaters()[i]->name;

        read_by(name, file, feed.n, pieces, rooms, &got);
        compare(name, &got, &wanted);
        text_release(&got.text);
    }
    text_release(&wanted.text);
    free(file);
    return 0;
}

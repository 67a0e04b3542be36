/*
 * Gzip data for tests, made with zlib, and text to put into it. Everything is
 * added to the caller's `struct text`. The same arguments make the same bytes.
 */
#ifndef TESTS_GZ_SAMPLES_H
#define TESTS_GZ_SAMPLES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

enum gz_fields {
    GZ_EXTRA = 1 << 0,
    GZ_NAME = 1 << 1,
    GZ_COMMENT = 1 << 2,
    GZ_HEAD_CRC = 1 << 3,
    GZ_ALL_FIELDS = 15,
};

struct gz_how {
    unsigned fields; /* enum gz_fields */
    int level, strategy;
    size_t flush_bytes; /* a full flush after each so many; 0: none */
};

/* Adds one member. */
static inline void
gz_member_how(struct text *out, const char *text, size_t n, struct gz_how how)
{
    z_stream z = {0};
    gz_header head = {
        .time = 1506686400, .os = 3, .hcrc = (how.fields & GZ_HEAD_CRC) != 0};
    char extra[] = "AB\x06\0sample", name[] = "20170929.tsv",
         comment[] = "of a test";
    unsigned char buffer[4096];
    size_t done = 0, step = how.flush_bytes ? how.flush_bytes : n;
    int result;

    if (how.fields & GZ_EXTRA) {
        head.extra = (Bytef *)extra;
        head.extra_len = sizeof(extra) - 1;
    }
    head.name = how.fields & GZ_NAME ? (Bytef *)name : Z_NULL;
    head.comment = how.fields & GZ_COMMENT ? (Bytef *)comment : Z_NULL;
    must(deflateInit2(&z, how.level, Z_DEFLATED, 15 + 16, 8, how.strategy) ==
         Z_OK);
    must(deflateSetHeader(&z, &head) == Z_OK);
    do {
        z.next_in = (z_const Bytef *)text + done;
        z.avail_in = (uInt)(n - done < step ? n - done : step);
        done += z.avail_in;
        do {
            z.next_out = buffer;
            z.avail_out = sizeof(buffer);
            result = deflate(&z, done == n ? Z_FINISH : Z_FULL_FLUSH);
            must(result != Z_STREAM_ERROR);
            text_add(out, (char *)buffer, sizeof(buffer) - z.avail_out);
        } while (z.avail_out == 0);
    } while (result != Z_STREAM_END);
    deflateEnd(&z);
}

static inline void
gz_member(struct text *out, const char *text, size_t n, unsigned fields)
{
    gz_member_how(out, text, n, (struct gz_how){.fields = fields, .level = 6});
}

/* Adds lines that look like the real ones. */
static inline void
gz_real_lines(struct text *out, size_t n_lines, uint64_t seed)
{
    static const char *const types[] = {"idfa", "gaid", "adid", "dvid"};
    struct rng rng;

    rng_init(&rng, seed);
    while (n_lines-- > 0) {
        size_t n_apps = 1 + rng_below(&rng, 99);

        text_format(out, "%s\t%016llx%016llx\t%.10f\t%.10f\t",
            types[rng_below(&rng, 4)], (unsigned long long)rng_next(&rng),
            (unsigned long long)rng_next(&rng),
            (double)rng_below(&rng, 180000000) / 1e6 - 90,
            (double)rng_below(&rng, 360000000) / 1e6 - 180);
        while (n_apps-- > 0)
            text_format(out, "%u%s", (unsigned)rng_below(&rng, 10000),
                n_apps ? "," : "\n");
    }
}

/* A file that holds these bytes, at its start. */
static inline int
gz_file(const void *bytes, size_t n)
{
    int fd = memfd_create("sample", MFD_CLOEXEC);

    must(fd >= 0);
    must(n == 0 || write(fd, bytes, n) == (ssize_t)n);
    must(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

#endif

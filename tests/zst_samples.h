/*
 * Zstandard data for tests, made with libzstd or by hand. Everything is added
 * to the caller's `struct text`. The same arguments make the same bytes.
 */
#ifndef TESTS_ZST_SAMPLES_H
#define TESTS_ZST_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zstd.h>

#include "base/mem.h"
#include "base/text.h"

struct zst_how {
    int level, window_log; /* 0: as it comes */
    bool has_checksum, has_size;
    size_t block_bytes; /* a block ends after each so many; 0: none */
};

/* Adds one frame. */
static inline void
zst_frame_how(struct text *out, const char *text, size_t n, struct zst_how how)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t done = 0, step = how.block_bytes ? how.block_bytes : n, left;
    char buffer[4096];

    must(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, how.level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, how.window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, how.has_checksum);
    if (how.has_size)
        ZSTD_CCtx_setPledgedSrcSize(context, n);
    do {
        size_t more = n - done < step ? n - done : step;
        ZSTD_inBuffer in = {.src = text + done, .size = more};
        bool is_last = done + more == n;

        do {
            ZSTD_outBuffer to = {.dst = buffer, .size = sizeof(buffer)};

            left = ZSTD_compressStream2(context, &to, &in,
                is_last ? ZSTD_e_end : ZSTD_e_flush);
            must(!ZSTD_isError(left));
            text_add(out, buffer, to.pos);
        } while (left > 0);
        done += more;
    } while (done < n);
    ZSTD_freeCCtx(context);
}

static inline void
zst_frame(struct text *out, const char *text, size_t n)
{
    zst_frame_how(out, text, n, (struct zst_how){.has_checksum = true});
}

/* Adds a skippable frame of n bytes. */
static inline void
zst_skipped(struct text *out, size_t n)
{
    unsigned char head[8] = {0x5a, 0x2a, 0x4d, 0x18};

    for (size_t i = 0; i < 4; i++)
        head[4 + i] = (unsigned char)(n >> 8 * i);
    text_add(out, (char *)head, sizeof(head));
    while (n-- > 0)
        text_add(out, "s", 1);
}

#endif

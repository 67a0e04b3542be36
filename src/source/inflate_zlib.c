#include "source/inflater.h"

#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

#include "base/mem.h"

/* A negative number of window bits is zlib's word for raw deflate data. */
enum { RAW_WINDOW_BITS = -15 };

/* What fits zlib's counters on every machine. */
enum { MOST_BYTES = 1 << 30 };

static void *
zlib_new(void)
{
    z_stream *zlib = mem_zero(1, sizeof(*zlib));

    if (inflateInit2(zlib, RAW_WINDOW_BITS) != Z_OK)
        die("zlib: cannot start (%s)", zlib->msg ? zlib->msg : "out of memory");
    return zlib;
}

static void
zlib_free(void *state)
{
    if (!state)
        return;
    inflateEnd(state);
    free(state);
}

static void
zlib_reset(void *state)
{
    must(inflateReset(state) == Z_OK);
}

static uInt
at_most(size_t n_bytes)
{
    return n_bytes < MOST_BYTES ? (uInt)n_bytes : MOST_BYTES;
}

static enum inflate_result
zlib_run(void *state, const unsigned char **in, size_t *in_bytes,
    unsigned char **out, size_t *room)
{
    z_stream *zlib = state;
    int result;

    zlib->next_in = (z_const Bytef *)*in;
    zlib->avail_in = at_most(*in_bytes);
    zlib->next_out = *out;
    zlib->avail_out = at_most(*room);
    result = inflate(zlib, Z_NO_FLUSH);
    *in_bytes -= (size_t)(zlib->next_in - *in);
    *in = zlib->next_in;
    *room -= (size_t)(zlib->next_out - *out);
    *out = zlib->next_out;

    switch (result) {
    case Z_OK:
    case Z_BUF_ERROR: /* nothing to do: wants input */
        return INFLATE_MORE;
    case Z_STREAM_END:
        return INFLATE_END;
    case Z_DATA_ERROR:
        return INFLATE_BAD;
    case Z_MEM_ERROR:
        die("out of memory (zlib's window)");
    default:
        die("zlib: unexpected result %d", result);
    }
}

static uint32_t
zlib_crc32(uint32_t crc, const unsigned char *bytes, size_t n)
{
    return (uint32_t)crc32_z(crc, bytes, n);
}

static const char *
version(void)
{
    static char text[32];

    snprintf(text, sizeof(text), "zlib %s", zlibVersion());
    return text;
}

const struct inflater_type inflater_zlib = {
    .name = "zlib",
    .about = "zlib: everywhere",
    .version = version,
    .new = zlib_new,
    .free = zlib_free,
    .reset = zlib_reset,
    .run = zlib_run,
    .crc32 = zlib_crc32,
};

/*
 * Zstandard (RFC 8878) through libzstd: frames, skippable frames, checksums.
 *
 * Any number of frames, empty ones too, make one text; skippable frames may
 * may come before, between and after them and hold no text. After a frame's
 * end: nothing more is the end; what begins as a frame is one, and corrupt or
 * truncated when it is bad; anything else is SOURCE_TRAILING.
 *
 * A frame's header says how far back its data may reach, which is what memory
 * it takes: more than ZSTD_MOST_WINDOW_BYTES is refused, as is a frame that
 * needs a dictionary. Both are SOURCE_NOT_GZIP, since the file is whole and
 * just packed in a way that we do not unpack.
 *
 * Blocks are handed to libzstd one by one, so that all text before a bad one
 * comes out, and its offset is known. Of a bad block itself some may come
 * out, as the input's pieces let it.
 *
 * The first frame must be known to begin as zstd_is_magic() says. One thread.
 * After a failure the object must not be used again, which source.c sees to.
 */
#ifndef SOURCE_ZSTD_H
#define SOURCE_ZSTD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "source/raw_bytes.h"
#include "source/source_state.h"

enum {
    ZSTD_MAGIC_BYTES = 4,
    /* what `zstd -d` takes by default, and `zstd --ultra -22`
     * makes: a window of 2^27 bytes */
    ZSTD_MOST_WINDOW_LOG = 27,
    ZSTD_MOST_WINDOW_BYTES = 1 << ZSTD_MOST_WINDOW_LOG,
};

/* Whether a frame, or a skippable one, begins with these n bytes; with less
 * than ZSTD_MAGIC_BYTES, whether it may. */
bool zstd_is_magic(const unsigned char *bytes, size_t n);

struct zstd;

struct zstd *zstd_new(void);
void zstd_free(struct zstd *zstd);

/* As source_read(); fills the room while the state is SOURCE_MORE. */
enum source_state zstd_read(struct zstd *zstd, struct raw_bytes *input,
    char *buffer, size_t room, size_t *n_bytes, struct err *err);

/* "zstd 1.5.4" */
const char *zstd_version(void);

#endif

/*
 * The gzip format (RFC 1952) around raw deflate data: headers, members, CRC
 * and length, the same for every inflater.
 *
 * Any number of members, empty ones too, make one text. After a member's end:
 * nothing more is the end; what begins with 1f 8b is a member, and corrupt or
 * truncated when it is bad; anything else, NUL bytes too and a 1f
 * alone, is SOURCE_TRAILING.
 *
 * The first member must be known to begin with 1f 8b. One thread. After a
 * failure the object must not be used again, which source.c sees to.
 *
 * Both inflaters hand out the same text up to where bad data are found, with
 * two exceptions: of truncated data ISA-L may leave out the last few bytes,
 * since it decodes up to three symbols at once; and it takes code tables that
 * zlib refuses (unused codes left over), so that damage in one shows later.
 */
#ifndef SOURCE_GZIP_H
#define SOURCE_GZIP_H

#include <stddef.h>

#include "base/err.h"
#include "source/inflater.h"
#include "source/raw_bytes.h"
#include "source/source_state.h"

struct gzip;

struct gzip *gzip_new(const struct inflater_type *inflater);
void gzip_free(struct gzip *gzip);

/* As source_read(); fills the room while the state is SOURCE_MORE. */
enum source_state gzip_read(struct gzip *gzip, struct raw_bytes *input,
    char *buffer, size_t room, size_t *n_bytes, struct err *err);

#endif

#include "source/source.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "source/gzip.h"
#include "source/inflater.h"
#include "source/raw_bytes.h"
#include "source/plain.h"
#include "source/zstd.h"

struct source {
    struct raw_bytes input;
    const struct inflater_type *inflater;
    bool is_known;     /* the first bytes were looked at */
    struct gzip *gzip; /* both NULL: plain text */
    struct zstd *zstd;
    uint64_t offset;         /* the highest so far */
    uint64_t text_bytes;     /* handed out so far */
    enum source_state state; /* what every further call returns, */
    struct err err;          /* and this with it */
};

struct source *
source_open(int fd, int wait_fd, const char *inflate)
{
    struct source *source = mem_zero(1, sizeof(*source));

    source->inflater = inflater_find(inflate);
    must(source->inflater);
    raw_bytes_init(&source->input, fd, wait_fd);
    return source;
}

void
source_stop_when(struct source *source, bool (*is_over)(void *ctx), void *ctx)
{
    source->input.is_over = is_over;
    source->input.ctx = ctx;
}

void
source_close(struct source *source)
{
    if (!source)
        return;
    gzip_free(source->gzip);
    zstd_free(source->zstd);
    raw_bytes_release(&source->input);
    free(source);
}

/* By the first bytes. SOURCE_STOPPED may come in the middle of it. */
static enum source_state
look(struct source *source, struct err *err)
{
    struct raw_bytes *input = &source->input;
    enum source_state state = SOURCE_MORE;

    /* no further than it takes: they may come from a terminal */
    while (state == SOURCE_MORE &&
           (input->n_bytes < 2 ||
               (input->n_bytes < ZSTD_MAGIC_BYTES &&
                   zstd_is_magic(input->at, input->n_bytes))))
        state = raw_bytes_fill(input, err);
    if (state != SOURCE_MORE && state != SOURCE_END)
        return state;
    if (input->n_bytes >= 2 && input->at[0] == 0x1f && input->at[1] == 0x8b)
        source->gzip = gzip_new(source->inflater);
    else if (input->n_bytes >= ZSTD_MAGIC_BYTES &&
             zstd_is_magic(input->at, input->n_bytes))
        source->zstd = zstd_new();
    else if ((state = plain_check(input, err)) != SOURCE_MORE)
        return state;
    source->is_known = true;
    return SOURCE_MORE;
}

/* Of what was found to be it. */
static enum source_state
read_known(struct source *source, char *buffer, size_t room, size_t *n_bytes,
    struct err *err)
{
    struct raw_bytes *input = &source->input;

    if (source->gzip)
        return gzip_read(source->gzip, input, buffer, room, n_bytes, err);
    if (source->zstd)
        return zstd_read(source->zstd, input, buffer, room, n_bytes, err);
    return plain_read(input, buffer, room, n_bytes, err);
}

enum source_state
source_read(struct source *source, char *buffer, size_t room, size_t *n_bytes,
    struct err *err)
{
    enum source_state state = source->state;

    must(room > 0);
    *n_bytes = 0;
    if (state != SOURCE_MORE) {
        *err = source->err;
        return state;
    }
    if (source->input.is_over && source->input.is_over(source->input.ctx))
        return SOURCE_STOPPED;
    if (!source->is_known)
        state = look(source, err);
    if (state == SOURCE_MORE)
        state = read_known(source, buffer, room, n_bytes, err);
    source->text_bytes += *n_bytes;
    /* an inflater may put bytes back, but progress does not go backwards */
    if (source->offset < raw_bytes_offset(&source->input))
        source->offset = raw_bytes_offset(&source->input);
    if (state != SOURCE_MORE && state != SOURCE_STOPPED) {
        source->state = state;
        source->err = *err;
    }
    return state;
}

uint64_t
source_offset(const struct source *source)
{
    return source->offset;
}

uint64_t
source_text_bytes(const struct source *source)
{
    return source->text_bytes;
}

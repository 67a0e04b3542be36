/*
 * What the first lines of a file become, read before the load to forecast
 * what it will need.
 *
 * The lines are read as in a load: source, line reader, packer. Bad ones are
 * counted and not logged, and no item is refused as too large, since the size
 * of items is what is wanted. A gzip file cannot be read from the middle, so
 * the beginning stands for the whole file; a file sorted by shard is misjudged.
 *
 * A previewer belongs to one thread and takes files one after the other. It
 * blocks as long as a read of a regular file does. The limits hold within a
 * line, too, which is then not counted at all. A broken file is not a
 * failure: the preview says what is wrong with it.
 */
#ifndef LOAD_PREVIEW_H
#define LOAD_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings/settings.h"
#include "load/report.h"
#include "memc/item.h"
#include "memc/shard_map.h"
#include "source/source.h"

/* When to stop reading a file: whichever comes first. */
struct preview_limits {
    size_t lines;
    size_t text_bytes;
    int64_t end_ns;     /* clock_ns() */
    int64_t cpu_end_ns; /* clock_cpu_ns() */
    /* has a stop been asked for? NULL: that is never so */
    bool (*is_stopped)(void *ctx);
    void *ctx; /* its */
};

struct preview {
    struct counts counts;    /* of the lines read; no outcomes */
    enum source_state state; /* SOURCE_MORE: there is more than was read */
    bool has_no_header;      /* though the mapping asks for one; nothing read */
    struct err err;          /* when the file is broken or has no header */
    /* what the counts are to be multiplied by to get the whole file's; 1 when
     * all was read that can be, 0 when not a line was */
    double scale;
};

/* Called for each item of the sample, in the order of the file. */
typedef void preview_item(void *ctx, size_t server, const struct item *item);

struct previewer;

/* The settings and the shards outlive the previewer. */
struct previewer *previewer_new(const struct settings *settings,
    const struct shards *shards);
void previewer_free(struct previewer *previewer);

/* Is there no time left, by either clock, or a stop asked for? */
bool preview_is_late(const struct preview_limits *limits);

/* Reads from the descriptor's start; it stays the caller's. */
void previewer_read(struct previewer *previewer, int fd, uint64_t file_bytes,
    const struct preview_limits *limits, struct preview *out,
    preview_item *take, void *ctx);

#endif

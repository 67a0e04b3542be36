#include "bench/floor_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "load/line_item.h"
#include "load/mapped_lines.h"
#include "record/record.h"
#include "source/source.h"
#include "memc/router.h"

enum {
    TEXT_BYTES = 1 << 20,
    BLOCK_LINES = 20000,
    BLOCK_BYTES = BLOCK_LINES * 400,
    HEAD_BYTES = KEY_MAX_BYTES + 60, /* of a request, with its blanks */
    FIRST_ROOM = 1 << 20,
};

static struct source *
open_source(const char *path, const struct settings *settings, int *fd,
    struct err *err)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0) {
        err_set_errno(err, ERR_IO, "%s", path);
        return NULL;
    }
    return source_open(*fd, -1, settings->input.inflate);
}

/* Not with an error. */
static bool
has_ended(enum source_state state)
{
    return state == SOURCE_END || state == SOURCE_MORE;
}

static int
close_source(struct source *source, int fd, bool is_fine, const char *path,
    struct err *err)
{
    source_close(source);
    close(fd);
    if (is_fine)
        return 0;
    err_wrap(err, "%s", path);
    return -1;
}

int
floor_inflate_file(const char *path, const struct settings *settings,
    struct floor_sum *sum, struct err *err)
{
    enum source_state state = SOURCE_MORE;
    char *text;
    size_t n;
    int fd;
    struct source *source = open_source(path, settings, &fd, err);

    if (!source)
        return -1;
    text = mem_new(TEXT_BYTES);
    while (state == SOURCE_MORE) {
        state = source_read(source, text, TEXT_BYTES, &n, err);
        sum->text_bytes += n;
    }
    free(text);
    return close_source(source, fd, has_ended(state), path, err);
}

/* ----------------------------------------------------- lines to values --- */

/* What packing needs from line to line. */
struct floor_packer {
    const struct settings *settings;
    const struct floor_items *items;
    struct router *router; /* NULL: nothing is kept */
    struct record *record;
    uint8_t *value;
    size_t value_room;
    size_t kept_bytes;
};

/* Writes the first line of a request into HEAD_BYTES; returns its length. */
static int
add_head(char *to, uint32_t flags, bool has_meta, const char *key,
    size_t key_bytes, size_t value_bytes)
{
    if (!has_meta)
        return snprintf(to, HEAD_BYTES, "set %.*s %u 0 %zu noreply\r\n",
            (int)key_bytes, key, flags, value_bytes);
    if (!flags)
        return snprintf(to, HEAD_BYTES, "ms %.*s %zu q\r\n", (int)key_bytes,
            key, value_bytes);
    return snprintf(to, HEAD_BYTES, "ms %.*s %zu F%u q\r\n", (int)key_bytes,
        key, value_bytes, flags);
}

static void
keep(struct floor_packer *packer, size_t shard, size_t value_bytes)
{
    const struct shards *shards = packer->items->shards;
    char key[KEY_MAX_BYTES];
    size_t key_bytes = record_key(packer->record, key);
    size_t server = router_server(packer->router, shard, key, key_bytes);
    struct requests *to = &packer->items->requests[server];
    size_t before = to->n;

    if (to->room - to->n < HEAD_BYTES + value_bytes) {
        to->room = to->room * 2 + FIRST_ROOM + value_bytes;
        to->bytes = mem_grow(to->bytes, to->room, 1);
    }
    to->n += (size_t)add_head(to->bytes + to->n, packer->settings->input.flags,
        shards->server[server].facts.has_meta, key, key_bytes, value_bytes);
    memcpy(to->bytes + to->n, packer->value, value_bytes);
    memcpy(to->bytes + to->n + value_bytes, "\r\n", 2);
    to->n += value_bytes + 2;
    packer->kept_bytes += to->n - before;
}

static void
pack_line(struct floor_packer *packer, const char *line, size_t n_bytes)
{
    struct record *record = packer->record;
    struct line_item found;
    size_t value_bytes;

    if (record_is_blank(line, n_bytes) ||
        line_item_read(record, packer->items->shards,
            packer->settings->input.strict, line, n_bytes, &found))
        return;
    /* a message without fields needs room, too */
    if (record_pack_room(record) >= packer->value_room) {
        packer->value_room = record_pack_room(record) * 2 + 1;
        packer->value = mem_grow(packer->value, packer->value_room, 1);
    }
    value_bytes = record_pack(record, packer->value);
    if (packer->router)
        keep(packer, (size_t)found.shard, value_bytes);
}

/* -1: the header does not fit the mapping. */
static int
pack_lines(struct floor_packer *packer, struct mapped_lines *lines,
    struct floor_sum *sum, enum source_state *state, struct err *err)
{
    size_t room =
        line_room(packer->settings->input.max_line_bytes) + BLOCK_BYTES;
    struct line_block block = {.text = mem_new(room),
        .room_bytes = room,
        .lines = mem_new(BLOCK_LINES * sizeof(*block.lines)),
        .room_lines = BLOCK_LINES};
    int rc = 0;

    while (rc == 0 && *state == SOURCE_MORE &&
           (!packer->router || packer->kept_bytes < packer->items->max_bytes)) {
        rc = mapped_lines_fill(lines, &block, state, err);
        sum->text_bytes += block.text_bytes;
        sum->lines += block.n_lines;
        for (size_t i = 0; rc == 0 && i < block.n_lines; i++)
            if (block.lines[i].fault == LINE_WHOLE)
                pack_line(packer, block.text + block.lines[i].at,
                    block.lines[i].n_bytes);
    }
    free(block.text);
    free(block.lines);
    return rc;
}

int
floor_pack_file(const char *path, const struct settings *settings,
    const struct floor_items *items, struct floor_sum *sum, struct err *err)
{
    struct floor_packer packer = {.settings = settings, .items = items};
    enum source_state state = SOURCE_MORE;
    struct mapped_lines *lines;
    int fd, rc;
    struct source *source = open_source(path, settings, &fd, err);

    if (!source)
        return -1;
    if (items->requests)
        packer.router = router_new(items->shards);
    lines = mapped_lines_new(source, mapping_columns(settings->input.mapping),
        settings->input.max_line_bytes);
    packer.record =
        record_new(settings->input.mapping, mapped_lines_columns(lines));
    rc = pack_lines(&packer, lines, sum, &state, err);
    router_free(packer.router);
    record_free(packer.record);
    mapped_lines_free(lines);
    free(packer.value);
    return close_source(source, fd, rc == 0 && has_ended(state), path, err);
}

#include "sink/windows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
windows_release(struct windows *windows)
{
    free(windows->ring);
    *windows = (struct windows){0};
}

struct window *
windows_at(const struct windows *windows, size_t i)
{
    return &windows->ring[(windows->first + i) % windows->room];
}

void
windows_append(struct windows *windows, struct item *first, struct item *last,
    size_t n, size_t n_bytes)
{
    if (windows->last)
        windows->last->next = first;
    if (!windows->unformed)
        windows->unformed = first;
    windows->last = last;
    last->next = NULL;
    windows->n_unformed += n;
    windows->unformed_bytes += n_bytes;
}

static void
grow(struct windows *windows)
{
    size_t room = windows->room ? windows->room * 2 : 16;
    struct window *ring = mem_zero(room, sizeof(*ring));

    for (size_t i = 0; i < windows->n; i++)
        ring[i] = *windows_at(windows, i);
    free(windows->ring);
    windows->ring = ring;
    windows->room = room;
    windows->first = 0;
}

/* Puts the cursor at the start of window n_sent, if there is one. */
static void
aim(struct windows *windows)
{
    struct window *window;

    windows->cursor = (struct cursor){0};
    if (windows->n_sent == windows->n)
        return;
    window = windows_at(windows, windows->n_sent);
    windows->cursor.item = window->first;
    windows->cursor.left = window->n;
    window->refusals = window->retryable = window->replies = 0;
    window->replier = window->first;
}

void
windows_form(struct windows *windows, size_t window_bytes, uint32_t exptime)
{
    struct item *item = windows->unformed;
    size_t n_bytes = 0, n = 0, own_bytes = 0, more;

    must(item);
    for (; n < windows->n_unformed; item = item->next, n++) {
        more = request_bytes(item, FORM_QUIET, exptime);
        if (n && n_bytes + more > window_bytes)
            break;
        n_bytes += more;
        own_bytes += item->key_bytes + item->value_bytes;
    }
    if (windows->n == windows->room)
        grow(windows);
    *windows_at(windows, windows->n++) =
        (struct window){.first = windows->unformed, .n = n};
    windows->n_unformed -= n;
    windows->unformed_bytes -= own_bytes;
    windows->unformed = windows->n_unformed ? item : NULL;
    if (windows->n_sent + 1 == windows->n)
        aim(windows);
}

void
windows_pop(struct windows *windows)
{
    must(windows->n_sent > 0);
    windows->first = (windows->first + 1) % windows->room;
    windows->n--;
    windows->n_sent--;
    if (windows->n_fenced)
        windows->n_fenced--;
    /* the batch may go home: no link into it may stay */
    if (windows->n == 0 && windows->n_unformed == 0)
        windows->last = NULL;
}

bool
windows_is_midway(const struct windows *windows)
{
    struct window *window;

    if (windows->n_sent == windows->n)
        return false;
    window = windows_at(windows, windows->n_sent);
    return windows->cursor.left != window->n || windows->cursor.skip;
}

size_t
windows_rewind(struct windows *windows)
{
    size_t n = 0, touched = windows->n_sent + windows_is_midway(windows);

    for (size_t i = 0; i < touched; i++)
        n += windows_at(windows, i)->n;
    windows->n_sent = windows->n_fenced = 0;
    aim(windows);
    return n;
}

size_t
windows_items(const struct windows *windows)
{
    size_t n = windows->n_unformed;

    for (size_t i = 0; i < windows->n; i++)
        n += windows_at(windows, i)->n;
    return n;
}

size_t
windows_encode(struct windows *windows, enum form form, uint32_t exptime,
    bool has_meta, char *to, size_t room)
{
    struct cursor *cursor = &windows->cursor;
    size_t n = 0, more, whole;
    const char *fence;

    while (cursor->item && n < room) {
        more = request_encode(cursor->item, form, exptime, cursor->skip, to + n,
            room - n);
        n += more;
        /* only a request that ends at the room's end may be cut */
        if (n == room || cursor->skip) {
            whole = request_bytes(cursor->item, form, exptime);
            cursor->skip += more;
            if (cursor->skip < whole)
                return n;
        }
        cursor->skip = 0;
        cursor->item = --cursor->left ? cursor->item->next : NULL;
    }
    if (cursor->item || n == room)
        return n;
    fence = fence_request(has_meta, &whole);
    more = whole - cursor->skip < room - n ? whole - cursor->skip : room - n;
    memcpy(to + n, fence + cursor->skip, more);
    cursor->skip += more;
    if (cursor->skip == whole) {
        windows->n_sent++;
        aim(windows);
    }
    return n + more;
}

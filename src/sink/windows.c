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
    window->refusals = window->retryable = window->replies = 0;
    window->replier = window->first;
}

void
windows_form(struct windows *windows)
{
    must(windows->unformed);
    if (windows->n == windows->room)
        grow(windows);
    *windows_at(windows, windows->n++) =
        (struct window){.first = windows->unformed, .is_open = true};
    if (windows->n_sent + 1 == windows->n)
        aim(windows);
}

void
windows_close(struct windows *windows)
{
    if (windows_is_midway(windows))
        windows_at(windows, windows->n_sent)->is_open = false;
}

/* One more item for an open window; false closes it. */
static bool
extend(struct windows *windows, struct window *window, struct terms terms,
    size_t window_bytes)
{
    struct item *item = windows->unformed;
    size_t more = item ? request_bytes(item, FORM_QUIET, terms) : 0;

    if (!item || (window->n && window->n_bytes + more > window_bytes)) {
        window->is_open = false;
        return false;
    }
    window->n++;
    window->n_bytes += more;
    windows->cursor.item = item;
    windows->n_unformed--;
    windows->unformed_bytes -= item->key_bytes + item->value_bytes;
    windows->unformed = windows->n_unformed ? item->next : NULL;
    return true;
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
    return windows->n_sent < windows->n &&
           (windows->cursor.at || windows->cursor.skip);
}

bool
windows_are_out(const struct windows *windows)
{
    return windows->n_fenced < windows->n_sent || windows_is_midway(windows);
}

size_t
windows_rewind(struct windows *windows)
{
    size_t n = 0, touched = windows->n_sent + windows_is_midway(windows);

    windows_close(windows);
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

/* The fence, or what is left of it. */
static size_t
encode_fence(struct windows *windows, bool has_meta, char *to, size_t room)
{
    struct cursor *cursor = &windows->cursor;
    size_t whole, n;
    const char *fence = fence_request(has_meta, &whole);

    n = whole - cursor->skip < room ? whole - cursor->skip : room;
    memcpy(to, fence + cursor->skip, n);
    cursor->skip += n;
    if (cursor->skip == whole) {
        windows->n_sent++;
        aim(windows);
    }
    return n;
}

size_t
windows_encode(struct windows *windows, enum form form, struct terms terms,
    bool has_meta, size_t window_bytes, char *to, size_t room)
{
    struct window *window = windows_at(windows, windows->n_sent);
    struct cursor *cursor = &windows->cursor;
    size_t n = 0, more;

    while (n < room) {
        if (cursor->at == window->n &&
            !(window->is_open && extend(windows, window, terms, window_bytes)))
            return n + encode_fence(windows, has_meta, to + n, room - n);
        more = request_encode(cursor->item, form, terms, cursor->skip, to + n,
            room - n);
        n += more;
        /* only a request that ends at the room's end may be cut */
        if (n == room || cursor->skip) {
            cursor->skip += more;
            if (cursor->skip < request_bytes(cursor->item, form, terms))
                return n;
        }
        cursor->skip = 0;
        cursor->item = cursor->item->next;
        cursor->at++;
    }
    return n;
}

void
windows_restore(struct windows *windows, size_t n_sent,
    const struct cursor *cursor)
{
    struct item *item;

    windows->n_sent = n_sent;
    windows->cursor = *cursor;
    /* the window may have grown since: its item number `at` may be known only
     * now */
    item = windows_at(windows, n_sent)->first;
    for (size_t i = 0; i < cursor->at; i++)
        item = item->next;
    windows->cursor.item = item;
}

/*
 * The windows of one lane: which items went out together, how far they were
 * sent, what is known of each. Bookkeeping only; wire.c moves the bytes.
 *
 *     acknowledged | fenced | sent, unfenced | being sent | not yet formed
 *      (gone)        ^first   ^first+n_fenced  ^first+n_sent   ^unformed
 *
 * A window's items stay in their batches until the window is popped, so its
 * bytes can be made again at any time: nothing is kept but this. Belongs to
 * one sink, one thread.
 */
#ifndef SINK_WINDOWS_H
#define SINK_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memc/item.h"
#include "memc/protocol.h"

struct window {
    struct item *first;
    size_t n;
    size_t n_bytes;       /* of its requests, as far as it is formed */
    uint64_t end;         /* of its bytes on the connection; sent whole */
    bool is_open;         /* still taking items, while it is sent */
    bool is_loud;         /* a reply an item, to name the refused ones */
    unsigned retries;     /* loud passes begun after a refused one */
    size_t refusals;      /* in this pass */
    size_t retryable;     /* of them, those that another try may help */
    size_t replies;       /* of this pass, when loud */
    struct item *replier; /* the item of the next reply, when loud */
};

/* A place in the bytes of a window: of an item's request, or of the fence. */
struct cursor {
    struct item *item; /* number `at` of the window, if it has so many */
    size_t at;
    size_t skip; /* bytes of this request, or of the fence, already out */
};

struct windows {
    struct window *ring;
    size_t room, first, n;
    size_t n_fenced;      /* fence seen, kept all the same (a refusal before) */
    size_t n_sent;        /* whole, fence included */
    struct cursor cursor; /* in window n_sent, when there is one */

    /* items not in a window yet */
    struct item *unformed, *last;
    size_t n_unformed, unformed_bytes;
};

void windows_release(struct windows *windows);

/* Window i, counted from the oldest. */
struct window *windows_at(const struct windows *windows, size_t i);

void windows_append(struct windows *windows, struct item *first,
    struct item *last, size_t n, size_t n_bytes);

/*
 * Begins a new window, which takes unformed items while it is encoded, up to
 * window_bytes but at least one. There must be one. Each item is touched once
 * that way, not once to measure it and once to copy it.
 */
void windows_form(struct windows *windows);

/* A window that is partly out takes no more items. */
void windows_close(struct windows *windows);

/* Forgets the oldest window, which was sent whole. */
void windows_pop(struct windows *windows);

/* Nothing was sent: all will be sent again. Returns how many items had been
 * sent, wholly or in part. */
size_t windows_rewind(struct windows *windows);

/* Is window n_sent partly out? */
bool windows_is_midway(const struct windows *windows);

/* Is anything out that has no answer? */
bool windows_are_out(const struct windows *windows);

/* The items of all windows and the unformed ones. */
size_t windows_items(const struct windows *windows);

/*
 * Encodes window n_sent from its cursor on into `to`, and moves the cursor;
 * returns the bytes. At the window's end n_sent grows and the cursor is at the
 * start of the next.
 */
size_t windows_encode(struct windows *windows, enum form form,
    struct terms terms, bool has_meta, size_t window_bytes, char *to,
    size_t room);

/* Back to where n_sent and the cursor stood before windows_encode(). */
void windows_restore(struct windows *windows, size_t n_sent,
    const struct cursor *cursor);

#endif

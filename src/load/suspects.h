/*
 * Keys of one lane that may yet get an older value: what was in flight on a
 * connection that was lost.
 *
 * What a proxy, a firewall or a busy thread of the server has taken from a lost
 * connection can be applied after what is sent on the next one, though that
 * came later. Nobody can wait for the end of a connection that was reset. So of
 * each key that was in flight this keeps the value that its last line has, and
 * hashes of those that may still arrive; settle.h reads them back before the
 * input is done.
 *
 * Costs nothing until a connection is lost. Holds copies, of
 * SUSPECTS_MOST_BYTES at most; what is beyond that is only counted. Belongs to
 * a lane, one thread; without memory the process ends.
 */
#ifndef LOAD_SUSPECTS_H
#define LOAD_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memc/item.h"

enum { SUSPECTS_MOST_BYTES = 64 << 20 };

struct suspect {
    struct item *item; /* a copy: the key, and the value of its last line */
    uint64_t *stale;   /* hashes of the values that may still arrive */
    size_t n_stale;
    bool is_dropped; /* its last line was refused: nothing is expected */
};

struct suspects {
    struct suspect *items;
    size_t n, room;
    uint32_t *table; /* by key; open addressing, 0 = free, else index + 1 */
    size_t table_size;
    size_t n_bytes;
    uint64_t forgotten; /* items that there was no room for */
};

/* Zeroed memory has none. */
void suspects_release(struct suspects *suspects);

/* The first n items of this list may have been sent on a connection that was
 * lost; the others, up to the list's end, come after them. */
void suspects_lost(struct suspects *suspects, const struct item *first,
    size_t n);

/* A list of later items: the last of a key has the value that is to be there.
 */
void suspects_later(struct suspects *suspects, const struct item *first);

/* One that was refused: what its key holds is not known any more. */
void suspects_refused(struct suspects *suspects, const struct item *item);

/* May this value have come late, instead of the one that is to be there? */
bool suspect_is_stale(const struct suspect *suspect, const void *value,
    size_t n_bytes);

#endif

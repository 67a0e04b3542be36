/*
 * A batch: up to --batch lines and all that is made of them, one struct for
 * the whole trip (pipeline.c), and the fixed pool that all of them come from.
 *
 * Owner by turns: the reader fills `block`, a packer makes items and counts,
 * then each lane's writer owns that lane's list and row of `outcomes`, and the
 * last of them (`left`) sends the batch home to the ledger, which counts it
 * and gives it back to the pool. Pages are taken once and reused.
 *
 * The pool is the only brake and the only memory limit of a load: a reader that
 * finds it empty waits. The last batch that came home is handed out first,
 * since its pages are the warmest.
 */
#ifndef LOAD_BATCH_H
#define LOAD_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings/settings.h"
#include "load/picks.h"
#include "load/report.h"
#include "memc/item.h"
#include "source/lines.h"

/*
 * The items of one lane in a batch, in the order of the file. They lie side by
 * side, slice after slice of the arena, so that their writer reads memory in
 * sequence however many lanes there are: 5 to 12 % less client CPU, by the
 * series, than with the items of all lanes in one row, with 4 shards and with
 * 64 (1.32 and 1.39 to 1.55 s a million lines against 1.39 and 1.65). In one
 * row, prefetching 1 to 8 items ahead and huge pages had gained nothing; twice
 * as many batches, for longer sends, gain nothing either way.
 */
struct lane_list {
    struct item *first, *last;
    size_t n;
    size_t n_bytes;    /* of keys and values */
    char *at;          /* where in its slice the next item goes */
    size_t room_bytes; /* of the slice, from there on */
};

/* A line that was rejected or failed: one of reason and outcome says why. */
struct bad_line {
    const char *detail; /* outlives the batch; may be "" */
    uint32_t line;      /* index in the block */
    uint8_t reason;     /* enum reason */
    uint8_t outcome;    /* enum outcome */
};

struct batch {
    uint64_t number;         /* in its file, from 1 */
    struct line_block block; /* text and lines */
    char *items;             /* the arena of items */
    size_t items_used, items_room;
    size_t slice_bytes;               /* of the arena, at a time, for a lane */
    struct lane_list *lanes;          /* by lane */
    uint64_t (*outcomes)[N_OUTCOMES]; /* by lane: items by outcome */
    size_t n_lanes;
    struct bad_line *bad; /* rejected by the packer, in their order; at home
                             those that failed join them */
    size_t n_bad;
    struct picks picks;   /* for the sample */
    struct counts counts; /* all but the outcomes, until it comes home */
    _Atomic size_t left;  /* lanes that still have items of it, and 1 while
                             it is being handed over */
    bool is_out;          /* with the writers; under the ledger's lock */
};

/* Room for the lane's next item; NULL never (the arena is an upper bound). */
struct item *batch_item(struct batch *batch, size_t lane,
    size_t key_and_value_bytes);
/* Adds that item, whose sizes are known now; without this call the room stays
 * free. */
void batch_append(struct batch *batch, size_t lane, struct item *item);

/* Notes a bad line; each at most once. */
void batch_bad(struct batch *batch, size_t line, enum reason reason,
    enum outcome outcome, const char *detail);

struct batch_pool;

/* How large batches are, and how many a pool has. */
struct batch_room {
    size_t lines;          /* of a batch, at most */
    size_t max_line_bytes; /* of a line */
    const struct mapping *mapping;
    unsigned n_packers; /* that have one each */
    bool has_picks;     /* items are picked for a sample */
};

/* As a load with these settings has them. */
struct batch_room batch_room_of(const struct settings *settings);

struct batch_pool *batch_pool_new(const struct batch_room *room,
    size_t n_lanes);
void batch_pool_free(struct batch_pool *pool);

/* An empty batch; NULL when none is home now, or (wait) the pool was closed. */
struct batch *batch_pool_get(struct batch_pool *pool, bool wait);
void batch_pool_put(struct batch_pool *pool, struct batch *batch);

/* From now on nobody gets one; those who wait get NULL. */
void batch_pool_close(struct batch_pool *pool);

bool batch_pool_all_home(struct batch_pool *pool);

/* All batches, home or not: for the ledger, under its lock. */
struct batch *batch_pool_at(struct batch_pool *pool, size_t i);
size_t batch_pool_size(const struct batch_pool *pool);

/* Bytes that the batches of such a load take when full of ordinary lines. */
size_t batch_pool_memory(const struct batch_room *room);

#endif

/*
 * A value that one process publishes and others read, in shared memory.
 *
 * The value is a block of whole 64-bit words. There are two copies of it, and
 * a count switched last that says which one is whole, so a reader never sees a
 * mixture of two values, and a writer killed at any moment leaves a whole one
 * (shared_slot.c has the argument).
 *
 * The process that forks the others makes the slot before that, and frees it.
 * One thread of one process writes at a time; any number read, at any time.
 * Without memory the process ends; nothing else fails.
 */
#ifndef PROC_SHARED_SLOT_H
#define PROC_SHARED_SLOT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct shared_slot {
    size_t n_words;             /* of a value */
    _Atomic uint64_t published; /* how often; the lowest bit is the copy */
    _Atomic uint64_t copies[];  /* two values */
};

/* For values of n_bytes, a multiple of eight; it holds zeros. */
struct shared_slot *shared_slot_new(size_t n_bytes);
/* NULL is fine. */
void shared_slot_free(struct shared_slot *slot);

/* Starts again with this value, as if nothing had been published. No other
 * process writes, and none reads. */
void shared_slot_reset(struct shared_slot *slot, const void *value);

/* The writer alone. */
void shared_slot_publish(struct shared_slot *slot, const void *value);

/* Copies the last value published; also while the writer publishes, and after
 * it was killed. */
void shared_slot_read(const struct shared_slot *slot, void *value_out);

#endif

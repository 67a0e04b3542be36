#include "proc/shared_slot.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "proc/shared.h"

/*
 * Why a reader always gets a whole value
 *
 * `published` counts the values published so far; value number n stands in
 * copy n & 1. The writer puts number n + 1 into the other copy and only then
 * counts it. So:
 *
 * A writer killed at any moment leaves a whole value. Until the count is
 * switched, it was writing the copy that nobody is sent to; the switch is one
 * store of a word, done or not done. Nothing else has to be put right, which
 * is why this is not a common sequence lock: one whose writer died holding an
 * odd number would keep its readers waiting for ever.
 *
 * A reader beside a live writer sees no mixture. It reads the count n, copies
 * value n, and reads the count again. The copy that holds n is next written
 * for n + 2, after the count became n + 1. Each word is stored with release
 * and loaded with acquire order: whoever saw one word of n + 2 sees a count of
 * n + 1 or more afterwards, and copies again. Counting to 2^64 takes longer
 * than any process lives, so an equal count is the same count. (Fences would
 * do for the words too, but ThreadSanitizer knows none; on x86 both are free.)
 *
 * A reader is held up only by as many values as are published while it copies
 * one: a report of a load is copied within a microsecond, and published once a
 * batch, every few tens of milliseconds.
 */
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counts are shared by processes");

static size_t
slot_bytes(size_t n_words)
{
    return sizeof(struct shared_slot) + 2 * n_words * sizeof(uint64_t);
}

struct shared_slot *
shared_slot_new(size_t n_bytes)
{
    size_t n_words = n_bytes / sizeof(uint64_t);
    struct shared_slot *slot = shared_new(slot_bytes(n_words));

    must(n_bytes % sizeof(uint64_t) == 0);
    slot->n_words = n_words;
    return slot;
}

void
shared_slot_free(struct shared_slot *slot)
{
    if (slot)
        shared_free(slot, slot_bytes(slot->n_words));
}

/* Value number n into its copy. */
static void
write_copy(struct shared_slot *slot, uint64_t n, const void *value)
{
    _Atomic uint64_t *to = slot->copies + (n & 1) * slot->n_words;
    const char *from = value;
    uint64_t word;

    for (size_t i = 0; i < slot->n_words; i++) {
        memcpy(&word, from + i * sizeof(word), sizeof(word));
        atomic_store_explicit(to + i, word, memory_order_release);
    }
}

void
shared_slot_reset(struct shared_slot *slot, const void *value)
{
    write_copy(slot, 0, value);
    atomic_store(&slot->published, 0);
}

void
shared_slot_publish(struct shared_slot *slot, const void *value)
{
    uint64_t next =
        atomic_load_explicit(&slot->published, memory_order_relaxed) + 1;

    write_copy(slot, next, value);
    atomic_store_explicit(&slot->published, next, memory_order_release);
}

void
shared_slot_read(const struct shared_slot *slot, void *value_out)
{
    char *to = value_out;
    uint64_t n, word;

    do {
        n = atomic_load_explicit(&slot->published, memory_order_acquire);
        const _Atomic uint64_t *from = slot->copies + (n & 1) * slot->n_words;
        for (size_t i = 0; i < slot->n_words; i++) {
            word = atomic_load_explicit(from + i, memory_order_acquire);
            memcpy(to + i * sizeof(word), &word, sizeof(word));
        }
    } while (atomic_load_explicit(&slot->published, memory_order_relaxed) != n);
}

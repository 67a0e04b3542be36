/*
 * What the fuzzers share: an input taken from its front, and an end that
 * libFuzzer sees.
 *
 * A fuzzer is one file with LLVMFuzzerTestOneInput(). Its input begins with a
 * head of a fixed length, which says how the rest is handed to the program:
 * in which pieces, with which limits. It asserts what must hold with must()
 * and die() (base/mem.h). One thread.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* die() ends the process by _exit(2): a finding like any other. */
void __wrap__exit(int status) __attribute__((noreturn));
void
__wrap__exit(int status)
{
    (void)status;
    abort();
}

struct feed {
    const uint8_t *at;
    size_t n;
};

/* The next byte; 0 when there is none. */
static inline unsigned
feed_byte(struct feed *feed)
{
    if (feed->n == 0)
        return 0;
    feed->n--;
    return *feed->at++;
}

/*
 * Sizes of pieces, out of N_PIECES bytes of the head, in turns: 0 is all that
 * is left, up to 127 as they are, the others far apart up to 64 KiB.
 */
enum { N_PIECES = 4 };

struct pieces {
    uint8_t size[N_PIECES];
    unsigned turn;
};

static inline void
feed_pieces(struct feed *feed, struct pieces *pieces)
{
    *pieces = (struct pieces){0};
    for (size_t i = 0; i < N_PIECES; i++)
        pieces->size[i] = (uint8_t)feed_byte(feed);
}

/* From 1 to most. */
static inline size_t
next_piece(struct pieces *pieces, size_t most)
{
    unsigned size = pieces->size[pieces->turn++ % N_PIECES];
    size_t n = size < 128 ? size : (size - 127u) * 512u;

    return n == 0 || n > most ? most : n;
}

/*
 * A copy whose end is its block's end, so that a byte read too many is seen.
 * The caller frees it.
 */
static inline char *
exact_copy(const void *bytes, size_t n)
{
    char *copy = malloc(n ? n : 1);

    must(copy);
    if (n > 0)
        memcpy(copy, bytes, n);
    return copy;
}

#endif

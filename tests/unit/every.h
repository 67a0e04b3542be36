/*
 * Loops over every byte or bit of a file: all of them, or in a build with a
 * sanitizer, where each takes ten times as long, every nth. Fuzzers with the
 * same sanitizers go on from there. n: a prime, so that all bits of a byte have
 * their turn.
 */
#ifndef UNIT_EVERY_H
#define UNIT_EVERY_H

#include <stddef.h>

static inline size_t
every(size_t n)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return n;
#else
    (void)n;
    return 1;
#endif
}

#endif

/*
 * Which columns could be the key: those by which lines differ, all but few
 * that have nothing there, or what cannot be in a key.
 * Pure; one thread.
 */
#ifndef INFER_KEY_H
#define INFER_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_MOST_COLUMNS = 4 };

/* A column as one that the key might be made of. */
struct key_candidate {
    const uint64_t *hashes; /* of its values, line by line: key_hash() */
    const char *name;
    size_t n_unfit;  /* values that cannot be in a key */
    bool is_measure; /* a number with a point, a time, a list: not by choice */
    size_t most_bytes;
};

struct key_guess {
    size_t columns[KEY_MOST_COLUMNS];
    size_t n;           /* of them; 0: no column can be one */
    size_t n_different; /* keys */
    size_t n_unfit;     /* lines that have none, and would be rejected */
    size_t n_lost;      /* lines that would overwrite another of the same key */
};

/* The lowest bit tells values that cannot be in a key. */
static inline uint64_t
key_hash(uint64_t hash, bool is_fit)
{
    return (hash & ~UINT64_C(1)) | !is_fit;
}

/* How many of these differ. */
size_t count_different(const uint64_t *hashes, size_t n);

void key_guess(const struct key_candidate *candidates, size_t n_candidates,
    size_t n_lines, struct key_guess *out);

#endif

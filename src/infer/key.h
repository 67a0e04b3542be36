/*
 * Which columns could be the key: those by which lines differ.
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
    const uint64_t *hashes; /* of its values, line by line */
    const char *name;
    bool can_be;     /* all of its values may stand in a key */
    bool is_measure; /* a number with a point, a time, a list: not by choice */
    size_t most_bytes;
};

struct key_guess {
    size_t columns[KEY_MOST_COLUMNS];
    size_t n;           /* of them; 0: no column can be one */
    size_t n_different; /* of the lines */
};

/* How many of these differ. */
size_t count_different(const uint64_t *hashes, size_t n);

void key_guess(const struct key_candidate *candidates, size_t n_candidates,
    size_t n_lines, struct key_guess *out);

#endif

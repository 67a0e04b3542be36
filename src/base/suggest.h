/*
 * "Did you mean …?": of several candidates the one a mistyped word most
 * likely meant. Zero-initialise with the word, offer each candidate, look at
 * `best`. Texts stay the caller's. One thread. Cannot fail.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

struct suggestion {
    const char *word;
    size_t n_bytes;   /* of the word */
    const char *best; /* NULL = nothing is near enough */
    size_t distance;  /* of best */
};

void suggestion_offer(struct suggestion *suggestion, const char *candidate);

/*
 * The same, and when nothing is that near, one that is the beginning of the
 * other, or is between the other's hyphens: "dry" for "dry-run",
 * "max-outage" for "outage". For names of options, where "no-" makes the
 * contrary.
 */
void suggestion_offer_part(struct suggestion *suggestion,
    const char *candidate);

#endif

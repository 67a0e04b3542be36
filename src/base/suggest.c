#include "base/suggest.h"

#include <string.h>

/* Longer words are no typing mistakes of ours; the table stays small. */
enum { WORD_MAX_BYTES = 32 };

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Letters added, left out, changed, or swapped with their neighbour: optimal
 * string alignment.
 */
static size_t
distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t d[WORD_MAX_BYTES + 1][WORD_MAX_BYTES + 1];

    for (size_t i = 0; i <= n_a; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= n_b; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        for (size_t j = 1; j <= n_b; j++) {
            size_t changed = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

            d[i][j] = least(changed, least(d[i - 1][j] + 1, d[i][j - 1] + 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n_a][n_b];
}

void
suggestion_offer(struct suggestion *suggestion, const char *candidate)
{
    size_t n_bytes = suggestion->n_bytes, n_candidate = strlen(candidate);
    /* a third of the letters wrong is another word */
    size_t limit = n_bytes < 6 ? 1 : n_bytes < 9 ? 2 : 3, d;

    if (n_bytes == 0 || n_bytes > WORD_MAX_BYTES ||
        n_candidate > WORD_MAX_BYTES)
        return;
    d = distance(suggestion->word, n_bytes, candidate, n_candidate);
    /* an abbreviation is as good as one wrong letter */
    if (d > 1 && n_bytes >= 2 &&
        strncmp(suggestion->word, candidate, n_bytes) == 0)
        d = 1;
    if (d > limit || (suggestion->best && d >= suggestion->distance))
        return;
    suggestion->best = candidate;
    suggestion->distance = d;
}

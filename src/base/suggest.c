#include "base/suggest.h"

#include <stdbool.h>
#include <string.h>

/* Longer words are not mistyped options; the table stays small. */
enum { WORD_MAX_BYTES = 32 };

/* Shorter words are parts of others by chance. */
enum { PART_MIN_BYTES = 3 };

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

/* As its beginning, or from hyphen to hyphen. */
static bool
stands_in(const char *part, size_t n_part, const char *whole, size_t n_whole)
{
    if (n_part < PART_MIN_BYTES || n_part > n_whole)
        return false;
    if (memcmp(part, whole, n_part) == 0)
        return true;
    for (size_t at = 1; at + n_part <= n_whole; at++) {
        size_t end = at + n_part;

        if (whole[at - 1] == '-' && (end == n_whole || whole[end] == '-') &&
            memcmp(whole + at, part, n_part) == 0)
            return true;
    }
    return false;
}

void
suggestion_offer_part(struct suggestion *suggestion, const char *candidate)
{
    const char *word = suggestion->word;
    size_t n_bytes = suggestion->n_bytes, n_candidate = strlen(candidate), d;
    bool is_contrary = (n_bytes > 3 && memcmp(word, "no-", 3) == 0) !=
                       (strncmp(candidate, "no-", 3) == 0);

    suggestion_offer(suggestion, candidate);
    if (is_contrary || (!stands_in(word, n_bytes, candidate, n_candidate) &&
                           !stands_in(candidate, n_candidate, word, n_bytes)))
        return;
    /* after all that are mistyped; what leaves the least over is best */
    d = WORD_MAX_BYTES +
        (n_bytes > n_candidate ? n_bytes - n_candidate : n_candidate - n_bytes);
    if (suggestion->best && d >= suggestion->distance)
        return;
    suggestion->best = candidate;
    suggestion->distance = d;
}

#include "infer/key.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* Of memcached's 250, since these lines may not have the longest. */
enum { MOST_KEY_BYTES = 200 };

/* Columns that combinations are tried of: each is a sort of all lines. */
enum { MOST_TRIED = 40, MOST_PAIRED = 20 };

static int
compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

size_t
count_different(const uint64_t *hashes, size_t n)
{
    uint64_t *sorted;
    size_t n_different = n > 0;

    if (n == 0)
        return 0;
    sorted = mem_new(n * sizeof(*sorted));
    memcpy(sorted, hashes, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), compare);
    for (size_t i = 1; i < n; i++)
        n_different += sorted[i] != sorted[i - 1];
    free(sorted);
    return n_different;
}

static bool
ends_with(const char *name, const char *ending)
{
    size_t n = strlen(name), less = strlen(ending);

    return n > less && strcasecmp(name + n - less, ending) == 0;
}

/* How much a name says "I am the key": 2 clearly, 1 perhaps. */
static int
key_likeness(const char *name)
{
    static const char *const words[] = {"id", "key", "uuid", "guid", "pk"};
    static const char *const endings[] = {
        "_id", "_key", "_uuid", "_guid", " id", " key", "-id", "-key"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(name, words[i]) == 0)
            return 2;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (ends_with(name, endings[i]))
            return 1;
    /* tripId, TripID */
    return strlen(name) > 2 && (strcmp(name + strlen(name) - 2, "Id") == 0 ||
                                   strcmp(name + strlen(name) - 2, "ID") == 0);
}

/* Lines of a hundred that may be rejected for a key; of a small file, one. */
enum { MOST_UNFIT = 1, LEAST_FIT = 3 };

static bool
is_fit(const struct key_candidate *each, size_t n_lines)
{
    return each->most_bytes <= MOST_KEY_BYTES &&
           (each->n_unfit * 100 <= n_lines * MOST_UNFIT ||
               (each->n_unfit == 1 && n_lines > LEAST_FIT));
}

/* Beside others it has to be fit nearly always. */
static bool
is_fit_with_others(const struct key_candidate *each, size_t n_lines)
{
    return each->most_bytes <= MOST_KEY_BYTES &&
           each->n_unfit * 1000 <= n_lines;
}

/* How good a key the column is alone; 0: none. */
static int
score_of(const struct key_candidate *each, size_t n_different, size_t n_lines)
{
    int like = key_likeness(each->name);

    if (!is_fit(each, n_lines))
        return 0;
    if (n_different == n_lines - each->n_unfit) {
        if (each->is_measure)
            return 0;
        return 3 + 2 * like + (each->n_unfit == 0);
    }
    return n_different >= n_lines - each->n_unfit - n_lines / 100 ? like : 0;
}

/*
 * The one column to be the key: of those by which all lines differ that have
 * anything there the one so named, else the first that is no measure; then one
 * so named by which nearly all differ.
 */
static bool
guess_one(const struct key_candidate *candidates, const size_t *different,
    size_t n_candidates, size_t n_lines, struct key_guess *out)
{
    size_t best = n_candidates;
    int best_score = 0;

    for (size_t i = 0; i < n_candidates; i++) {
        int score = score_of(&candidates[i], different[i], n_lines);

        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    if (best == n_candidates)
        return false;
    *out = (struct key_guess){.columns = {best}, .n = 1};
    return true;
}

static uint64_t
join(uint64_t a, uint64_t b)
{
    return (a ^ (a >> 29)) * UINT64_C(0x9e3779b97f4a7c15) + b;
}

struct search {
    const struct key_candidate *candidates;
    const size_t *different;
    size_t n_candidates, n_lines;
    bool with_measures;
    uint64_t *joined, *tried; /* of the columns chosen; and one more */
    size_t n_bytes;
};

static bool
may_join(const struct search *search, const struct key_guess *guess, size_t i)
{
    const struct key_candidate *each = &search->candidates[i];

    if (!is_fit_with_others(each, search->n_lines) ||
        (each->is_measure && !search->with_measures) ||
        search->n_bytes + 1 + each->most_bytes > MOST_KEY_BYTES ||
        search->different[i] < 2)
        return false;
    for (size_t k = 0; k < guess->n; k++)
        if (guess->columns[k] == i)
            return false;
    return true;
}

/* Tells how many lines differ by the columns chosen and this one. */
static size_t
try_column(struct search *search, size_t i)
{
    for (size_t k = 0; k < search->n_lines; k++)
        search->tried[k] =
            join(search->joined[k], search->candidates[i].hashes[k]);
    return count_different(search->tried, search->n_lines);
}

static void
choose(struct search *search, struct key_guess *guess, size_t i, size_t n)
{
    for (size_t k = 0; k < search->n_lines; k++)
        search->joined[k] =
            join(search->joined[k], search->candidates[i].hashes[k]);
    guess->columns[guess->n++] = i;
    guess->n_different = n;
    search->n_bytes += 1 + search->candidates[i].most_bytes;
}

static void
forget(struct search *search, struct key_guess *guess)
{
    memset(search->joined, 0, search->n_lines * sizeof(*search->joined));
    *guess = (struct key_guess){0};
    search->n_bytes = 0;
}

/* The column that makes most lines differ, together with those chosen. */
static bool
choose_next(struct search *search, struct key_guess *guess)
{
    size_t best = search->n_candidates, best_n = guess->n_different;
    size_t n_tried = 0;

    for (size_t i = 0; i < search->n_candidates && n_tried < MOST_TRIED; i++) {
        size_t n;

        if (!may_join(search, guess, i))
            continue;
        n_tried++;
        n = guess->n > 0 ? try_column(search, i) : search->different[i];
        if (n > best_n) {
            best_n = n;
            best = i;
        }
    }
    if (best == search->n_candidates)
        return false;
    choose(search, guess, best, best_n);
    return true;
}

/* Keys are at the left: the first two by which all lines differ. */
static bool
choose_pair(struct search *search, struct key_guess *guess)
{
    size_t n =
        search->n_candidates < MOST_PAIRED ? search->n_candidates : MOST_PAIRED;

    for (size_t i = 0; i < n; i++) {
        if (!may_join(search, guess, i))
            continue;
        choose(search, guess, i, search->different[i]);
        for (size_t k = i + 1; k < n; k++)
            if (may_join(search, guess, k) &&
                try_column(search, k) == search->n_lines) {
                choose(search, guess, k, search->n_lines);
                return true;
            }
        forget(search, guess);
    }
    return false;
}

static int
compare_columns(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static struct key_guess
guess_several(const struct key_candidate *candidates, const size_t *different,
    size_t n_candidates, size_t n_lines, bool with_measures)
{
    struct search search = {.candidates = candidates,
        .different = different,
        .n_candidates = n_candidates,
        .n_lines = n_lines,
        .with_measures = with_measures,
        .joined = mem_zero(n_lines + 1, sizeof(*search.joined)),
        .tried = mem_zero(n_lines + 1, sizeof(*search.tried))};
    struct key_guess guess = {0};

    if (!choose_pair(&search, &guess))
        while (guess.n < KEY_MOST_COLUMNS && guess.n_different < n_lines)
            if (!choose_next(&search, &guess))
                break;
    free(search.joined);
    free(search.tried);
    qsort(guess.columns, guess.n, sizeof(guess.columns[0]), compare_columns);
    return guess;
}

/* When nothing makes lines differ: all are alike, or there is only one. */
static void
guess_any(const struct key_candidate *candidates, size_t n_candidates,
    size_t n_lines, struct key_guess *out)
{
    for (size_t i = 0; i < n_candidates && out->n == 0; i++)
        if (is_fit_with_others(&candidates[i], n_lines))
            *out = (struct key_guess){.columns = {i}, .n = 1};
}

/* What becomes of the lines with this key. */
static void
count_lost(const struct key_candidate *candidates, size_t n_lines,
    struct key_guess *out)
{
    uint64_t *keys = mem_zero(n_lines + 1, sizeof(*keys)), hash;
    size_t n = 0;

    for (size_t k = 0; k < n_lines; k++) {
        bool has_key = true;

        keys[n] = 0;
        for (size_t i = 0; i < out->n; i++) {
            hash = candidates[out->columns[i]].hashes[k];
            has_key &= !(hash & 1);
            keys[n] = join(keys[n], hash);
        }
        n += has_key;
    }
    out->n_unfit = n_lines - n;
    out->n_different = count_different(keys, n);
    out->n_lost = n - out->n_different;
    free(keys);
}

/* Values that differ and can be in a key. */
static size_t
count_fit(const struct key_candidate *each, uint64_t *room, size_t n_lines)
{
    size_t n = 0;

    for (size_t k = 0; k < n_lines; k++)
        if (!(each->hashes[k] & 1))
            room[n++] = each->hashes[k];
    return count_different(room, n);
}

void
key_guess(const struct key_candidate *candidates, size_t n_candidates,
    size_t n_lines, struct key_guess *out)
{
    size_t *different = mem_zero(n_candidates + 1, sizeof(*different));
    uint64_t *room = mem_zero(n_lines + 1, sizeof(*room));
    struct key_guess other;

    *out = (struct key_guess){0};
    for (size_t i = 0; i < n_candidates; i++)
        different[i] = count_fit(&candidates[i], room, n_lines);
    if (!guess_one(candidates, different, n_candidates, n_lines, out)) {
        *out =
            guess_several(candidates, different, n_candidates, n_lines, false);
        if (out->n_different < n_lines) {
            other = guess_several(candidates, different, n_candidates, n_lines,
                true);
            if (other.n_different > out->n_different)
                *out = other;
        }
    }
    if (out->n == 0)
        guess_any(candidates, n_candidates, n_lines, out);
    count_lost(candidates, n_lines, out);
    free(different);
    free(room);
}

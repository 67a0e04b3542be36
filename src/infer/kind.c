#include "infer/kind.h"

#include <string.h>

/*
 * Numbers to this are far enough from the border of 32 bits: they would have
 * to grow 65,536 times. It is what readers keep them in that is smaller then;
 * packed, small numbers take the same few bytes whatever the type.
 */
enum { SURELY_SMALL = 32767 };

static size_t
misfits_of(const struct facts *facts, size_t trial)
{
    return facts->n - facts->n_empty - facts->trial[trial].n;
}

static bool
are_in_range(const struct integers *integers)
{
    return integers->n_negative == 0 || integers->most <= INT64_MAX;
}

/* Negative ones take 10 bytes as int64; as sint64 few, but the others more. */
static const char *
integer_type(const struct integers *integers, size_t n_different)
{
    if (integers->most > INT64_MAX)
        return "uint64";
    if (integers->n_negative * 10 >= integers->n)
        return integers->n_negative > 0 ? "sint64" : "int64";
    if (integers->most <= SURELY_SMALL && integers->least >= -SURELY_SMALL &&
        n_different * 2 <= integers->n)
        return "int32";
    return "int64";
}

/* A list of numbers, and not one number written with this delimiter. */
static bool
is_list_of_numbers(const struct list_facts *list, char delimiter)
{
    if (list->n_with == 0 ||
        (list->is_grouped && delimiter != '|' && delimiter != ';'))
        return false;
    switch (delimiter) {
    case ',': /* 3,14 is not a list */
        return list->most_items > 2;
    case ' ': /* nor is 916 123 45 67 */
        return list->most_items > list->least_items;
    default:
        return true;
    }
}

/* Tags, not a name and a first name, nor a text with a comma in it. */
static bool
is_list_of_words(const struct facts *facts, const struct list_facts *list,
    char delimiter)
{
    size_t n_values = facts->n - facts->n_empty;

    if (list->is_grouped && delimiter == ',')
        return false;
    return delimiter != ' ' && list->n_with * 10 >= n_values &&
           list->most_items > list->least_items && list->most_items > 2;
}

/* Better than what was found so far? The first of equals is kept. */
static void
offer(const struct facts *facts, struct kind *kind, const struct kind *other)
{
    size_t misfits = misfits_of(facts, other->trial);

    if (misfits >= kind->n_misfits)
        return;
    *kind = *other;
    kind->n_misfits = misfits;
}

static void
offer_scalars(const struct facts *facts, size_t n_different, struct kind *kind)
{
    struct kind other = {.of = KIND_BOOL, .type = "bool", .trial = TRIAL_BOOL};

    offer(facts, kind, &other);
    other.of = KIND_INTEGER;
    other.trial = TRIAL_INTEGER;
    other.type = integer_type(&facts->integers, n_different);
    if (are_in_range(&facts->integers))
        offer(facts, kind, &other);
    other.of = KIND_DOUBLE;
    other.trial = TRIAL_DOUBLE;
    other.type = "double";
    offer(facts, kind, &other);
    other.of = KIND_TIME;
    other.type = "int64";
    for (other.format = 0; other.format < times_n(); other.format++) {
        other.trial = TRIAL_TIME + (enum trial)other.format;
        offer(facts, kind, &other);
    }
}

static void
offer_lists(const struct facts *facts, struct kind *kind)
{
    for (size_t i = 0; i < N_LIST_DELIMITERS; i++) {
        const struct list_facts *list = &facts->list[i];
        struct kind other = {.is_list = true, .split = LIST_DELIMITERS[i]};

        if (LIST_DELIMITERS[i] == facts->delimiter)
            continue;
        if (is_list_of_numbers(list, other.split)) {
            other.trims = list->is_blanked;
            other.of = KIND_INTEGER;
            other.trial = TRIAL_INTEGERS + (enum trial)i;
            other.type = integer_type(&list->integers, 0);
            if (are_in_range(&list->integers))
                offer(facts, kind, &other);
            other.of = KIND_DOUBLE;
            other.trial = TRIAL_DOUBLES + (enum trial)i;
            other.type = "double";
            offer(facts, kind, &other);
        }
        if (is_list_of_words(facts, list, other.split)) {
            other.trims = false;
            other.of = KIND_TEXT;
            other.trial = TRIAL_WORDS + (enum trial)i;
            other.type = "string";
            offer(facts, kind, &other);
        }
    }
}

struct kind
kind_judge(const struct facts *facts, size_t n_different, unsigned misfits)
{
    size_t n_values = facts->n - facts->n_empty;
    struct kind kind = {.of = KIND_TEXT,
        .type = "string",
        .trial = N_TRIALS,
        .n_misfits = n_values * misfits / 1000 + 1};

    if (n_values > 0) {
        offer_scalars(facts, n_different, &kind);
        offer_lists(facts, &kind);
    }
    kind.n_values = n_values;
    if (kind.trial == N_TRIALS) {
        kind.n_misfits = 0;
        if (facts->n_no_utf8 > 0) {
            kind.of = KIND_BYTES;
            kind.type = "bytes";
        }
        return kind;
    }
    if (kind.of != KIND_TEXT)
        kind.trims |= facts->n_blanked > 0;
    return kind;
}

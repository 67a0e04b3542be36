#include "verify/verify_result.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "base/units.h"
#include "verify/interval.h"

enum rounding { DOWN, NEAREST, UP };

/*
 * A share as "0.03 %", "99.9974 %" or "77.2 %": two significant digits of the
 * smaller part, which is the share or the rest, and one decimal at least. Never
 * "0 %" or "100 %" for a share that is neither.
 */
static void
percent(double share, enum rounding rounding, char out[UNITS_TEXT_BYTES])
{
    static const double SLACK = 1e-6; /* for rounding errors */
    double rest = share < 0.5 ? share : 1 - share, scale, units;
    int decimals;
    size_t n;

    if (rest <= 0) {
        snprintf(out, UNITS_TEXT_BYTES, "%s", share < 0.5 ? "0 %" : "100 %");
        return;
    }
    decimals = 1 - (int)floor(log10(rest * 100));
    decimals = decimals < 1 ? 1 : decimals > 12 ? 12 : decimals;
    scale = pow(10, decimals);
    units = share * 100 * scale;
    units = rounding == DOWN ? floor(units + SLACK)
            : rounding == UP ? ceil(units - SLACK)
                             : floor(units + 0.5);
    snprintf(out, UNITS_TEXT_BYTES, "%.*f", decimals, units / scale);
    n = strlen(out);
    while (decimals > 0 && out[n - 1] == '0') {
        n--;
        decimals--;
    }
    if (n > 0 && out[n - 1] == '.')
        n--;
    snprintf(out + n, UNITS_TEXT_BYTES - n, " %%");
}

/* The states of items that do not match, in the order of the columns. */
static const enum verify_state FIRST_BAD = VERIFY_MISSING;

/* How many of these states there are. */
static size_t
bad_states(const struct verify_counts *counts)
{
    size_t n = 0;

    for (enum verify_state i = FIRST_BAD; i < N_VERIFY_STATES; i++)
        n += verify_count_of(counts, i) > 0;
    return n;
}

/* "missing, different or unreadable": the states there are. */
static void
add_states(struct text *out, const struct verify_counts *counts)
{
    size_t left = bad_states(counts);

    for (enum verify_state i = FIRST_BAD; i < N_VERIFY_STATES; i++) {
        if (!verify_count_of(counts, i))
            continue;
        left--;
        text_format(out, "%s%s", verify_state_word(i),
            left > 1    ? ", "
            : left == 1 ? " or "
                        : "");
    }
}

/* "4 missing, 1 different" */
static void
add_each(struct text *out, const struct verify_counts *counts)
{
    const char *between = "";

    for (enum verify_state i = FIRST_BAD; i < N_VERIFY_STATES; i++) {
        uint64_t n = verify_count_of(counts, i);
        char text[UNITS_TEXT_BYTES];

        if (!n)
            continue;
        text_format(out, "%s%s %s", between, units_count(n, text),
            verify_state_word(i));
        between = ", ";
    }
}

/* Was every item looked for, as asked or since the sample was large enough? */
static bool
is_whole(const struct verify_result *result)
{
    return result->is_of_all ||
           (!result->is_about &&
               result->total.counts.sampled == result->population);
}

static void
add_whole(struct text *out, const struct verify_result *result)
{
    const struct verify_counts *counts = &result->total.counts;
    uint64_t n = counts->sampled, bad = n - counts->matched;
    char all[UNITS_TEXT_BYTES], some[UNITS_TEXT_BYTES];
    char share[UNITS_TEXT_BYTES];

    units_of(n, "item", all);
    if (bad == 0 && n == 1) {
        text_format(out, "The only item was looked for, and matches.\n");
    } else if (bad == 0) {
        text_format(out, "All %s were looked for, and match.\n", all);
    } else {
        percent((double)bad / (double)n, NEAREST, share);
        text_format(out, "%s of %s (%s) %s ", units_count(bad, some), all,
            share, bad == 1 ? "is" : "are");
        add_states(out, counts);
        if (bad_states(counts) > 1) {
            text_format(out, ": ");
            add_each(out, counts);
        }
        text_format(out, ".\n");
    }
}

/* "99 % sure that X of 3,000,000 items are missing: Y" */
static void
add_proven(struct text *out, const struct verify_result *result)
{
    const struct verify_row *total = &result->total;
    const struct verify_counts *counts = &total->counts;
    uint64_t n = counts->sampled, bad = n - counts->matched;
    char least[UNITS_TEXT_BYTES], most[UNITS_TEXT_BYTES];
    char items[UNITS_TEXT_BYTES], sampled[UNITS_TEXT_BYTES];

    percent(1 - total->high, DOWN, least);
    percent(1 - total->low, UP, most);
    units_count(n, sampled);
    units_of(result->population, "item", items);
    text_format(out, "%.10g %% sure that ", result->confidence * 100);
    if (bad == 0)
        text_format(out, "at most %s", most);
    else if (bad == n)
        text_format(out, "at least %s", least);
    else
        text_format(out, "%s to %s", least, most);
    text_format(out, " of %s%s are ", result->is_about ? "about " : "", items);
    if (bad == 0) {
        text_format(out, "missing or different: all %s sampled match.\n",
            sampled);
        return;
    }
    add_states(out, counts);
    text_format(out, ": of %s sampled ", sampled);
    add_each(out, counts);
    text_format(out, ".\n");
}

void
verify_add_sentence(struct text *out, const struct verify_result *result)
{
    const struct verify_counts *counts = &result->total.counts;
    char items[UNITS_TEXT_BYTES], sampled[UNITS_TEXT_BYTES];

    if (verify_is_blind(result)) {
        text_format(out,
            "Nothing was verified: no line made an item (%s rejected).\n",
            units_of(result->rejected, "line", items));
    } else if (counts->sampled == 0 && result->population == 0) {
        text_format(out, "Nothing was verified: there is no item to look "
                         "for.\n");
    } else if (counts->sampled == 0) {
        text_format(out, "Nothing was verified: none of %s was looked for.\n",
            units_of(result->population, "item", items));
    } else if (counts->unreadable == counts->sampled) {
        text_format(out,
            "Nothing is known of %s%s: none of the %s %s could be read.\n",
            result->is_about ? "about " : "",
            units_of(result->population, "item", items),
            units_count(counts->sampled, sampled),
            result->is_of_all ? "looked for" : "sampled");
    } else if (is_whole(result)) {
        add_whole(out, result);
    } else {
        add_proven(out, result);
    }
}

static void
add_row(struct table *table, const struct verify_row *row, bool is_of_all)
{
    const struct verify_counts *counts = &row->counts;
    char text[UNITS_TEXT_BYTES];
    bool is_bounded = counts->sampled > 0 && !is_of_all;

    table_cell(table, "%s", row->name ? row->name : "total");
    table_count(table, counts->sampled);
    table_count(table, counts->matched);
    for (enum verify_state i = FIRST_BAD; i < N_VERIFY_STATES; i++)
        table_count(table, verify_count_of(counts, i));
    percent(row->estimate, NEAREST, text);
    table_cell(table, "%s", counts->sampled ? text : "-");
    percent(row->low, DOWN, text);
    table_cell(table, "%s", is_bounded ? text : "-");
    percent(row->high, UP, text);
    table_cell(table, "%s", is_bounded ? text : "-");
}

void
verify_add_table(struct text *out, const struct verify_result *result,
    size_t room)
{
    struct table table = {0};

    table_column(&table, "verified", TABLE_NAME);
    table_column(&table, result->is_of_all ? "items" : "sampled", TABLE_RIGHT);
    table_column(&table, "matched", TABLE_RIGHT | TABLE_SPARE);
    table_column(&table, "missing", TABLE_RIGHT);
    table_column(&table, "different", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "unreadable", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "estimate", TABLE_RIGHT);
    table_column(&table, "low", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "high", TABLE_RIGHT | TABLE_QUIET | TABLE_SPARE);
    for (size_t i = 0; i < result->n_shards; i++)
        add_row(&table, &result->shard[i], result->is_of_all);
    if (result->n_shards != 1)
        add_row(&table, &result->total, result->is_of_all);
    table_print(&table, room, out);
    table_release(&table);
}

struct cause_rows {
    struct table *table;
    const char *name;
    char what[UNITS_TEXT_BYTES];
};

/* A row for each cause; names and numbers are not repeated. */
static void
add_cause(void *ctx, const char *what, const char *why)
{
    struct cause_rows *rows = ctx;
    bool is_again = strcmp(rows->what, what) == 0;

    table_cell(rows->table, "%s", rows->name);
    table_cell(rows->table, "%s", is_again ? "" : what);
    table_cell(rows->table, "%s%s", is_again ? "or " : "", why);
    rows->name = "";
    snprintf(rows->what, sizeof(rows->what), "%s", what);
}

void
verify_add_causes(struct text *out, const struct verify_result *result)
{
    enum { ROOMY = 1000 }; /* names are cut, causes are not */
    struct table table = {0};

    table_column(&table, "shard", TABLE_NAME);
    table_column(&table, "items", TABLE_RIGHT);
    table_column(&table, "likely cause", 0);
    for (size_t i = 0; i < result->n_shards; i++) {
        const struct verify_row *row = &result->shard[i];
        struct cause_rows rows = {.table = &table, .name = row->name};

        causes_list(&row->facts,
            &(struct cause_counts){.missing = row->counts.missing,
                .different = row->counts.different,
                .unreadable = row->counts.unreadable},
            add_cause, &rows);
    }
    table_print(&table, ROOMY, out);
    table_release(&table);
}

/* To two digits, as an estimate is given: 67,123 becomes 68,000. */
static uint64_t
rounded_up(uint64_t n)
{
    uint64_t unit = 1;

    while (n / unit >= 100)
        unit *= 10;
    return (n + unit - 1) / unit * unit;
}

/* "--verify 68000", or all where a sample would have to be as large. */
static void
add_enough(struct text *out, const struct verify_result *result, uint64_t n)
{
    if (n >= result->population || n >= SAMPLE_SIZE_MOST)
        text_format(out, "--verify all");
    else
        text_format(out, "--verify %ju", (uintmax_t)n);
}

/* Below --min-success: are items missing, or is the sample too small? */
static void
add_below(struct text *out, const struct verify_result *result)
{
    const struct verify_row *total = &result->total;
    double spare = total->estimate - result->min_success;
    char low[UNITS_TEXT_BYTES];

    percent(total->low, DOWN, low);
    text_format(out, "Not shown to be at least --min-success %.10g: low is %s",
        result->min_success, low);
    if (total->counts.sampled == 0) {
        text_format(out, ".\n");
    } else if (result->is_of_all || spare < 0) {
        text_format(out, "; load again what is missing or different.\n");
    } else {
        uint64_t n = SAMPLE_SIZE_MOST;

        if (spare > 0)
            n = sample_size_at(total->estimate, spare, result->confidence);
        if (total->estimate < 1)
            n = rounded_up(n);
        text_format(out, "; sample more: ");
        add_enough(out, result, n);
        text_format(out, ".\n");
    }
}

/* --margin assumed that all items match. */
static void
add_margin(struct text *out, const struct verify_result *result)
{
    const struct verify_row *total = &result->total;
    double down = total->estimate - total->low;
    double up = total->high - total->estimate;

    if (total->counts.sampled == 0 || is_whole(result) ||
        (down <= result->margin && up <= result->margin))
        return;
    text_format(out,
        "The interval is wider than --margin %.10g, since not all "
        "match; to know the rate as well as that: ",
        result->margin);
    add_enough(out, result,
        rounded_up(sample_size_at(total->estimate, result->margin,
            result->confidence)));
    text_format(out, ".\n");
}

void
verify_add_judgement(struct text *out, const struct verify_result *result)
{
    bool is_success = verify_is_success(result);
    char files[UNITS_TEXT_BYTES];

    if (verify_is_blind(result))
        text_format(out, "Verification failed: there was nothing to look for. "
                         "Are --mapping, --columns and --shard right?\n");
    else if (result->n_unread)
        text_format(out,
            "Verification failed: of %s not all was looked for, since who read "
            "it died; run memc_load verify on it.\n",
            units_of(result->n_unread, "file", files));
    else if (result->min_success >= 0 && !is_success)
        add_below(out, result);
    else if (!is_success)
        text_format(out, "Verification failed: not all items that were looked "
                         "for match; --min-success R would accept some.\n");
    if (result->margin > 0)
        add_margin(out, result);
}

void
verify_add_report(struct text *out, const struct verify_result *result,
    size_t room)
{
    text_format(out, "\n");
    verify_add_table(out, result, room);
    if (result->total.counts.matched < result->total.counts.sampled) {
        text_format(out, "\n");
        verify_add_causes(out, result);
    }
    text_format(out, "\n");
    verify_add_sentence(out, result);
    verify_add_judgement(out, result);
}

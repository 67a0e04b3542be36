#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/units.h"
#include "infer/emit.h"

/* Of a value in a comment. */
enum { SHOWN_COLUMNS = 24 };

static void
add_separator(struct text *out, size_t start)
{
    if (out->n_bytes > start)
        text_format(out, "; ");
}

static void
add_count(struct text *out, size_t n)
{
    char count[UNITS_TEXT_BYTES];

    text_format(out, "%s", units_count(n, count));
}

static void
add_quoted(struct text *out, const char *value)
{
    text_format(out, "\"");
    columns_add(out, value, SHOWN_COLUMNS);
    text_format(out, "\"");
}

static void
add_integer(struct text *out, bool is_negative, uint64_t magnitude)
{
    char count[UNITS_TEXT_BYTES];

    text_format(out, "%s%s", is_negative ? "-" : "",
        units_count(magnitude, count));
}

/* "-3 to 1,200" */
static void
add_integers(struct text *out, const struct integers *integers)
{
    bool all_negative = integers->n_negative == integers->n;

    if (integers->least < 0)
        add_integer(out, true, (uint64_t)0 - (uint64_t)integers->least);
    else
        add_integer(out, false, (uint64_t)integers->least);
    if (all_negative)
        text_format(out, " and above, all negative");
    else if (integers->least < 0 ||
             (uint64_t)integers->least < integers->most) {
        text_format(out, " to ");
        add_integer(out, false, integers->most);
    }
}

/* In the fewest digits that are as near as a person looks. */
static void
add_doubles(struct text *out, const struct facts *facts)
{
    text_format(out, "%.6g to %.6g", facts->least, facts->most);
}

static void
add_words(struct text *out, const struct facts *facts)
{
    text_format(out, "one of:");
    for (size_t i = 0; i < facts->n_words; i++) {
        text_format(out, i ? ", " : " ");
        if (strpbrk(facts->words[i], ",;\"")) /* it would look like several */
            add_quoted(out, facts->words[i]);
        else
            columns_add(out, facts->words[i], SHOWN_COLUMNS);
    }
}

/* Why a text, when most of it could be something narrower. */
static void
add_near_miss(struct text *out, const struct facts *facts, size_t n_values)
{
    static const enum trial trials[] = {TRIAL_INTEGER, TRIAL_DOUBLE};
    enum trial best = N_TRIALS;

    for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
        if (facts->trial[trials[i]].n * 2 > n_values &&
            (best == N_TRIALS ||
                facts->trial[trials[i]].n > facts->trial[best].n))
            best = trials[i];
    if (best == N_TRIALS || facts->trial[best].n == n_values)
        return;
    if (facts->trial[best].odd[0] == '0') {
        text_format(out, "; digits, but a number would lose the zeros of ");
        add_quoted(out, facts->trial[best].odd);
        return;
    }
    text_format(out, "; a number but for ");
    add_count(out, n_values - facts->trial[best].n);
    text_format(out, " of ");
    add_count(out, n_values);
    text_format(out, ", as ");
    add_quoted(out, facts->trial[best].odd);
    text_format(out, " in line ");
    add_count(out, facts->trial[best].odd_line);
}

static void
add_text(struct text *out, const struct guess_column *column)
{
    const struct facts *facts = &column->facts;
    size_t n_values = facts->n - facts->n_empty;

    if (column->kind.of == KIND_BYTES) {
        text_format(out, "not UTF-8 in ");
        add_count(out, facts->n_no_utf8);
        text_format(out, " of ");
        add_count(out, facts->n);
        text_format(out, " lines, so taken as bytes");
        return;
    }
    if (!facts->has_more_words && facts->n_words * 4 <= n_values)
        add_words(out, facts);
    else {
        text_format(out, "text of ");
        if (facts->least_bytes < facts->most_bytes)
            text_format(out, "up to ");
        text_format(out, "%zu byte%s", facts->most_bytes,
            facts->most_bytes == 1 ? "" : "s");
    }
    add_near_miss(out, facts, n_values);
}

static const char *
unit_words(size_t format)
{
    return strcmp(times_unit(format), "us") == 0 ? "microseconds" : "seconds";
}

static void
add_list(struct text *out, const struct guess_column *column)
{
    const struct kind *kind = &column->kind;
    const struct list_facts *list =
        &column->facts
             .list[strchr(LIST_DELIMITERS, kind->split) - LIST_DELIMITERS];

    text_format(out, "a list: ");
    if (list->least_items < list->most_items)
        text_format(out, "%zu to ", list->least_items);
    text_format(out, "%zu items between \"%c\"", list->most_items, kind->split);
    if (kind->of != KIND_INTEGER)
        return;
    text_format(out, ", ");
    add_integers(out, &list->integers);
}

static void
add_kind(struct text *out, const struct guess_column *column)
{
    const struct facts *facts = &column->facts;
    const struct kind *kind = &column->kind;

    if (kind->n_values == 0) {
        text_format(out, "always empty here, so its kind is not known");
        return;
    }
    if (kind->is_list) {
        add_list(out, column);
        return;
    }
    switch (kind->of) {
    case KIND_TEXT:
    case KIND_BYTES:
        add_text(out, column);
        break;
    case KIND_BOOL:
        text_format(out, "true or false");
        break;
    case KIND_INTEGER:
        add_integers(out, &facts->integers);
        if (facts->integers.most == 1 && facts->integers.least == 0)
            text_format(out, " (could also be bool)");
        break;
    case KIND_DOUBLE:
        add_doubles(out, facts);
        break;
    case KIND_TIME:
        text_format(out, "a time, as %s since 1970, UTC",
            unit_words(kind->format));
        if (!facts->is_decided[kind->format])
            text_format(out, "; %s", times_doubt(kind->format));
        break;
    }
}

void
describe_column(struct text *out, const struct guess *guess, size_t column)
{
    const struct guess_column *it = &guess->columns[column];
    const struct facts *facts = &it->facts;
    size_t start = out->n_bytes;

    add_kind(out, it);
    if (it->n_different == guess->n_lines && guess->n_lines > 1 &&
        !it->kind.is_list &&
        (it->kind.of == KIND_INTEGER || it->kind.of == KIND_TEXT))
        text_format(out, "; all different");
    if (facts->n_empty > 0 && it->kind.n_values > 0) {
        add_separator(out, start);
        text_format(out, "empty in ");
        add_count(out, facts->n_empty);
        text_format(out, " of ");
        add_count(out, facts->n);
        text_format(out, " lines");
    }
    if (it->kind.n_misfits > 0) {
        const struct trial_result *result = &facts->trial[it->kind.trial];

        text_format(out, "; ");
        add_count(out, it->kind.n_misfits);
        text_format(out, it->kind.is_list ? " with other items, as "
                                          : " of another kind, as ");
        add_quoted(out, result->odd);
        text_format(out, " in line ");
        add_count(out, result->odd_line);
    }
}

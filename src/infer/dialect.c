#include "infer/dialect.h"

#include <string.h>

#include "infer/rows.h"

/*
 * In the order of trust: a tab is hardly ever in a text, a comma in many.
 * A decimal comma makes columns as regular as the semicolons between its
 * numbers do, so the semicolon goes first.
 */
static const char delimiters[] = "\t|;,";
enum { N_DELIMITERS = sizeof(delimiters) - 1 };

/* Lines that do not have as many columns as the others are not more than this
 * share in a table: else it is something else. */
static const double least_share = 0.9;
/* In a small table one such line is a larger share: beside so many others. */
enum { LEAST_BESIDE_ODD = 4 };
/* Of two delimiters that fit about as well, trust decides. */
static const double as_good = 0.03;

const char *
delimiter_word(char delimiter)
{
    switch (delimiter) {
    case '\t':
        return "tab";
    case ',':
        return "comma";
    case ';':
        return "semicolon";
    case '|':
        return "vertical bar";
    default:
        return "delimiter";
    }
}

static double
share_of(const struct dialect *dialect)
{
    return dialect->n_rows
               ? (double)dialect->n_fitting / (double)dialect->n_rows
               : 0;
}

static bool
is_regular(const struct dialect *dialect)
{
    return share_of(dialect) >= least_share ||
           (dialect->n_fitting >= LEAST_BESIDE_ODD &&
               dialect->n_rows - dialect->n_fitting == 1);
}

static size_t
bounded(size_t n_columns)
{
    return n_columns <= ROWS_MOST_COLUMNS ? n_columns : ROWS_MOST_COLUMNS + 1;
}

/* Counts columns under this format. */
static void
measure(struct rows *rows, struct dialect *out)
{
    size_t counts[ROWS_MOST_COLUMNS + 2] = {0};
    struct table_row row;
    size_t first = 0, most = 1;

    while (rows_next(rows, &row)) {
        if (out->n_rows++ == 0)
            first = row.n_columns;
        counts[bounded(row.n_columns)]++;
    }
    for (size_t i = 1; i <= ROWS_MOST_COLUMNS; i++)
        if (counts[i] > counts[most])
            most = i;
    out->n_columns = most;
    out->n_fitting = counts[most];
    out->first_fits = first == most;
    rows_rewind(rows);
    while (rows_next(rows, &row)) {
        out->n_with_quotes += row.has_quotes;
        out->n_fitting_quotes += row.has_quotes && row.n_columns == most;
        if (row.n_columns != most && out->odd_line == 0) {
            out->odd_line = row.line;
            out->odd_columns = row.n_columns;
            out->odd_why = row.why;
        }
    }
}

/* Is there a quote where a column begins? */
static bool
has_quotes(const struct head *head, char delimiter)
{
    const char *at = head->bytes, *end = head->bytes + head->n_bytes;

    for (const char *quote = at;
         (quote = memchr(quote, '"', (size_t)(end - quote))) != NULL; quote++)
        if (quote == at || quote[-1] == delimiter || quote[-1] == '\n' ||
            quote[-1] == '\r')
            return true;
    return false;
}

static void
try(const struct head *head, const struct line_format *format, size_t n_lines,
    size_t max_line_bytes, struct dialect *out)
{
    struct rows *rows = rows_new(head, format, n_lines, max_line_bytes);

    *out = (struct dialect){.format = *format};
    measure(rows, out);
    rows_free(rows);
}

/*
 * Nearly all quotes that begin columns end them, too: they are not text. The
 * lines in which one is missing say little of the rest.
 */
static bool
quotes_hold(const struct dialect *quoted)
{
    size_t n_wrong = quoted->n_with_quotes - quoted->n_fitting_quotes;

    return is_regular(quoted) && quoted->n_fitting_quotes > 1 &&
           (n_wrong <= 1 || n_wrong * 10 <= quoted->n_with_quotes);
}

/*
 * With quotes where these hold, else whichever cuts more lines alike. A text
 * between commas or semicolons is taken for CSV although these lines hold no
 * quotes: later ones may.
 */
static void
try_delimiter(const struct head *head, char delimiter, size_t n_lines,
    size_t max_line_bytes, struct dialect *out)
{
    struct line_format format = {.delimiter = delimiter};
    struct dialect quoted;

    try(head, &format, n_lines, max_line_bytes, out);
    if (!has_quotes(head, delimiter)) {
        out->format.has_quotes = delimiter == ',' || delimiter == ';';
        return;
    }
    format.has_quotes = true;
    try(head, &format, n_lines, max_line_bytes, &quoted);
    if (share_of(&quoted) < share_of(out) && !quotes_hold(&quoted))
        return;
    *out = quoted;
    out->is_quoted = true;
}

/* The first, in order of trust, that is about as good as any. */
static const struct dialect *
choose(const struct dialect found[N_DELIMITERS])
{
    const struct dialect *chosen = NULL;
    double best = 0;

    for (size_t i = 0; i < N_DELIMITERS; i++)
        if (found[i].n_columns > 1 && is_regular(&found[i]) &&
            share_of(&found[i]) > best)
            best = share_of(&found[i]);
    for (int wants_first = 1; wants_first >= 0 && !chosen; wants_first--)
        for (size_t i = 0; i < N_DELIMITERS; i++) {
            const struct dialect *each = &found[i];

            if (each->n_columns < 2 || share_of(each) < best - as_good ||
                !is_regular(each) || each->first_fits < wants_first)
                continue;
            /* "a,b;c,d,e": a list inside a column has few items, a line of
             * decimal commas at most one more than twice the columns */
            if (!chosen || (chosen->format.delimiter == ';' &&
                               each->n_columns > 2 * chosen->n_columns))
                chosen = each;
        }
    return chosen;
}

bool
dialect_guess(const struct head *head, size_t n_lines, size_t max_line_bytes,
    struct dialect *out)
{
    static const struct line_format no_table = {.delimiter = '\t'};
    struct dialect found[N_DELIMITERS];
    const struct dialect *chosen;

    for (size_t i = 0; i < N_DELIMITERS; i++)
        try_delimiter(head, delimiters[i], n_lines, max_line_bytes, &found[i]);
    chosen = choose(found);
    if (chosen) {
        *out = *chosen;
    } else {
        try(head, &no_table, n_lines, max_line_bytes, out);
        out->is_no_table = true;
    }
    return out->n_rows > 0;
}

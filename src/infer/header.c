#include "infer/header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "infer/identifier.h"
#include "infer/texts.h"
#include "value/number.h"

/* A longer text is not a name. */
enum { MOST_NAME_BYTES = 100 };

struct header_row {
    char **cells;
    size_t *n_bytes;
    size_t n;
};

struct header_row *
header_row_new(const struct table_row *row)
{
    struct header_row *header_row = mem_zero(1, sizeof(*header_row));

    header_row->n = row->n_columns;
    header_row->cells = mem_zero(header_row->n + 1, sizeof(*header_row->cells));
    header_row->n_bytes =
        mem_zero(header_row->n + 1, sizeof(*header_row->n_bytes));
    for (size_t i = 0; i < header_row->n; i++) {
        const char *at = row->columns[i].at;
        size_t n_bytes = row->columns[i].n_bytes;

        trim_blanks(&at, &n_bytes); /* as a load does (column_map.h) */
        header_row->cells[i] = mem_format("%.*s", (int)n_bytes, at);
        header_row->n_bytes[i] = n_bytes;
    }
    return header_row;
}

void
header_row_free(struct header_row *header_row)
{
    if (!header_row)
        return;
    for (size_t i = 0; i < header_row->n; i++)
        free(header_row->cells[i]);
    free(header_row->cells);
    free(header_row->n_bytes);
    free(header_row);
}

/* -------------------------------------------------------------- judging --- */

/* Begins with a letter, of whatever script. */
static bool
is_name_like(const char *cell)
{
    const char *at = cell;
    size_t n = strlen(cell);

    trim_blanks(&at, &n);
    return n > 0 && n <= MOST_NAME_BYTES &&
           (is_letter(*at) || *at == '_' || *at == '#' || (*at & 0x80));
}

/* Words that are names of columns in tables everywhere. */
static bool
is_well_known(const char *cell)
{
    static const char *const words[] = {"id", "key", "uuid", "guid", "name",
        "type", "kind", "code", "date", "time", "timestamp", "created", "email",
        "country", "city", "state", "address", "phone", "title", "status",
        "value", "count", "price", "amount", "currency", "lat", "lon", "lng",
        "latitude", "longitude", "user", "username", "url", "description",
        "category", "tags", "first_name", "last_name", "language", "color"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(cell, words[i]) == 0)
            return true;
    return identifier_same(cell, "created_at") != 0 ||
           (strlen(cell) > 3 &&
               strcasecmp(cell + strlen(cell) - 3, "_id") == 0);
}

enum vote { VOTE_DATA, VOTE_NONE, VOTE_WEAK, VOTE_NAME };

/* What the cell says, beside the values below it. */
static enum vote
vote(const char *cell, size_t n_bytes, const struct guess_column *column)
{
    struct facts alone = {
        .times = column->facts.times, .delimiter = column->facts.delimiter};
    const struct facts *facts = &column->facts;
    const struct kind *kind = &column->kind;
    bool is_typed = kind->trial != N_TRIALS && kind->of != KIND_TEXT;
    bool fits, is_number, has_digit;
    size_t n_values = facts->n - facts->n_empty;

    facts_see(&alone, 1, cell, n_bytes);
    fits = is_typed && alone.trial[kind->trial].n > 0;
    is_number = alone.trial[TRIAL_DOUBLE].n > 0;
    has_digit = alone.n_with_digit > 0;
    facts_release(&alone);
    if (fits || is_number)
        return VOTE_DATA;
    if (n_bytes == 0)
        return VOTE_NONE;
    if (is_typed)
        return VOTE_NAME;
    if (n_values > 2 && facts->n_with_digit == n_values && !has_digit)
        return VOTE_NAME;
    if (n_values > 2 && facts->least_bytes == facts->most_bytes &&
        facts->most_bytes > 3 && n_bytes != facts->most_bytes)
        return VOTE_NAME;
    return is_well_known(cell) ? VOTE_WEAK : VOTE_NONE;
}

static void
decide(struct guess *guess, enum header header, bool is_sure, const char *why)
{
    guess->header = header;
    guess->header_is_sure = is_sure;
    guess->header_why = why;
}

/* How many cells do not look like names: "%", "2nd". */
static size_t
count_others(const struct header_row *header_row)
{
    size_t n = 0;

    for (size_t i = 0; i < header_row->n; i++)
        n += header_row->n_bytes[i] > 0 && !is_name_like(header_row->cells[i]);
    return n;
}

/* Can a mapping find its columns by these? */
static bool
are_usable(const struct header_row *header_row)
{
    for (size_t i = 0; i < header_row->n; i++) {
        const char *cell = header_row->cells[i];

        if (header_row->n_bytes[i] == 0 ||
            strlen(cell) != header_row->n_bytes[i] || strcmp(cell, "_") == 0 ||
            strpbrk(cell, "{}") || !utf8_is_valid(cell, strlen(cell)))
            return false;
        for (const char *at = cell; *at; at++)
            if ((unsigned char)*at < ' ' || *at == 0x7f)
                return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(cell, header_row->cells[k]) == 0)
                return false;
    }
    return true;
}

void
header_judge(const struct header_row *header_row, struct guess *guess)
{
    enum header header = are_usable(header_row) ? HEADER_NAMES : HEADER_SKIPPED;
    size_t n_names = 0, n_weak = 0;
    enum vote each;

    for (size_t i = 0; i < header_row->n; i++) {
        each = vote(header_row->cells[i], header_row->n_bytes[i],
            &guess->columns[i]);
        if (each == VOTE_DATA) {
            decide(guess, HEADER_NONE, true,
                "the first line is of the same kind as the others");
            return;
        }
        n_names += each == VOTE_NAME;
        n_weak += each == VOTE_WEAK;
    }
    if (n_names > 0 && count_others(header_row) * 2 <= header_row->n)
        decide(guess, header, true,
            "the first line is of another kind than the others");
    else if (n_weak > 0 && count_others(header_row) == 0)
        decide(guess, header, false, "the first line reads like names");
    else
        decide(guess, HEADER_NONE, false,
            "nothing distinguishes the first line from the others");
}

/* --------------------------------------------------------------- naming --- */

static bool
is_taken(const struct guess *guess, size_t n, const char *field)
{
    for (size_t i = 0; i < n; i++)
        if (identifier_same(guess->columns[i].field, field))
            return true;
    return false;
}

/* A field's name that no column before it has. */
static char *
choose_field(const struct guess *guess, size_t i, const char *name)
{
    char *first = identifier_field(name, i + 1), *field = mem_text(first);

    for (unsigned n = 2; is_taken(guess, i, field); n++) {
        free(field);
        field = mem_format("%s_%u", first, n);
    }
    free(first);
    return field;
}

void
header_name_columns(const struct header_row *header_row, struct guess *guess)
{
    for (size_t i = 0; i < guess->n_columns; i++) {
        struct guess_column *column = &guess->columns[i];
        const char *cell = guess->header == HEADER_NONE || i >= header_row->n
                               ? ""
                               : header_row->cells[i];

        column->field = choose_field(guess, i, cell);
        column->name =
            mem_text(guess->header == HEADER_NAMES ? cell : column->field);
    }
}

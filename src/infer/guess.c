#include "infer/guess.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "infer/header.h"
#include "infer/identifier.h"
#include "infer/rows.h"

/* Of a thousand values of a column that is of a kind so many may not be; of a
 * thousand lines so many may be rejected for it, all in all: half of what makes
 * a load fail (--max-error-rate). */
enum { MISFITS = 1, MISFIT_LINES = 5 };

struct guesser {
    struct guess *guess;
    struct rows *rows;
    struct time_formats *times;
    uint64_t *hashes; /* column by column, room for n_room lines each */
    size_t n_room;
};

/* The next line with the columns that most have. */
static bool
next_line(struct guesser *guesser, struct table_row *row)
{
    while (rows_next(guesser->rows, row)) {
        if (row->n_columns == guesser->guess->n_columns)
            return true;
        guesser->guess->n_other++;
    }
    return false;
}

static void
see_line(struct guesser *guesser, const struct table_row *row)
{
    struct guess *guess = guesser->guess;

    for (size_t i = 0; i < guess->n_columns; i++) {
        const struct span *value = &row->columns[i];

        bool is_fit = facts_see(&guess->columns[i].facts, row->line, value->at,
            value->n_bytes);

        guesser->hashes[i * guesser->n_room + guess->n_lines] =
            key_hash(hash_bytes(value->at, value->n_bytes), is_fit);
    }
    guess->n_lines++;
}

static void
judge_columns(struct guesser *guesser)
{
    struct guess *guess = guesser->guess;

    for (size_t i = 0; i < guess->n_columns; i++) {
        struct guess_column *column = &guess->columns[i];

        column->n_different =
            count_different(guesser->hashes + i * guesser->n_room,
                guess->n_lines);
        column->kind = kind_judge(&column->facts, column->n_different, MISFITS);
    }
}

/* Columns that would cost too many lines become texts, the worst first. */
static void
stay_loadable(struct guess *guess)
{
    for (;;) {
        struct guess_column *worst = &guess->columns[0];
        size_t n = 0;

        for (size_t i = 0; i < guess->n_columns; i++) {
            n += guess->columns[i].kind.n_misfits;
            if (guess->columns[i].kind.n_misfits > worst->kind.n_misfits)
                worst = &guess->columns[i];
        }
        if (n <= guess->n_lines * MISFIT_LINES / 1000)
            return;
        worst->kind = kind_judge(&worst->facts, worst->n_different, 0);
    }
}

static int
guess_key(struct guesser *guesser, struct err *err)
{
    struct guess *guess = guesser->guess;
    struct key_candidate *candidates =
        mem_zero(guess->n_columns, sizeof(*candidates));

    for (size_t i = 0; i < guess->n_columns; i++) {
        const struct guess_column *column = &guess->columns[i];

        candidates[i] = (struct key_candidate){
            .hashes = guesser->hashes + i * guesser->n_room,
            .name = column->name,
            .n_unfit = column->facts.n_no_key,
            .is_measure = column->kind.of == KIND_DOUBLE ||
                          column->kind.of == KIND_TIME ||
                          column->kind.of == KIND_BOOL || column->kind.is_list,
            .most_bytes = column->facts.most_bytes,
        };
    }
    key_guess(candidates, guess->n_columns, guess->n_lines, &guess->key);
    free(candidates);
    for (size_t i = 0; i < guess->key.n; i++)
        guess->columns[guess->key.columns[i]].is_in_key = true;
    if (guess->key.n > 0)
        return 0;
    err_set(err, ERR_DATA,
        "no column can be a key: memcached's keys have no blanks and no "
        "control characters, and every column has a value that is empty or "
        "contains some; write the mapping by hand (man memc_load-mapping)");
    return -1;
}

static void
forget(struct guesser *guesser)
{
    struct guess *guess = guesser->guess;

    rows_rewind(guesser->rows);
    guess->n_lines = guess->n_other = 0;
    for (size_t i = 0; i < guess->n_columns; i++) {
        facts_release(&guess->columns[i].facts);
        guess->columns[i].facts = (struct facts){.times = guesser->times,
            .delimiter = guess->dialect.format.delimiter};
    }
}

static void
see_lines(struct guesser *guesser)
{
    struct table_row row;

    while (next_line(guesser, &row))
        see_line(guesser, &row);
    judge_columns(guesser);
}

/*
 * A first line of other columns than the rest is a title, or broken: it is no
 * record in either case.
 */
static void
look_without_first(struct guesser *guesser)
{
    struct guess *guess = guesser->guess;
    struct table_row row = {0};
    struct header_row *header_row;

    rows_next(guesser->rows, &row);
    see_lines(guesser);
    guess->header = HEADER_SKIPPED;
    guess->header_why = "the first line does not have the columns of the rest";
    row.n_columns = 0;
    header_row = header_row_new(&row);
    header_name_columns(header_row, guess);
    header_row_free(header_row);
}

/* Lines -> facts, header, kinds. */
static void
look(struct guesser *guesser)
{
    struct guess *guess = guesser->guess;
    struct header_row *header_row;
    struct table_row row;

    forget(guesser);
    if (!guess->dialect.first_fits && guess->dialect.n_rows > 1) {
        look_without_first(guesser);
        stay_loadable(guess);
        return;
    }
    if (!next_line(guesser, &row)) /* the first fits, or there is only one */
        return;
    header_row = header_row_new(&row);
    see_lines(guesser);
    header_judge(header_row, guess);
    if (row.line > 1) /* a header is a file's very first line */
        guess->header = HEADER_NONE;
    header_name_columns(header_row, guess);
    header_row_free(header_row);
    if (guess->header == HEADER_NONE) { /* then the first line is data, too */
        forget(guesser);
        see_lines(guesser);
    }
    stay_loadable(guess);
}

static int
check_dialect(const struct dialect *dialect, struct err *err)
{
    if (dialect->n_columns > ROWS_MOST_COLUMNS) {
        err_set(err, ERR_DATA, "its lines have more than %d columns",
            ROWS_MOST_COLUMNS);
        return -1;
    }
    if (!dialect->is_no_table ||
        (dialect->n_columns == 1 &&
            dialect->n_fitting * 100 >= dialect->n_rows * 99))
        return 0;
    err_set(err, ERR_DATA,
        "this is not a table: neither tab, vertical bar, semicolon nor comma "
        "splits nine lines in ten into the same number of columns (with tabs, "
        "%zu of %zu lines have %zu)",
        dialect->n_fitting, dialect->n_rows, dialect->n_columns);
    return -1;
}

static int
check_lines(const struct guess *guess, struct err *err)
{
    if (guess->n_lines > 0)
        return 0;
    err_set(err, ERR_DATA, "it has no line of data");
    return -1;
}

int
guess_make(struct guess *guess, const struct head *head, size_t n_lines,
    size_t max_line_bytes, struct err *err)
{
    struct guesser guesser = {.guess = guess};
    int status;

    *guess = (struct guess){0};
    if (!dialect_guess(head, n_lines, max_line_bytes, &guess->dialect)) {
        err_set(err, ERR_DATA, "it has no lines");
        return -1;
    }
    if (check_dialect(&guess->dialect, err))
        return -1;
    guess->n_columns = guess->dialect.n_columns;
    guess->columns = mem_zero(guess->n_columns, sizeof(*guess->columns));
    guesser.times = times_new();
    guesser.n_room = guess->dialect.n_rows;
    guesser.hashes =
        mem_new(guess->n_columns * guesser.n_room * sizeof(*guesser.hashes));
    guesser.rows =
        rows_new(head, &guess->dialect.format, n_lines, max_line_bytes);
    look(&guesser);
    status = check_lines(guess, err);
    if (status == 0)
        status = guess_key(&guesser, err);
    rows_free(guesser.rows);
    free(guesser.hashes);
    times_free(guesser.times);
    return status;
}

void
guess_release(struct guess *guess)
{
    for (size_t i = 0; i < guess->n_columns; i++) {
        facts_release(&guess->columns[i].facts);
        free(guess->columns[i].name);
        free(guess->columns[i].field);
    }
    free(guess->columns);
    *guess = (struct guess){0};
}

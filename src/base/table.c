#include "base/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/mem.h"
#include "base/units.h"

enum { GAP = 2 };

/* Of columns that hold names: how much is easily read, and how much
 * distinguishes them. */
enum { NAME_USUAL = 40, NAME_LEAST = COLUMNS_MIDDLE };

void
table_column(struct table *table, const char *title, unsigned flags)
{
    must(table->n_columns < TABLE_MAX_COLUMNS && table->n_cells == 0);
    table->column[table->n_columns].title = title;
    table->column[table->n_columns++].flags = flags;
}

void
table_cell(struct table *table, const char *format, ...)
{
    char *cell = NULL;
    va_list ap;
    int n;

    va_start(ap, format);
    n = vasprintf(&cell, format, ap);
    va_end(ap);
    if (n < 0)
        die("out of memory (a table's cell)");
    table->cells =
        mem_grow(table->cells, table->n_cells + 1, sizeof(*table->cells));
    table->cells[table->n_cells++] = cell;
}

void
table_count(struct table *table, uint64_t n)
{
    char text[UNITS_TEXT_BYTES];

    table_cell(table, "%s", units_count(n, text));
}

/* Of a column; 0 when it is left out. */
static size_t
width_of(const struct table *table, size_t column)
{
    size_t width = columns_of(table->column[column].title);
    bool is_quiet = table->column[column].flags & TABLE_QUIET;

    for (size_t i = column; i < table->n_cells; i += table->n_columns) {
        const char *cell = table->cells[i];
        size_t columns = columns_of(cell);

        width = columns > width ? columns : width;
        if (*cell && strcmp(cell, "0") != 0 && strcmp(cell, "-") != 0)
            is_quiet = false;
    }
    return is_quiet ? 0 : width;
}

static void
add_blanks(struct text *out, size_t n)
{
    text_format(out, "%*s", (int)n, "");
}

static void
print_row(const struct table *table, const size_t *widths,
    const char *const *cells, struct text *out)
{
    size_t owed = 0; /* blanks, added when something follows */

    for (size_t i = 0; i < table->n_columns; i++) {
        const char *cell = cells ? cells[i] : table->column[i].title;
        size_t columns = columns_of(cell), pad;

        if (widths[i] == 0)
            continue;
        columns = columns < widths[i] ? columns : widths[i];
        pad = widths[i] - columns;
        if (table->column[i].flags & TABLE_RIGHT) {
            owed += pad;
            pad = 0;
        }
        if (columns) {
            add_blanks(out, owed);
            /* a wide character may not fit where it is cut */
            owed = columns - columns_add(out, cell, columns);
        }
        owed += pad + GAP;
    }
    text_add(out, "\n", 1);
}

/* How many columns too wide the rows are. */
static size_t
excess(const struct table *table, const size_t *widths, size_t room)
{
    size_t columns = 0;

    for (size_t i = 0; i < table->n_columns; i++)
        columns += widths[i] ? widths[i] + GAP : 0;
    return columns > room + GAP ? columns - room - GAP : 0;
}

static void
shorten_names(const struct table *table, size_t *widths, size_t room,
    size_t least)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        size_t over = excess(table, widths, room);

        if (!(table->column[i].flags & TABLE_NAME) || widths[i] <= least)
            continue;
        widths[i] = widths[i] > least + over ? widths[i] - over : least;
    }
}

static void
leave_out(const struct table *table, size_t *widths, size_t room)
{
    for (size_t i = table->n_columns; i-- > 0;)
        if (table->column[i].flags & TABLE_SPARE &&
            excess(table, widths, room) > 0)
            widths[i] = 0;
}

void
table_print(const struct table *table, size_t room, struct text *out)
{
    size_t widths[TABLE_MAX_COLUMNS];

    if (table->n_cells == 0)
        return;
    must(table->n_cells % table->n_columns == 0);
    for (size_t i = 0; i < table->n_columns; i++)
        widths[i] = width_of(table, i);
    shorten_names(table, widths, room, NAME_USUAL);
    leave_out(table, widths, room);
    shorten_names(table, widths, room, NAME_LEAST);
    print_row(table, widths, NULL, out);
    for (size_t i = 0; i < table->n_cells; i += table->n_columns)
        print_row(table, widths, (const char *const *)table->cells + i, out);
}

void
table_release(struct table *table)
{
    for (size_t i = 0; i < table->n_cells; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct table){0};
}

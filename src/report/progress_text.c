#include "report/progress_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/mem.h"
#include "base/units.h"

/* The columns behind the bar, as they stand. */
enum cell { PERCENT, BYTES, LINES, SPEED, ERRORS, LEFT, N_CELLS };

static const char *const titles[N_CELLS] = {
    "done", "read", "lines", "lines/s", "errors", "left"};

/* Wide enough for most of a run, so that the bars do not jump about. */
static const size_t least_columns[N_CELLS] = {5, 9, 10, 7, 6, 5};

/* Where there is no room, these go, in this order. */
static const enum cell drop_order[] = {
    BYTES, LINES, ERRORS, SPEED, LEFT, PERCENT};

enum {
    GAP = 2,
    NAME_LEAST = 8,
    BAR_MOST = 40,
    BAR_LEAST = 8,
};

struct row {
    char name[256];
    double part; /* done, 0 to 1; below 0: not known */
    bool has_errors;
    char cells[N_CELLS][UNITS_TEXT_BYTES];
};

struct layout {
    size_t name, bar; /* columns; a bar of 0 is left out */
    size_t cells[N_CELLS];
};

static double
part_of(const struct progress_row *row)
{
    if (!row->has_size)
        return -1;
    if (row->all_bytes == 0)
        return 1;
    return (double)row->done_bytes / (double)row->all_bytes;
}

/* Whole seconds: what is guessed is not told in hundredths. */
static const char *
span_text(double seconds, char out[UNITS_TEXT_BYTES])
{
    if (seconds < 100)
        snprintf(out, UNITS_TEXT_BYTES, "%.0f s", seconds);
    else
        units_span(seconds, out);
    return out;
}

static void
fill_row(struct row *row, const char *name, const struct progress_row *from)
{
    snprintf(row->name, sizeof(row->name), "%s", name);
    row->part = part_of(from);
    row->has_errors = from->rejected + from->failed > 0;
    if (row->part >= 0)
        snprintf(row->cells[PERCENT], UNITS_TEXT_BYTES, "%d %%",
            (int)(row->part * 100));
    units_size(from->done_bytes, row->cells[BYTES]);
    units_count(from->lines, row->cells[LINES]);
    units_count((uint64_t)(from->lines_s + 0.5), row->cells[SPEED]);
    units_count(from->rejected + from->failed, row->cells[ERRORS]);
    if (from->left_s >= 0)
        span_text(from->left_s, row->cells[LEFT]);
}

static size_t
cells_columns(const struct layout *layout)
{
    size_t columns = 0;

    for (size_t i = 0; i < N_CELLS; i++)
        columns += layout->cells[i] ? GAP + layout->cells[i] : 0;
    return columns;
}

/* Shares out `room` columns. */
static void
lay_out(struct layout *layout, const struct row *rows, size_t n, size_t room)
{
    size_t drops = sizeof(drop_order) / sizeof(drop_order[0]), used;
    /* a longer name is cut: it may not take more than a third */
    size_t name_most = room / 3 > NAME_LEAST ? room / 3 : NAME_LEAST;

    *layout = (struct layout){.name = NAME_LEAST};
    for (size_t k = 0; k < N_CELLS; k++)
        layout->cells[k] = least_columns[k];
    for (size_t i = 0; i < n; i++) {
        size_t name = columns_of(rows[i].name);

        layout->name = name > layout->name ? name : layout->name;
        for (size_t k = 0; k < N_CELLS; k++) {
            size_t columns = strlen(rows[i].cells[k]);

            if (columns > layout->cells[k])
                layout->cells[k] = columns;
        }
    }
    if (layout->name > name_most)
        layout->name = name_most;
    for (size_t i = 0; i < drops; i++) {
        used = layout->name + cells_columns(layout);
        if (used + GAP + BAR_LEAST <= room)
            break;
        /* before the last column goes, the bar does */
        if (i + 1 == drops && used <= room)
            break;
        layout->cells[drop_order[i]] = 0;
    }
    used = layout->name + cells_columns(layout);
    if (used > room)
        layout->name = room;
    else if (used + GAP + BAR_LEAST <= room)
        layout->bar = room - used - GAP;
    if (layout->bar > BAR_MOST)
        layout->bar = BAR_MOST;
}

static void
add_blanks(struct text *out, size_t n)
{
    text_format(out, "%*s", (int)n, "");
}

static void
add_colour(struct text *out, bool has_colours, const char *code)
{
    if (has_colours)
        text_format(out, "\x1b[%sm", code);
}

static void
add_bar(struct text *out, double part, size_t columns, bool has_colours)
{
    size_t inside = columns - 2, full;

    full = part < 0 ? 0 : (size_t)(part * (double)inside);
    add_blanks(out, GAP);
    text_add(out, "[", 1);
    add_colour(out, has_colours, "32"); /* green */
    for (size_t i = 0; i < full; i++)
        text_add(out, "#", 1);
    add_colour(out, has_colours, "0");
    for (size_t i = full; i < inside; i++)
        text_add(out, part < 0 ? " " : ".", 1);
    text_add(out, "]", 1);
}

static void
add_cell(struct text *out, const char *cell, size_t columns)
{
    text_format(out, "%*s%*s", GAP, "", (int)columns, cell);
}

static void
add_titles(struct text *out, const struct layout *layout, bool has_colours)
{
    add_colour(out, has_colours, "2"); /* faint */
    add_blanks(out, layout->name - columns_add(out, "file", layout->name));
    if (layout->bar)
        add_blanks(out, GAP + layout->bar);
    for (size_t k = 0; k < N_CELLS; k++)
        if (layout->cells[k])
            add_cell(out, titles[k], layout->cells[k]);
    add_colour(out, has_colours, "0");
    text_add(out, "\n", 1);
}

static void
add_row(struct text *out, const struct layout *layout, const struct row *row,
    bool has_colours)
{
    size_t columns = columns_add(out, row->name, layout->name);

    add_blanks(out, layout->name - columns);
    if (layout->bar)
        add_bar(out, row->part, layout->bar, has_colours);
    for (size_t k = 0; k < N_CELLS; k++) {
        bool is_red = has_colours && k == ERRORS && row->has_errors;

        if (!layout->cells[k])
            continue;
        add_colour(out, is_red, "31");
        add_cell(out, row->cells[k], layout->cells[k]);
        add_colour(out, is_red, "0");
    }
    text_add(out, "\n", 1);
}

size_t
progress_bars(struct text *out, const struct progress_view *view, size_t width,
    size_t height, bool has_colours, size_t *columns)
{
    /* titles and total take a line each, the cursor stands on a third */
    size_t n = height > 3 ? height - 3 : 0;
    struct layout layout;
    struct row *rows;
    char name[64];

    *columns = 0;
    if (width < 2 || height < 2)
        return 0;
    n = view->n_rows < n ? view->n_rows : n;
    rows = mem_zero(n + 1, sizeof(*rows));
    for (size_t i = 0; i < n; i++)
        fill_row(&rows[i], view->rows[i].name, &view->rows[i]);
    snprintf(name, sizeof(name), "total %zu/%zu", view->done + view->not_done,
        view->n_files);
    fill_row(&rows[n], name, &view->total);
    /* the last column stays free: written to, some terminals wrap */
    lay_out(&layout, rows, n + 1, width - 1);
    if (height > 2)
        add_titles(out, &layout, has_colours);
    for (size_t i = 0; i <= n; i++)
        add_row(out, &layout, &rows[i], has_colours);
    free(rows);
    *columns = layout.name + (layout.bar ? GAP + layout.bar : 0) +
               cells_columns(&layout);
    return n + (height > 2 ? 2 : 1);
}

static void
add_files(struct text *out, const char *separator, size_t n, const char *word)
{
    if (n)
        text_format(out, "%s%zu %s", separator, n, word);
}

void
progress_line(struct text *out, const struct progress_view *view)
{
    const struct progress_row *total = &view->total;
    double part = part_of(total);
    char text[UNITS_TEXT_BYTES];

    text_format(out, "%s: %zu done", units_of(view->n_files, "file", text),
        view->done);
    add_files(out, ", ", view->not_done, "not done");
    add_files(out, ", ", view->running, "running");
    add_files(out, ", ", view->waiting, "waiting");
    text_format(out, "; ");
    if (part >= 0)
        text_format(out, "%d %%, ", (int)(part * 100));
    text_format(out, "%s, ", units_of(total->lines, "line", text));
    text_format(out, "%s lines/s, ",
        units_count((uint64_t)(total->lines_s + 0.5), text));
    text_format(out, "%s rejected, ", units_count(total->rejected, text));
    text_format(out, "%s failed", units_count(total->failed, text));
    if (total->left_s >= 0)
        text_format(out, ", about %s to go", span_text(total->left_s, text));
    text_add(out, "\n", 1);
}

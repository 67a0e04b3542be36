#include "bench/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/tool.h"
#include "base/units.h"
#include "bench/plot_layout.h"
#include "bench/quote.h"

/* A few hundred points take less. */
enum { DRAW_MS = 60000 };

/* There is room for so much of the name of the CPU. */
enum { CPU_MOST = 44 };

/* The picture in pixels; its height grows with the lines in the legend. */
enum { WIDTH = 960, LEAST_HEIGHT = 560, LEGEND_ROW = 22, LEGEND_AROUND = 160 };

/* Colours that colour-blind people can tell apart (Okabe and Ito). */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73",
    "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8a6d3b"};
static const int marks[] = {7, 5, 9, 11, 13, 4, 6, 8};
static const double densities[] = {0.85, 0.5, 0.25};
enum {
    N_COLOURS = sizeof(colours) / sizeof(colours[0]),
    N_MARKS = sizeof(marks) / sizeof(marks[0]),
    N_DENSITIES = sizeof(densities) / sizeof(densities[0]),
    N_DASHES = 5,
};

/* The label of an option on the x axis, with the unit. */
static const struct {
    const char *option, *label;
} labels[] = {
    {"processes", "processes"},
    {"threads", "packing threads of a process"},
    {"connections", "connections of a process to each server"},
    {"batch", "batch (lines)"},
    {"window", "window (bytes)"},
    {"mode", "mode"},
    {"inflate", "inflating library"},
};

int
plot_format_of(const char *path, enum plot_format *format)
{
    const char *dot = strrchr(path, '.');

    if (!dot)
        return -1;
    if (strcasecmp(dot, ".svg") == 0)
        *format = PLOT_SVG;
    else if (strcasecmp(dot, ".png") == 0)
        *format = PLOT_PNG;
    else
        return -1;
    return 0;
}

/* ------------------------------------------------------------ the text --- */

static void
add_string(struct text *out, const char *before, const char *string,
    const char *after)
{
    text_format(out, "%s", before);
    quote_plot(out, string);
    text_format(out, "%s", after);
}

static const char *
label_of(const char *option)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (strcmp(labels[i].option, option) == 0)
            return labels[i].label;
    return option;
}

static void
add_title(struct text *out, const struct plot_layout *layout)
{
    const struct bench_results *results = layout->results;
    const struct bench_machine *machine = &results->machine;
    char runs[UNITS_TEXT_BYTES], lines[UNITS_TEXT_BYTES];
    char files[UNITS_TEXT_BYTES], cores[UNITS_TEXT_BYTES];
    struct text title = {0}, below = {0};

    text_format(&title, "memc_load: speed");
    for (size_t i = 0; i < results->n_sweeps; i++)
        text_format(&title, "%s%s",
            i == 0                      ? " by "
            : i + 1 < results->n_sweeps ? ", "
                                        : " and ",
            results->sweeps[i].option);
    if (results->rounds > 1)
        text_format(&below, "median of %s, bars from min to max",
            units_of(results->rounds, "run", runs));
    else
        text_format(&below, "one run each");
    text_format(&below, "; %s in %s; %s%s%.*s",
        units_of(results->lines, "line", lines),
        units_of(results->n_files, "file", files),
        units_of(machine->cores, "core", cores), machine->cpu[0] ? ", " : "",
        CPU_MOST, machine->cpu);
    add_string(out, "set label 1 ", title.data,
        " at graph 0, screen 0.955 left font ',16'\n");
    add_string(out, "set label 2 ", below.data,
        " at graph 0, screen 0.905 left font ',11' textcolor '#555555'\n");
    text_release(&title);
    text_release(&below);
}

static void
add_terminal(struct text *out, const struct plot_layout *layout,
    enum plot_format format)
{
    size_t height = LEGEND_AROUND + layout->n_lines * LEGEND_ROW;

    if (height < LEAST_HEIGHT)
        height = LEAST_HEIGHT;
    text_format(out,
        format == PLOT_SVG
            ? "set terminal svg size %d,%zu font 'DejaVu Sans,Arial,"
              "sans-serif,13' background '#ffffff'\n"
            : "set terminal pngcairo size %d,%zu font 'DejaVu Sans,13' "
              "background '#ffffff'\n",
        WIDTH, height);
}

/* Of all points and the ceiling. */
static double
highest(const struct plot_layout *layout)
{
    enum bench_floor_kind kind;
    double most = bench_ceiling(layout->results, &kind);

    for (size_t i = 0; i < layout->n_rows; i++)
        most = fmax(most, layout->rows[i].lines_per_s.max);
    return most > 0 ? most : 1;
}

static void
add_axes(struct text *out, const struct plot_layout *layout)
{
    const struct bench_results *results = layout->results;
    double span = layout->most - layout->least;
    double edge = layout->is_words ? 0.6 : span > 0 ? 0.06 * span : 1;

    add_string(out, "set xlabel ",
        results->n_sweeps ? label_of(results->sweeps[0].option) : "", "\n");
    text_format(out,
        "set ylabel 'speed (1,000 lines a second)'\n"
        "set xrange [%.6g:%.6g]\n"
        "set yrange [0:%.6g]\n"
        "set xtics nomirror (",
        layout->least - edge, layout->most + edge,
        1.05 * highest(layout) / 1000);
    for (size_t i = 0; i < layout->n_x; i++) {
        text_format(out, "%s", i ? ", " : "");
        quote_plot(out,
            results->n_sweeps ? results->sweeps[0].values[i] : "as given");
        text_format(out, " %.6g", layout->x[i]);
    }
    text_format(out, ")\n");
}

static void
add_style(struct text *out)
{
    text_format(out, "set encoding utf8\n"
                     "set termoption noenhanced\n"
                     "set border 3 linecolor '#555555'\n"
                     "set grid ytics linecolor '#dddddd' linetype 1\n"
                     "set ytics nomirror\n"
                     "set format y \"%%'.0f\"\n"
                     "set tmargin at screen 0.87\n"
                     "set key outside right top vertical Left reverse "
                     "samplen 3 spacing 1.2\n"
                     "set boxwidth 1 relative\n");
}

/* x, median, min, max in thousands per second; an empty line where a point is
 * missing, so that no line is drawn across the gap. */
static void
add_data(struct text *out, const struct plot_layout *layout, size_t line)
{
    double share = plot_layout_share(layout);
    double aside = ((double)line - (double)(layout->n_lines - 1) / 2) * share;

    text_format(out, "$line%zu << EOD\n", line);
    for (size_t i = 0; i < layout->n_x; i++) {
        size_t value = plot_layout_next(layout, i);
        const struct bench_row *row = plot_layout_point(layout, line, value);

        if (row)
            text_format(out, "%.6g %.6g %.6g %.6g\n", layout->x[value] + aside,
                row->lines_per_s.median / 1000, row->lines_per_s.min / 1000,
                row->lines_per_s.max / 1000);
        else
            text_format(out, "\n");
    }
    text_format(out, "EOD\n");
}

/* Its colour is by the second sweep, its dashes and marks by the others. */
static void
add_line(struct text *out, const struct plot_layout *layout, size_t line,
    const char *lead)
{
    const struct bench_results *results = layout->results;
    size_t turn = layout->n_lines;
    size_t colour = 0, rest;
    char *name = plot_layout_name(layout, line);

    if (results->n_sweeps > 1) {
        turn /= results->sweeps[1].n_values;
        colour = plot_layout_value(layout, line, 1);
    }
    rest = turn ? line % turn : 0;
    text_format(out, "%s", lead);
    if (layout->is_words)
        text_format(out,
            "$line%zu using 1:2:(%.6g) with boxes linecolor '%s' "
            "fillstyle solid %.2f noborder",
            line, 0.94 * plot_layout_share(layout), colours[colour % N_COLOURS],
            densities[rest % N_DENSITIES]);
    else
        text_format(out,
            "$line%zu using 1:2 with linespoints linecolor '%s' linewidth 2 "
            "dashtype %zu pointtype %d pointsize 0.9",
            line, colours[colour % N_COLOURS], rest % N_DASHES + 1,
            marks[rest % N_MARKS]);
    if (name[0])
        add_string(out, " title ", name, "");
    else
        text_format(out, " notitle");
    /* not "yerrorbars", which erase what is around their middle */
    text_format(out,
        ", \\\n  $line%zu using 1:3:(0):($4-$3) with vectors heads "
        "size screen 0.004,90 linecolor '%s' linewidth 1.5 notitle",
        line, layout->is_words ? "#222222" : colours[colour % N_COLOURS]);
    free(name);
}

static void
add_ceiling(struct text *out, const struct plot_layout *layout,
    const char *lead)
{
    enum bench_floor_kind kind;
    double ceiling = bench_ceiling(layout->results, &kind);
    char *title;

    if (!(ceiling > 0))
        return;
    title = mem_format("ceiling: %s alone", bench_floor_name(kind));
    text_format(out,
        "%s%.6g with lines linecolor '#555555' linewidth 1.5 dashtype 3", lead,
        ceiling / 1000);
    add_string(out, " title ", title, "");
    free(title);
}

void
plot_script(struct text *out, const struct bench_results *results,
    enum plot_format format)
{
    struct plot_layout layout;
    const char *lead = "plot ";

    plot_layout_init(&layout, results);
    text_format(out, "# gnuplot THIS >PICTURE\n");
    add_terminal(out, &layout, format);
    add_style(out);
    add_title(out, &layout);
    add_axes(out, &layout);
    for (size_t i = 0; i < layout.n_lines; i++)
        if (plot_layout_has_points(&layout, i))
            add_data(out, &layout, i);
    for (size_t i = 0; i < layout.n_lines; i++) {
        if (!plot_layout_has_points(&layout, i))
            continue;
        add_line(out, &layout, i, lead);
        lead = ", \\\n  ";
    }
    add_ceiling(out, &layout, lead);
    text_format(out, "\n");
    plot_layout_release(&layout);
}

/* ------------------------------------------------------------- drawing --- */

bool
plot_can_draw(void)
{
    return tool_is_there("gnuplot");
}

int
plot_draw(struct text *picture, const struct text *script, struct err *err)
{
    /* -d: without the user's own settings */
    static const char *const argv[] = {"gnuplot", "-d", "-", NULL};
    struct text said = {0};
    int rc = tool_run(argv, script, DRAW_MS, picture, &said, err);

    if (rc == 0 && picture->n_bytes == 0) {
        err_set(err, ERR_IO, "gnuplot drew nothing%s%.*s",
            said.n_bytes ? ": " : "",
            said.n_bytes ? (int)strcspn(said.data, "\r\n") : 0,
            said.n_bytes ? said.data : "");
        rc = -1;
    }
    text_release(&said);
    return rc;
}

#include "bench/plot_layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"

/* ---------------------------------------------------------- the x axis --- */

static int
parse_value(const char *value, double *out)
{
    uint64_t n;

    if (units_parse_size(value, &n))
        return -1;
    *out = (double)n;
    return 0;
}

/* The positions of the values: the numbers, or 0, 1, 2 ... for words. */
static void
place_values(struct plot_layout *layout, const struct bench_sweep *sweep)
{
    double most = 0, least = INFINITY;

    layout->is_words = sweep == NULL;
    for (size_t i = 0; sweep && i < layout->n_x; i++) {
        if (parse_value(sweep->values[i], &layout->x[i])) {
            layout->is_words = true;
            break;
        }
        most = fmax(most, layout->x[i]);
        least = fmin(least, layout->x[i]);
    }
    layout->is_log =
        !layout->is_words && least > 0 && most >= PLOT_LAYOUT_LOG * least;
    for (size_t i = 0; i < layout->n_x; i++) {
        if (layout->is_words)
            layout->x[i] = (double)i;
        else if (layout->is_log)
            layout->x[i] = log2(layout->x[i]);
    }
}

static void
measure_axis(struct plot_layout *layout)
{
    layout->least = layout->most = layout->x[0];
    layout->step = INFINITY;
    for (size_t i = 0; i < layout->n_x; i++) {
        layout->least = fmin(layout->least, layout->x[i]);
        layout->most = fmax(layout->most, layout->x[i]);
        for (size_t j = 0; j < i; j++)
            if (fabs(layout->x[i] - layout->x[j]) > 0)
                layout->step =
                    fmin(layout->step, fabs(layout->x[i] - layout->x[j]));
    }
    if (isinf(layout->step))
        layout->step = 1;
}

void
plot_layout_init(struct plot_layout *layout,
    const struct bench_results *results)
{
    const struct bench_sweep *sweeps = results->sweeps;

    *layout = (struct plot_layout){.results = results, .n_lines = 1, .n_x = 1};
    layout->rows = bench_rows(results, &layout->n_rows);
    if (results->n_sweeps)
        layout->n_x = sweeps[0].n_values;
    for (size_t i = 1; i < results->n_sweeps; i++)
        layout->n_lines *= sweeps[i].n_values;
    layout->x = mem_zero(layout->n_x, sizeof(*layout->x));
    place_values(layout, results->n_sweeps ? &sweeps[0] : NULL);
    measure_axis(layout);
}

void
plot_layout_release(struct plot_layout *layout)
{
    free(layout->rows);
    free(layout->x);
}

/* ----------------------------------------------------------- the lines --- */

size_t
plot_layout_value(const struct plot_layout *layout, size_t line, size_t sweep)
{
    for (size_t i = layout->results->n_sweeps; --i > sweep;)
        line /= layout->results->sweeps[i].n_values;
    return line % layout->results->sweeps[sweep].n_values;
}

static bool
is_of_line(const struct plot_layout *layout, size_t setting, size_t line)
{
    for (size_t i = 1; i < layout->results->n_sweeps; i++)
        if (layout->results->settings[setting].value[i] !=
            plot_layout_value(layout, line, i))
            return false;
    return true;
}

static size_t
value_on_axis(const struct plot_layout *layout, size_t setting)
{
    return layout->results->n_sweeps
               ? layout->results->settings[setting].value[0]
               : 0;
}

const struct bench_row *
plot_layout_point(const struct plot_layout *layout, size_t line, size_t value)
{
    for (size_t i = 0; i < layout->n_rows; i++)
        if (layout->rows[i].n_runs &&
            is_of_line(layout, layout->rows[i].setting, line) &&
            value_on_axis(layout, layout->rows[i].setting) == value)
            return &layout->rows[i];
    return NULL;
}

char *
plot_layout_name(const struct plot_layout *layout, size_t line)
{
    const struct bench_results *results = layout->results;
    struct text name = {0};

    text_add(&name, "", 0);
    for (size_t i = 1; i < results->n_sweeps; i++)
        text_format(&name, "%s%s=%s", i > 1 ? " " : "",
            results->sweeps[i].option,
            results->sweeps[i].values[plot_layout_value(layout, line, i)]);
    return name.data;
}

double
plot_layout_share(const struct plot_layout *layout)
{
    double lines = (double)layout->n_lines;
    double span = layout->most - layout->least;

    if (layout->is_words)
        return 0.8 / lines;
    return fmin(0.012 * (span > 0 ? span : 1), 0.4 * layout->step / lines);
}

size_t
plot_layout_next(const struct plot_layout *layout, size_t n_done)
{
    for (size_t i = 0; i < layout->n_x; i++) {
        size_t rank = 0;

        for (size_t j = 0; j < layout->n_x; j++)
            rank += layout->x[j] < layout->x[i] ||
                    (j < i && !(layout->x[j] > layout->x[i]));
        if (rank == n_done)
            return i;
    }
    die("no value has rank %zu", n_done);
}

bool
plot_layout_has_points(const struct plot_layout *layout, size_t line)
{
    for (size_t i = 0; i < layout->n_x; i++)
        if (plot_layout_point(layout, line, i))
            return true;
    return false;
}

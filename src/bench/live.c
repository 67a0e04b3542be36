#include "bench/live.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/columns.h"
#include "base/file_write.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"

enum { USUAL_WIDTH = 80 };

/* Often enough to be seen moving. */
static const int64_t DRAW_EVERY_NS = 100 * 1000000LL;

enum live_style { STYLE_NONE, STYLE_LIVE, STYLE_LINES };

/* How long the runs of a setting or floor took so far. */
struct run_times {
    double sum_s;
    unsigned n;
};

struct live {
    enum live_style style;
    char *what; /* is done now */
    int64_t since_ns;
    bool is_shown;
    int64_t next_ns; /* when to draw again */

    const struct schedule *schedule; /* NULL: not yet */
    const struct bench_results *results;
    size_t turn;
    struct run_times *settings, *floors; /* one array; NULL: not yet */
    struct run_times all;
};

static bool
is_capable_terminal(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

struct live *
live_new(const struct settings *settings)
{
    struct live *live = mem_zero(1, sizeof(*live));

    if (settings->output.quiet || settings->output.progress == PROGRESS_NEVER)
        live->style = STYLE_NONE;
    else if (is_capable_terminal(STDERR_FILENO))
        live->style = STYLE_LIVE;
    else
        live->style = STYLE_LINES;
    return live;
}

void
live_free(struct live *live)
{
    if (!live)
        return;
    live_clear(live);
    free(live->settings);
    free(live->what);
    free(live);
}

/* Errors are ignored: the benchmark goes on when the terminal is gone. */
static void
show(const struct text *text)
{
    (void)fd_write(STDERR_FILENO, text->data, text->n_bytes);
}

static size_t
width(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
        return USUAL_WIDTH;
    return size.ws_col;
}

void
live_clear(struct live *live)
{
    static const char off[] = "\r\x1b[K";

    if (live->is_shown)
        (void)fd_write(STDERR_FILENO, off, sizeof(off) - 1);
    live->is_shown = false;
}

/* ----------------------------------------------------------- time left --- */

static struct run_times *
times_of(const struct live *live, const struct turn *turn)
{
    return turn->is_floor ? &live->floors[turn->which]
                          : &live->settings[turn->which];
}

static double
mean_s(const struct run_times *times)
{
    return times->n ? times->sum_s / times->n : 0;
}

double
live_left_s(const struct live *live, int64_t now_ns)
{
    double gone_s = (double)(now_ns - live->since_ns) / 1e9, left_s = 0;

    for (size_t i = live->turn; i < live->schedule->n; i++) {
        const struct run_times *times =
            times_of(live, &live->schedule->turns[i]);
        double seconds = mean_s(times->n ? times : &live->all);

        if (i == live->turn)
            seconds = seconds > gone_s ? seconds - gone_s : 0;
        left_s += seconds;
    }
    return left_s;
}

static void
note(struct run_times *times, double seconds)
{
    times->sum_s += seconds;
    times->n++;
}

/* --------------------------------------------------------------- lines --- */

static void
add_left(struct text *text, const struct live *live, int64_t now_ns)
{
    char left[UNITS_TEXT_BYTES];

    if (live->schedule && live->turn < live->schedule->n)
        text_format(text, "  ETA %s",
            units_span(live_left_s(live, now_ns), left));
}

/* The last column stays empty: the cursor would go to the next line. */
void
live_tick(void *ctx)
{
    struct live *live = ctx;
    struct text line = {0}, text = {0};
    char span[UNITS_TEXT_BYTES];
    int64_t now_ns = clock_ns();

    if (live->style != STYLE_LIVE || !live->what || now_ns < live->next_ns)
        return;
    live->next_ns = now_ns + DRAW_EVERY_NS;
    text_format(&line, "%s  %s", live->what,
        units_span((double)(now_ns - live->since_ns) / 1e9, span));
    add_left(&line, live, now_ns);
    text_format(&text, "\r");
    columns_add(&text, line.data, width() - 1);
    text_format(&text, "\x1b[K");
    show(&text);
    live->is_shown = true;
    text_release(&text);
    text_release(&line);
}

static void
set_what(struct live *live, char *what)
{
    free(live->what);
    live->what = what;
    live->since_ns = clock_ns();
    live->next_ns = 0;
    live_tick(live);
}

void
live_say(struct live *live, const char *what)
{
    struct text text = {0};

    if (live->style == STYLE_LINES) {
        text_format(&text, "%s\n", what);
        show(&text);
        text_release(&text);
    }
    set_what(live, mem_text(what));
}

void
live_schedule(struct live *live, const struct schedule *schedule,
    const struct bench_results *results, double seconds)
{
    live->schedule = schedule;
    live->results = results;
    live->settings =
        mem_zero(results->n_settings + N_FLOORS, sizeof(*live->settings));
    live->floors = live->settings + results->n_settings;
    note(&live->all, seconds);
}

void
live_begin(struct live *live, size_t turn)
{
    const struct turn *of = &live->schedule->turns[turn];
    char *name = of->is_floor
                     ? mem_format("floor: %s",
                           bench_floor_name((enum bench_floor_kind)of->which))
                     : bench_setting_text(live->results, of->which);

    live->turn = turn;
    set_what(live,
        mem_format("run %zu of %zu  %s", turn + 1, live->schedule->n, name));
    free(name);
}

void
live_end(struct live *live, const struct bench_run *run)
{
    struct text text = {0};
    char rate[UNITS_TEXT_BYTES];
    int64_t now_ns = clock_ns();
    double seconds = (double)(now_ns - live->since_ns) / 1e9;

    note(times_of(live, &live->schedule->turns[live->turn]), seconds);
    note(&live->all, seconds);
    live->turn++;
    live->since_ns = now_ns;
    if (live->style != STYLE_LINES)
        return;
    if (run->failed)
        text_format(&text, "%s  failed", live->what);
    else
        text_format(&text, "%s  %s lines/s", live->what,
            units_count((uint64_t)(bench_lines_per_s(run) + 0.5), rate));
    add_left(&text, live, now_ns);
    text_format(&text, "\n");
    show(&text);
    text_release(&text);
}

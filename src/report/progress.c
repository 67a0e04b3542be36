#include "report/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/progress_text.h"

/* A bar that moves ten times a second looks alive; a log wants few lines. */
static const int64_t BARS_EVERY_NS = 100 * 1000000LL;
static const int64_t LINES_EVERY_NS = 5000 * 1000000LL;

/* For a terminal that does not say how large it is. */
enum { USUAL_WIDTH = 80, USUAL_HEIGHT = 24 };

enum style { STYLE_NONE, STYLE_BARS, STYLE_LINES };

struct progress {
    enum style style;
    bool has_colours;
    struct watch *watch;
    struct text text;
    int64_t task_started_ns; /* of the task that was drawn last */
    int64_t next_ns;         /* 0: not drawn yet */
    /* of bars, above the cursor: rows, and the columns each takes */
    size_t shown_rows, shown_columns;
};

static bool
is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value && *value;
}

/* One that does what it is told by escape sequences. */
static bool
is_capable_terminal(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

struct progress *
progress_new(const struct settings *settings)
{
    struct progress *progress = mem_zero(1, sizeof(*progress));

    if (settings->output.quiet || settings->output.progress == PROGRESS_NEVER)
        progress->style = STYLE_NONE;
    else if (settings->output.progress == PROGRESS_ALWAYS ||
             is_capable_terminal(STDERR_FILENO))
        progress->style = STYLE_BARS;
    else
        progress->style = STYLE_LINES;
    progress->has_colours = !is_set("NO_COLOR");
    progress->watch = watch_new();
    return progress;
}

void
progress_free(struct progress *progress)
{
    if (!progress)
        return;
    watch_free(progress->watch);
    text_release(&progress->text);
    free(progress);
}

bool
progress_is_live(const struct progress *progress)
{
    return progress && progress->style == STYLE_BARS;
}

/* A terminal that is gone takes no progress; the load goes on. */
static void
show(struct progress *progress)
{
    (void)fd_write(STDERR_FILENO, progress->text.data, progress->text.n_bytes);
    text_clear(&progress->text);
}

static void
ask_size(size_t *width, size_t *height)
{
    struct winsize size;

    *width = USUAL_WIDTH;
    *height = USUAL_HEIGHT;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
        return;
    *width = size.ws_col;
    if (size.ws_row)
        *height = size.ws_row;
}

/*
 * To the first row of the bars that are shown. A terminal made narrower has
 * folded each of them into several.
 */
static void
add_way_up(struct progress *progress, size_t width)
{
    size_t folds = (progress->shown_columns + width - 1) / width;

    text_format(&progress->text, "\r");
    if (progress->shown_rows)
        text_format(&progress->text, "\x1b[%zuA",
            progress->shown_rows * (folds ? folds : 1));
    progress->shown_rows = 0;
}

/* Row by row over the old ones: cleared beforehand they would flicker. */
static void
draw_bars(struct progress *progress, const struct progress_view *view)
{
    size_t width, height, n_rows;
    struct text bars = {0};
    const char *row, *end;

    ask_size(&width, &height);
    add_way_up(progress, width);
    n_rows = progress_bars(&bars, view, width, height, progress->has_colours,
        &progress->shown_columns);
    for (row = bars.data; n_rows && *row; row = end + 1) {
        end = strchr(row, '\n');
        text_format(&progress->text, "%.*s\x1b[K\n", (int)(end - row), row);
    }
    text_format(&progress->text, "\x1b[J");
    progress->shown_rows = n_rows;
    show(progress);
    text_release(&bars);
}

int
progress_draw(struct progress *progress, const struct task *task,
    int64_t now_ns)
{
    struct progress_view view;
    int64_t every_ns;

    if (!progress || progress->style == STYLE_NONE)
        return -1;
    every_ns = progress->style == STYLE_BARS ? BARS_EVERY_NS : LINES_EVERY_NS;
    if (progress->task_started_ns != task->started_ns)
        progress->next_ns = 0; /* another one begins anew */
    progress->task_started_ns = task->started_ns;
    /* bars at once, the first line when there is something to tell */
    if (!progress->next_ns)
        progress->next_ns = progress->style == STYLE_BARS
                                ? now_ns
                                : task->started_ns + every_ns;
    if (now_ns >= progress->next_ns) {
        watch_look(progress->watch, task, now_ns, &view);
        if (progress->style == STYLE_BARS) {
            draw_bars(progress, &view);
        } else {
            progress_line(&progress->text, &view);
            show(progress);
        }
        progress->next_ns = now_ns + every_ns;
    }
    /* rounded up, so that it is time when the caller comes back */
    return (int)((progress->next_ns - now_ns + 999999) / 1000000);
}

void
progress_clear(struct progress *progress)
{
    size_t width, height;

    if (!progress || !progress->shown_rows)
        return;
    ask_size(&width, &height);
    add_way_up(progress, width);
    text_format(&progress->text, "\x1b[J");
    show(progress);
    progress->next_ns = 0; /* back with the next draw */
}

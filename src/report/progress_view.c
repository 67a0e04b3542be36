#include "report/progress_view.h"

#include <stdlib.h>

#include "base/mem.h"

/* Speeds follow about this many seconds back. */
static const double MEMORY_S = 3;

/* How fast a count grows. */
struct meter {
    int64_t started_ns, at_ns;
    uint64_t value;
    double per_s;
};

/* What is remembered of a worker's place. */
struct watched {
    const struct run_input *at;
    struct meter lines, bytes;
};

struct watch {
    struct meter lines, bytes; /* of all files */
    struct watched *places;
    struct progress_row *rows;
    size_t n_places;
};

struct watch *
watch_new(void)
{
    return mem_zero(1, sizeof(struct watch));
}

void
watch_free(struct watch *watch)
{
    if (!watch)
        return;
    free(watch->places);
    free(watch->rows);
    free(watch);
}

static void
meter_start(struct meter *meter, int64_t now_ns)
{
    *meter = (struct meter){.started_ns = now_ns, .at_ns = now_ns};
}

/*
 * The average since the start at first, then one in which the past fades. A
 * value may fall (a worker died with lines nobody answers for): that is 0.
 */
static double
meter_look(struct meter *meter, int64_t now_ns, uint64_t value)
{
    double span_s = (double)(now_ns - meter->at_ns) / 1e9;
    double life_s = (double)(now_ns - meter->started_ns) / 1e9;
    double grown;

    if (span_s <= 0)
        return meter->per_s;
    grown = value > meter->value ? (double)(value - meter->value) : 0;
    if (life_s < MEMORY_S || meter->at_ns == meter->started_ns)
        meter->per_s = (double)value / life_s;
    else
        meter->per_s +=
            (grown / span_s - meter->per_s) * span_s / (span_s + MEMORY_S);
    meter->at_ns = now_ns;
    meter->value = value;
    return meter->per_s;
}

static void
make_places(struct watch *watch, size_t n)
{
    if (n <= watch->n_places)
        return;
    free(watch->places);
    free(watch->rows);
    watch->places = mem_zero(n, sizeof(*watch->places));
    watch->rows = mem_zero(n, sizeof(*watch->rows));
    watch->n_places = n;
}

static double
left_s(const struct progress_row *row, double bytes_s)
{
    if (!row->has_size || bytes_s <= 0)
        return -1;
    return (double)(row->all_bytes - row->done_bytes) / bytes_s;
}

/* A running file: what was read by the gauges, what went wrong by the slot. */
static void
look_at_place(struct watched *watched, const struct place *place,
    int64_t now_ns, struct progress_row *row)
{
    const struct run_input *at = place->at;
    const struct input *input = at->input;
    struct report *report = slot_read(place->slot);
    uint64_t offset = atomic_load(&place->slot->gauges.offset);

    if (watched->at != at) {
        watched->at = at;
        meter_start(&watched->lines, at->started_ns);
        meter_start(&watched->bytes, at->started_ns);
    }
    *row = (struct progress_row){
        .name = input->base,
        .has_size = input->type->has_size,
        .all_bytes =
            input->type->has_size ? (uint64_t)input->at_start.st_size : 0,
        .lines = atomic_load(&place->slot->gauges.lines),
        .rejected = report->counts.rejected,
        .failed = report->counts.failed,
    };
    row->done_bytes = offset;
    if (row->has_size && offset > row->all_bytes)
        row->done_bytes = row->all_bytes;
    row->lines_s = meter_look(&watched->lines, now_ns, row->lines);
    row->left_s =
        left_s(row, meter_look(&watched->bytes, now_ns, row->done_bytes));
    free(report);
}

static void
add_row(struct progress_row *total, const struct progress_row *row)
{
    total->done_bytes += row->done_bytes;
    total->lines += row->lines;
    total->rejected += row->rejected;
    total->failed += row->failed;
    total->left_s = row->left_s > total->left_s ? row->left_s : total->left_s;
}

/* One that is not running: nothing of it is read yet, or all is over. */
static void
add_input(struct progress_row *total, const struct run_input *at)
{
    enum input_state state = at->status.state;

    if ((input_state_is_done(state) || input_state_is_read(state)) &&
        at->input->type->has_size)
        total->done_bytes += (uint64_t)at->input->at_start.st_size;
    if (at->report) {
        total->lines += at->report->counts.lines;
        total->rejected += at->report->counts.rejected;
        total->failed += at->report->counts.failed;
    }
}

static void
count_input(struct progress_view *view, const struct run_input *at)
{
    enum input_state state = at->status.state;

    view->n_files++;
    if (state == INPUT_WAITING)
        view->waiting++;
    else if (input_state_is_running(state) || input_state_is_read(state))
        view->running++;
    else if (input_state_is_done(state))
        view->done++;
    else
        view->not_done++;
    /* what was given up is left out: all of it at once is no speed */
    if (input_state_is_settled(state) && !input_state_is_done(state))
        return;
    if (at->input->type->has_size)
        view->total.all_bytes += (uint64_t)at->input->at_start.st_size;
    else if (!input_state_is_done(state))
        view->total.has_size = false;
}

void
watch_look(struct watch *watch, const struct task *task, int64_t now_ns,
    struct progress_view *out)
{
    double bytes_s, all_left_s;

    make_places(watch, task->n_places);
    *out = (struct progress_view){.rows = watch->rows};
    out->total.name = "total";
    out->total.has_size = true;
    out->total.left_s = -1;
    for (size_t i = 0; i < task->n; i++) {
        count_input(out, &task->inputs[i]);
        if (!input_state_is_running(task->inputs[i].status.state))
            add_input(&out->total, &task->inputs[i]);
    }
    for (size_t i = 0; i < task->n_places; i++) {
        const struct place *place = &task->places[i];
        struct progress_row *row = &watch->rows[out->n_rows];

        if (!place->at)
            continue;
        look_at_place(&watch->places[i], place, now_ns, row);
        add_row(&out->total, row);
        out->n_rows++;
    }
    /* a task that follows another begins anew */
    if (watch->lines.started_ns != task->started_ns) {
        meter_start(&watch->lines, task->started_ns);
        meter_start(&watch->bytes, task->started_ns);
    }
    out->total.lines_s = meter_look(&watch->lines, now_ns, out->total.lines);
    bytes_s = meter_look(&watch->bytes, now_ns, out->total.done_bytes);
    all_left_s = left_s(&out->total, bytes_s);
    /* not before the slowest file: the others do not make it faster */
    if (all_left_s < 0 || all_left_s > out->total.left_s)
        out->total.left_s = all_left_s;
}

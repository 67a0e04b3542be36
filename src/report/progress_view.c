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
struct place {
    const struct file *file;
    struct meter lines, bytes;
};

struct watch {
    struct meter lines, bytes; /* of all files */
    struct place *places;
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
look_at_worker(struct place *place, const struct worker *worker, int64_t now_ns,
    struct progress_row *row)
{
    const struct file *file = worker->file;
    struct report *report = slot_read(worker->slot);
    uint64_t offset = atomic_load(&worker->slot->gauges.offset);

    if (place->file != file) {
        place->file = file;
        meter_start(&place->lines, file->started_ns);
        meter_start(&place->bytes, file->started_ns);
    }
    *row = (struct progress_row){
        .name = file->base,
        .has_size = !file->is_stdin,
        .all_bytes = file->is_stdin ? 0 : (uint64_t)file->at_start.st_size,
        .lines = atomic_load(&worker->slot->gauges.lines),
        .rejected = report->counts.rejected,
        .failed = report->counts.failed,
    };
    row->done_bytes = offset;
    if (row->has_size && offset > row->all_bytes)
        row->done_bytes = row->all_bytes;
    row->lines_s = meter_look(&place->lines, now_ns, row->lines);
    row->left_s =
        left_s(row, meter_look(&place->bytes, now_ns, row->done_bytes));
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

/* A file that is not running: nothing of it is read yet, or all is over. */
static void
add_file(struct progress_row *total, const struct file *file)
{
    if ((file->status == FILE_DONE || file->status == FILE_READ) &&
        !file->is_stdin)
        total->done_bytes += (uint64_t)file->at_start.st_size;
    if (file->report) {
        total->lines += file->report->counts.lines;
        total->rejected += file->report->counts.rejected;
        total->failed += file->report->counts.failed;
    }
}

static void
count_file(struct progress_view *view, const struct file *file)
{
    view->n_files++;
    if (file->status == FILE_WAITING)
        view->waiting++;
    else if (file->status == FILE_RUNNING || file->status == FILE_READ)
        view->running++;
    else if (file->status == FILE_DONE)
        view->done++;
    else
        view->not_done++;
    /* what was given up is left out: all of it at once is no speed */
    if (file_is_settled(file) && file->status != FILE_DONE)
        return;
    if (!file->is_stdin)
        view->total.all_bytes += (uint64_t)file->at_start.st_size;
    else if (file->status != FILE_DONE)
        view->total.has_size = false;
}

void
watch_look(struct watch *watch, const struct run *run, int64_t now_ns,
    struct progress_view *out)
{
    double bytes_s, all_left_s;

    make_places(watch, run->n_workers);
    *out = (struct progress_view){.rows = watch->rows};
    out->total.name = "total";
    out->total.has_size = true;
    out->total.left_s = -1;
    for (size_t i = 0; i < run->files.n; i++) {
        count_file(out, &run->files.file[i]);
        if (run->files.file[i].status != FILE_RUNNING)
            add_file(&out->total, &run->files.file[i]);
    }
    for (size_t i = 0; i < run->n_workers; i++) {
        const struct worker *worker = &run->workers[i];
        struct progress_row *row = &watch->rows[out->n_rows];

        if (!worker->pid || worker->file->status != FILE_RUNNING)
            continue;
        look_at_worker(&watch->places[i], worker, now_ns, row);
        add_row(&out->total, row);
        out->n_rows++;
    }
    if (!watch->lines.started_ns) {
        meter_start(&watch->lines, run->started_ns);
        meter_start(&watch->bytes, run->started_ns);
    }
    out->total.lines_s = meter_look(&watch->lines, now_ns, out->total.lines);
    bytes_s = meter_look(&watch->bytes, now_ns, out->total.done_bytes);
    all_left_s = left_s(&out->total, bytes_s);
    /* not before the slowest file: the others do not make it faster */
    if (all_left_s < 0 || all_left_s > out->total.left_s)
        out->total.left_s = all_left_s;
}

#include "preflight/forecast.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "load/preview.h"
#include "run/input_outcome.h"

struct sampling {
    struct forecast *forecast;
    const struct run *run;
    struct findings *findings;
    struct previewer *previewer;
    struct preview_limits limits;    /* of each file */
    struct server_forecast *of_file; /* what the one at hand gave */
    uint64_t sampled_bytes;          /* sizes of those sampled so far */
};

/* ------------------------------------------------------------- one file --- */

static void
take_item(void *ctx, size_t server, const struct item *item)
{
    struct sampling *sampling = ctx;
    struct server_forecast *to =
        &sampling->of_file[sampling->forecast->servers[server].first];
    size_t bytes = item_bytes(item, sampling->run->settings->input.flags);

    if (bytes > to->largest_bytes)
        to->largest_bytes = bytes;
    if (bytes > server_item_max(&sampling->run->shards.server[server])) {
        to->too_large++;
        return;
    }
    to->items++;
    /* flags lie behind the key */
    slabs_add(&to->slabs,
        item->key_bytes + (size_t)(sampling->run->settings->input.flags
                                       ? ITEM_FLAGS_BYTES
                                       : 0),
        item->value_bytes, 1, to->chunks);
}

/* What the file at hand gave, times so much; and ready for the next. */
static void
add_servers(struct sampling *sampling, double scale)
{
    for (size_t i = 0; i < sampling->run->shards.n_servers; i++) {
        struct server_forecast *to = &sampling->forecast->servers[i];
        struct server_forecast *from = &sampling->of_file[i];

        to->items += from->items * scale;
        to->too_large += from->too_large * scale;
        to->too_large_seen += (uint64_t)from->too_large;
        if (to->largest_bytes < from->largest_bytes)
            to->largest_bytes = from->largest_bytes;
        for (size_t j = 0; j < to->slabs.n; j++)
            to->chunks[j] += from->chunks[j] * scale;
        from->items = from->too_large = 0;
        memset(from->chunks, 0, sizeof(from->chunks));
    }
}

/* What helps before it is loaded. */
static const char *
remedy(const struct input *input, enum input_reason reason)
{
    return reason == INPUT_REASON_NOT_GZIP ? outcome_advice(input, reason)
                                           : "get it anew";
}

static void
judge_rejected(struct sampling *sampling, const struct input *input,
    const struct counts *counts)
{
    const struct settings *settings = sampling->run->settings;
    double rate = counts_error_rate(counts);
    enum reason most = REASON_NONE;
    char lines[UNITS_TEXT_BYTES];

    if (counts->rejected == 0 || rate < settings->failure.max_error_rate)
        return;
    for (enum reason i = most + 1; i < N_REASONS; i++)
        if (counts->rejects[i] > counts->rejects[most])
            most = i;
    findings_add_file(sampling->findings, FINDING_FILE, input->path,
        "of its first %s %.3g %% would be rejected, most as %s; a file "
        "fails at %.3g %% (--max-error-rate): see memc_load explain%s",
        units_of(counts->lines, "line", lines), rate * 100, reason_word(most),
        settings->failure.max_error_rate * 100,
        counts->rejected < counts->lines - counts->blank
            ? ", then mend its lines or raise that"
        : settings->input.mapping_file
            ? ": the mapping may be wrong"
            : ": it may need a mapping (--mapping FILE)");
}

static void
judge(struct sampling *sampling, const struct input *input,
    const struct preview *preview)
{
    enum input_reason reason = input_reason_of_source(preview->state);

    if (preview->has_no_header)
        findings_add_file(sampling->findings, FINDING_FILE, input->path,
            "header: %s; mend the file or the mapping", preview->err.text);
    else if (reason)
        findings_add_file(sampling->findings, FINDING_FILE, input->path,
            "%s: %s; %s", input_reason_word(reason), preview->err.text,
            remedy(input, reason));
    else if (preview->state != SOURCE_MORE && preview->counts.lines == 0)
        findings_add_file(sampling->findings, FINDING_NOTE, input->path,
            "no lines in it; check where it comes from");
    else
        judge_rejected(sampling, input, &preview->counts);
}

static void
fail_unreadable(struct sampling *sampling, const struct input *input,
    const struct input_outcome *outcome)
{
    findings_add_file(sampling->findings, FINDING_FILE, input->path, "%s: %s",
        input_reason_word(outcome->reason), outcome->message);
}

static void
judge_writers(struct sampling *sampling, const struct input *input, int fd)
{
    char who[WRITERS_NAME_BYTES];

    if (writers_of(fd) == WRITERS_SOME)
        findings_add_file(sampling->findings, FINDING_FILE, input->path,
            "%s: %s has it open for writing: load it when that has closed it, "
            "or give --settle SECONDS",
            input_reason_word(INPUT_REASON_UNFINISHED), writers_name(fd, who));
}

/* Opened without a claim, by a copy that nobody else sees. */
static void
sample_file(struct sampling *sampling, const struct input *input)
{
    struct forecast *to = sampling->forecast;
    struct input opened = *input;
    struct input_outcome outcome;
    struct preview preview;

    to->files_sampled++;
    sampling->sampled_bytes += (uint64_t)input->at_start.st_size;
    if (!input->type->open(&opened, false, &outcome)) {
        fail_unreadable(sampling, input, &outcome);
        return;
    }
    judge_writers(sampling, input, opened.fd);
    previewer_read(sampling->previewer, opened.fd,
        (uint64_t)opened.at_start.st_size, &sampling->limits, &preview,
        take_item, sampling);
    input->type->close(&opened);
    judge(sampling, input, &preview);
    to->is_rejecting[input->number] = preview.counts.rejected > 0;
    to->lines_sampled += preview.counts.lines;
    to->lines += (double)preview.counts.lines * preview.scale;
    to->blank += (double)preview.counts.blank * preview.scale;
    to->rejected += (double)preview.counts.rejected * preview.scale;
    for (enum reason i = 0; i < N_REASONS; i++)
        to->rejects[i] += (double)preview.counts.rejects[i] * preview.scale;
    to->is_exact &= preview.state != SOURCE_MORE;
    add_servers(sampling, preview.scale);
}

/* ------------------------------------------------------------ all files --- */

/* The inputs that can be sampled; of the others it is told what they are. */
static const struct input **
find_files(struct sampling *sampling)
{
    const struct task *task = &sampling->run->task;
    const struct input **files =
        mem_zero(task->n, sizeof(const struct input *));
    struct forecast *to = sampling->forecast;

    for (size_t i = 0; i < task->n; i++) {
        const struct input *input = task->inputs[i].input;
        struct input other = *input;
        struct input_outcome outcome;

        if (!input->type->has_size)
            continue;
        if (S_ISREG(input->at_start.st_mode)) {
            files[to->n_files++] = input;
            to->file_bytes += (uint64_t)input->at_start.st_size;
        } else if (!input->type->open(&other, false, &outcome)) {
            fail_unreadable(sampling, input, &outcome);
        }
        input->type->close(&other);
    }
    return files;
}

static void
sample_files(struct sampling *sampling)
{
    struct forecast *to = sampling->forecast;
    const struct input **files = find_files(sampling);
    size_t n = to->n_files < FORECAST_FILES ? to->n_files : FORECAST_FILES;

    sampling->limits = (struct preview_limits){
        .lines = n ? FORECAST_LINES / n : 0,
        .text_bytes = n ? FORECAST_TEXT_BYTES / n : 0,
        .end_ns = clock_ns() + (int64_t)FORECAST_MS * 1000000,
        .cpu_end_ns = clock_cpu_ns() + (int64_t)FORECAST_CPU_MS * 1000000,
        .is_stopped = sampling->run->is_stopped,
        .ctx = sampling->run->stop_ctx,
    };
    to->is_exact = n == to->n_files;
    /* evenly spread: the middle file of each of n parts of the list */
    for (size_t i = 0; i < n && !preview_is_late(&sampling->limits); i++)
        sample_file(sampling, files[(2 * i + 1) * to->n_files / (2 * n)]);
    to->is_exact &= to->files_sampled == to->n_files;
    free(files);
}

/* Files that were not sampled are like those that were, by their size. */
static void
scale_up(struct sampling *sampling)
{
    struct forecast *to = sampling->forecast;
    double scale = 1;

    if (sampling->sampled_bytes)
        scale = (double)to->file_bytes / (double)sampling->sampled_bytes;
    to->lines *= scale;
    to->blank *= scale;
    to->rejected *= scale;
    for (enum reason i = 0; i < N_REASONS; i++)
        to->rejects[i] *= scale;
    for (size_t i = 0; i < sampling->run->shards.n_servers; i++) {
        struct server_forecast *server = &to->servers[i];

        server->items *= scale;
        server->too_large *= scale;
        to->rejected += server->too_large;
        to->rejects[REASON_TOO_LARGE] += server->too_large;
        for (size_t j = 0; j < server->slabs.n; j++)
            server->chunks[j] *= scale;
        server->needed_bytes =
            slabs_bytes(&server->slabs, server->chunks, &server->fits_always);
        server->hash_bytes = slabs_hash_bytes(server->items);
    }
}

static void
find_first(const struct shards *shards, struct server_forecast *servers)
{
    for (size_t i = 0; i < shards->n_servers; i++) {
        servers[i].first = shards_first(shards, i);
        servers[servers[i].first].n_shards++;
    }
}

void
forecast_make(struct forecast *forecast, const struct run *run,
    struct findings *findings)
{
    size_t n = run->shards.n_servers;
    struct sampling sampling = {
        .forecast = forecast, .run = run, .findings = findings};

    *forecast = (struct forecast){0};
    forecast->servers = mem_zero(n, sizeof(*forecast->servers));
    forecast->is_rejecting =
        mem_zero(run->task.n, sizeof(*forecast->is_rejecting));
    for (size_t i = 0; i < n; i++)
        slabs_init(&forecast->servers[i].slabs,
            &run->shards.server[i].facts.slabs);
    find_first(&run->shards, forecast->servers);
    sampling.of_file = mem_zero(n, sizeof(*sampling.of_file));
    for (size_t i = 0; i < n; i++)
        sampling.of_file[i].slabs = forecast->servers[i].slabs;
    sampling.previewer = previewer_new(run->settings, &run->shards);
    sample_files(&sampling);
    scale_up(&sampling);
    previewer_free(sampling.previewer);
    free(sampling.of_file);
}

void
forecast_release(struct forecast *forecast)
{
    free(forecast->servers);
    free(forecast->is_rejecting);
    *forecast = (struct forecast){0};
}

uint64_t
forecast_count(const struct forecast *forecast, double n)
{
    double step = 1;

    while (!forecast->is_exact && n / step >= 999.5)
        step *= 10;
    return (uint64_t)(n / step + 0.5) * (uint64_t)step;
}

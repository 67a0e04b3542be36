#include "bench/loads.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fit.h"
#include "base/json_build.h"
#include "base/mem.h"
#include "base/text.h"
#include "load/report.h"

int
loads_open(struct loads *loads, struct err *err)
{
    loads->program_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (loads->program_fd >= 0)
        return 0;
    err_set_errno(err, ERR_IO, "cannot open this program to run it");
    return -1;
}

void
loads_close(struct loads *loads)
{
    if (loads->program_fd >= 0)
        close(loads->program_fd);
}

/* ---------------------------------------------------- the command line --- */

static void
add_option(struct words *words, const char *name, const char *value)
{
    char *word =
        value ? mem_format("--%s=%s", name, value) : mem_format("--%s", name);

    words_add(words, word);
    free(word);
}

/* "--shard=NAME=ADDR,ADDR" for each shard. */
static void
add_own(struct words *words, const struct shards *own)
{
    for (size_t i = 0; own && i < own->n; i++) {
        const struct shard *shard = &own->shard[i];
        struct text spec = {0};

        text_format(&spec, "%s=", shard->name);
        for (size_t j = 0; j < shard->n_servers; j++)
            text_format(&spec, "%s%s", j ? "," : "",
                own->server[shard->first_server + j].address->text);
        add_option(words, "shard", spec.data);
        text_release(&spec);
    }
}

/* The swept options come after those for all runs, so theirs is the value. */
static void
make_words(const struct loads *loads, size_t setting, const struct shards *own,
    const char *summary, struct words *words)
{
    const struct bench_results *results = loads->results;

    words_add(words, "memc_load");
    words_add(words, "load");
    for (size_t i = 0; i < results->n_options; i++)
        add_option(words, results->options[i].name, results->options[i].value);
    for (size_t i = 0; i < results->n_sweeps; i++)
        add_option(words, results->sweeps[i].option,
            bench_value(results, setting, i));
    add_own(words, own);
    if (loads->mapping_path)
        add_option(words, "mapping", loads->mapping_path);
    add_option(words, "no-rename", NULL);
    add_option(words, "no-rejects", NULL);
    add_option(words, "progress", "never");
    add_option(words, "summary", summary);
    words_add(words, "--");
    for (size_t i = 0; i < loads->data->paths.n; i++)
        words_add(words, loads->data->paths.items[i]);
    words->items = mem_grow(words->items, words->n + 1, sizeof(char *));
    words->items[words->n] = NULL;
}

/* ----------------------------------------------------- what it came to --- */

/* The last error that it logged, else the last line, without the time. */
static void
last_words(const char *said, char *out, size_t room)
{
    FILE *file = fopen(said, "re");
    bool is_error = false;
    char line[512];

    *out = '\0';
    while (file && fgets(line, sizeof(line), file)) {
        const char *message = *line == '[' ? strchr(line, ']') : NULL;
        bool is_one = message && strncmp(message, "] E ", 4) == 0;

        line[strcspn(line, "\n")] = '\0';
        if (!*line || (is_error && !is_one))
            continue;
        is_error = is_one;
        fit(out, room, message && strlen(message) > 4 ? message + 4 : line);
    }
    if (file)
        fclose(file);
}

static void
fail_as_ended(const char *said, int status, struct bench_run *run)
{
    char how[64], words[192];

    child_status_text(status, how, sizeof(how));
    last_words(said, words, sizeof(words));
    run->failed = true;
    fit_format(run->why, sizeof(run->why), "%s%s%s", how, *words ? ": " : "",
        words);
}

static uint64_t
count(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* By the names of load/report.h, under which the summary has them. A counter
 * that is not among the totals is 0. */
static void
read_totals(const json_t *totals, struct counts *counts)
{
    *counts = (struct counts){0};
#define X(name, use, column, about) counts->name = count(totals, #name);
    COUNTS(X)
#undef X
}

static uint64_t
sum_evictions(const json_t *summary)
{
    const json_t *shards = json_object_get(summary, "shards");
    uint64_t sum = 0;

    for (size_t i = 0; i < json_array_size(shards); i++)
        sum += count(json_array_get(shards, i), "evictions");
    return sum;
}

/* Exit status 0 says that every file is done, not that as much was stored as
 * in the other runs. */
static void
check_totals(struct loads *loads, const json_t *summary, struct bench_run *run)
{
    uint64_t good, evictions = sum_evictions(summary);
    struct counts totals;

    read_totals(json_object_get(summary, "totals"), &totals);
    good = totals.stored + totals.sent;
    run->lines = totals.lines;
    run->text_bytes = totals.text_bytes;
    if (evictions > loads->evictions)
        loads->evictions = evictions;
    if (!loads->knows_good) {
        loads->knows_good = true;
        loads->good = good;
        if (loads->data->lines == 0)
            loads->data->lines = run->lines;
        loads->data->text_bytes = run->text_bytes;
    }
    run->failed = good != loads->good || run->lines != loads->data->lines;
    if (run->failed)
        snprintf(run->why, sizeof(run->why),
            "it stored %" PRIu64 " items of %" PRIu64 " lines; %" PRIu64
            " of %" PRIu64 " were expected",
            good, run->lines, loads->good, loads->data->lines);
}

static void
read_summary(struct loads *loads, const char *path, struct bench_run *run)
{
    json_error_t error;
    json_t *summary = json_load_file(path, 0, &error);

    if (summary) {
        check_totals(loads, summary, run);
    } else {
        run->failed = true;
        fit_format(run->why, sizeof(run->why), "cannot read its summary: %s",
            error.text);
    }
    json_decref(summary);
}

/* ------------------------------------------------------------- running --- */

static void
exec_load(const struct loads *loads, const struct words *words,
    const char *said)
{
    child_redirect(said);
    fexecve(loads->program_fd, words->items, environ);
    fprintf(stderr, "cannot start %s: %s\n", words->items[0], strerror(errno));
    fflush(stderr);
    _exit(EXIT_FAULT);
}

static bool
run_load(struct loads *loads, const struct words *words, const char *summary,
    struct waiter *waiter, struct bench_run *run)
{
    char *said = work_dir_path(loads->work_dir, "said");
    int64_t started_ns;
    struct child_end end = {0};
    struct err err;
    pid_t pid;

    (void)unlink(said);
    (void)unlink(summary);
    started_ns = clock_ns();
    pid = child_fork(&err);
    if (pid == 0)
        exec_load(loads, words, said);
    if (pid > 0) {
        child_wait(pid, started_ns, waiter, &end);
        run->wall_s = end.wall_s;
        run->client_user_s = end.user_s;
        run->client_system_s = end.system_s;
        run->peak_rss_bytes = end.peak_rss_bytes;
        if (end.status)
            fail_as_ended(said, end.status, run);
        else
            read_summary(loads, summary, run);
    } else {
        run->failed = true;
        fit(run->why, sizeof(run->why), err.text);
    }
    free(said);
    return end.is_stopped;
}

bool
loads_measure(struct loads *loads, size_t setting, const struct shards *own,
    struct waiter *waiter, struct bench_run *run)
{
    char *summary = work_dir_path(loads->work_dir, "summary.json");
    struct words words = {0};
    bool is_stopped;

    run->setting = setting;
    run->gz_bytes = loads->data->gz_bytes;
    make_words(loads, setting, own, summary, &words);
    is_stopped = run_load(loads, &words, summary, waiter, run);
    words_release(&words);
    free(summary);
    return is_stopped;
}

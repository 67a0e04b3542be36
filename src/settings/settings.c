#include "settings/settings.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "settings/bench_setters.h"
#include "settings/shard_specs.h"
#include "settings/verification.h"

static const char default_pattern[] = "/data/appsinstalled/*.tsv.gz";

/* A limit of --processes too; nobody has so many cores to spare. */
enum { PROCESSES_MAX = 1024 };

void
words_add(struct words *words, const char *word)
{
    words->items = mem_grow(words->items, words->n + 1, sizeof(*words->items));
    words->items[words->n++] = mem_text(word);
}

void
words_release(struct words *words)
{
    for (size_t i = 0; i < words->n; i++)
        free(words->items[i]);
    free(words->items);
    *words = (struct words){0};
}

/* The table of options (option_table.c) shows these; a test compares. */
void
job_defaults(struct job *job)
{
    *job = (struct job){
        .rename = true,
        .rejects = true,
        .retries = 3,
        .retry_delay_ms = 100,
        .timeout_ms = 5000,
        .max_outage_ms = 60000,
        .max_evictions = UINT64_MAX,
        .mode = MODE_MULTI,
        .processes = 0,
        /* one keeps up with what a reader can inflate; 3 files on 2 cores
         * load in 1.01 times bare.c's time so, in 1.05 times with 0 */
        .threads = 1,
        .connections = 1,
        .batch_lines = 20000,
        .window_bytes = 256 << 10,
#ifdef HAVE_ISAL
        .inflate = "isal",
#else
        .inflate = "zlib",
#endif
        .max_line_bytes = 1 << 20,
        .max_error_rate = 0.01,
        .confidence = 0.99,
        .min_success = -1,
        .progress = PROGRESS_AUTO,
        .explain_lines = 10,
        .bench = {.repeat = 5},
    };
}

unsigned
job_cores(void)
{
    cpu_set_t sets[8]; /* 8,192 cores; one set is too few for some kernels */
    int n;

    if (sched_getaffinity(0, sizeof(sets), sets))
        n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    else
        n = CPU_COUNT_S(sizeof(sets), sets);
    return n > 0 ? (unsigned)n : 1;
}

/*
 * Inflating takes a core to itself and is most of a worker's time, so a worker
 * a core; docs/tuning.md has the figures, and this is the one place to change.
 * The supervisor starts no more than there are files.
 */
static unsigned
default_processes(void)
{
    unsigned n = job_cores();

    return n < PROCESSES_MAX ? n : PROCESSES_MAX;
}

/* memcached keeps times as signed 32-bit numbers and refuses later ones. */
static int
check_ttl(const struct job *job, struct err *err)
{
    int64_t now_s = clock_wall_s();

    if (job_exptime(job, now_s) <= INT32_MAX)
        return 0;
    err_set(err, ERR_USAGE,
        "--ttl: memcached knows no time after 2038-01-19, so at most %lld "
        "seconds from now",
        (long long)(INT32_MAX - now_s));
    return -1;
}

int
job_finish(struct job *job, struct err *err)
{
    if (check_ttl(job, err) || job_finish_verification(job, err))
        return -1;
    if (job->dry)
        job->rename = false;
    if (job->files.n == 0 && job->patterns.n == 0)
        words_add(&job->patterns, default_pattern);
    if (job_add_default_shards(job, err))
        return -1;
    if (job->processes == 0)
        job->processes = default_processes();
    return 0;
}

void
job_note(struct job *job, const struct option *option, const char *value)
{
    job->given = mem_grow(job->given, job->n_given + 1, sizeof(*job->given));
    job->given[job->n_given++] =
        (struct given){.option = option, .value = mem_text(value)};
}

void
job_release(struct job *job)
{
    for (size_t i = 0; i < job->n_given; i++)
        free(job->given[i].value);
    free(job->given);
    bench_job_release(&job->bench);
    words_release(&job->patterns);
    words_release(&job->files);
    shard_specs_release(job->shards, job->n_shards);
    shard_specs_release(job->default_shards, job->n_default_shards);
    words_release(&job->columns);
    yaml_close(job->mapping_file);
    free(job->mapping_path);
    free(job->rejects_dir);
    free(job->log_path);
    free(job->summary_path);
    free(job->config_path);
    free(job->output_name);
    *job = (struct job){0};
}

const char *
job_undone(const struct job *job)
{
    return job->only_verifies ? "nothing was verified"
                              : "nothing was loaded, no file was touched";
}

const char *
mode_name(enum mode mode)
{
    switch (mode) {
    case MODE_SET:
        return "set";
    case MODE_MULTI:
        return "multi";
    case MODE_NOREPLY:
        return "noreply";
    }
    die("no such mode: %d", (int)mode);
}

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
settings_defaults(struct settings *settings)
{
    *settings = (struct settings){
        .input.rename = true,
        .input.rejects = true,
        .failure.retries = 3,
        .failure.retry_delay_ms = 100,
        .failure.timeout_ms = 5000,
        .failure.max_outage_ms = 60000,
        .failure.max_evictions = UINT64_MAX,
        .tuning.mode = MODE_MULTI,
        .tuning.processes = 0,
        /* one keeps up with what a reader can inflate; 3 files on 2 cores
         * load in 1.01 times bare.c's time so, in 1.05 times with 0 */
        .tuning.threads = 1,
        .tuning.connections = 1,
        .tuning.batch_lines = 20000,
        .tuning.window_bytes = 256 << 10,
#ifdef HAVE_ISAL
        .input.inflate = "isal",
#else
        .input.inflate = "zlib",
#endif
        .input.max_line_bytes = 1 << 20,
        .failure.max_error_rate = 0.01,
        .verification.confidence = 0.99,
        .verification.min_success = -1,
        .output.progress = PROGRESS_AUTO,
        .explain.lines = 10,
        .bench = {.repeat = 5},
    };
}

unsigned
settings_cores(void)
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
    unsigned n = settings_cores();

    return n < PROCESSES_MAX ? n : PROCESSES_MAX;
}

/* memcached keeps times as signed 32-bit numbers and refuses later ones. */
static int
check_ttl(const struct settings *settings, struct err *err)
{
    int64_t now_s = clock_wall_s();

    if (settings_exptime(settings, now_s) <= INT32_MAX)
        return 0;
    err_set(err, ERR_USAGE,
        "--ttl: memcached knows no time after 2038-01-19, so at most %lld "
        "seconds from now",
        (long long)(INT32_MAX - now_s));
    return -1;
}

int
settings_finish(struct settings *settings, struct err *err)
{
    if (check_ttl(settings, err) || settings_finish_verification(settings, err))
        return -1;
    if (settings->input.files.n == 0 && settings->input.patterns.n == 0)
        words_add(&settings->input.patterns, default_pattern);
    if (settings_add_default_shards(settings, err))
        return -1;
    if (settings->tuning.processes == 0)
        settings->tuning.processes = default_processes();
    return 0;
}

void
settings_note(struct settings *settings, const struct option *option,
    const char *value)
{
    settings->given = mem_grow(settings->given, settings->n_given + 1,
        sizeof(*settings->given));
    settings->given[settings->n_given++] =
        (struct given){.option = option, .value = mem_text(value)};
}

void
settings_release(struct settings *settings)
{
    for (size_t i = 0; i < settings->n_given; i++)
        free(settings->given[i].value);
    free(settings->given);
    bench_job_release(&settings->bench);
    words_release(&settings->input.patterns);
    words_release(&settings->input.files);
    shard_specs_release(settings->servers.shards, settings->servers.n_shards);
    shard_specs_release(settings->servers.default_shards,
        settings->servers.n_default_shards);
    words_release(&settings->input.columns);
    yaml_close(settings->input.mapping_file);
    free(settings->input.mapping_path);
    free(settings->input.rejects_dir);
    free(settings->output.log_path);
    free(settings->output.summary_path);
    free(settings->output.config_path);
    free(settings->init.output_name);
    *settings = (struct settings){0};
}

const char *
settings_mode_word(const struct settings *settings, enum purpose purpose)
{
    const char *word = purpose_type(purpose)->mode;

    return word ? word : mode_name(settings->tuning.mode);
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

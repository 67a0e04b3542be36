/*
 * A benchmark: the data are generated, or the user's. One load warms up and
 * shows what every other load must store. Then for each turn of the schedule
 * new, empty servers are started, unless the user named some; the turn is
 * measured; and its servers are stopped, so that nothing of it is left for the
 * next turn.
 */
#include "bench/measure.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/file_write.h"
#include "base/fit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "bench/bench_setup.h"
#include "bench/check_settings.h"
#include "bench/child.h"
#include "bench/data.h"
#include "bench/floors.h"
#include "bench/live.h"
#include "bench/loads.h"
#include "bench/machine.h"
#include "bench/own_servers.h"
#include "bench/schedule.h"
#include "bench/target.h"
#include "bench/work_dir.h"
#include "proc/signals.h"
#include "settings/exit.h"
#include "settings/options.h"

enum { GENERATE_LINES = 1000000 };

/* How a step ended. */
enum step { STEP_DONE, STEP_FAILED, STEP_STOPPED };

struct bench {
    const struct settings *settings;
    struct bench_results *results;
    struct work_dir work_dir;
    struct waiter waiter;
    struct live *live;
    struct bench_data data;
    struct server_kind kind; /* how its own servers are started */
    struct own_servers own;  /* of this turn */
    struct target named;     /* servers that the user named */
    struct loads loads;
    struct schedule schedule;
    char *mapping_path; /* for the loads; NULL: the built-in one */
    struct err err;     /* why a step failed */
};

/* ---------------------------------------------------- before all turns --- */

/* After an error, which may be due to a stop. */
static enum step
failed(struct bench *bench)
{
    return waiter_is_stopped(&bench->waiter) ? STEP_STOPPED : STEP_FAILED;
}

/* 32 bits, so that it is easily typed again. */
static uint64_t
choose_seed(const struct settings *settings)
{
    uint32_t seed;

    if (settings->verification.has_seed)
        return settings->verification.seed;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
        seed = (uint32_t)clock_ns();
    return seed;
}

static enum step
prepare_servers(struct bench *bench)
{
    struct bench_results *results = bench->results;
    const struct settings *settings = bench->settings;
    uint64_t n_connections =
        bench_setup_most(results, "processes", settings->tuning.processes) *
        bench_setup_most(results, "connections", settings->tuning.connections);

    if (!results->has_own_servers) {
        target_named(&bench->named, settings);
        results->n_servers = bench->named.shards.n_servers;
        if (target_probe(&bench->named, settings->failure.timeout_ms,
                &bench->err))
            return failed(bench);
        snprintf(results->machine.memcached, sizeof(results->machine.memcached),
            "%s", bench->named.shards.server[0].facts.version);
        return STEP_DONE;
    }
    results->n_servers = target_own_servers(settings);
    /* and some for the floor, the probe and other clients */
    return server_kind_find(&bench->kind, &bench->work_dir,
               (unsigned)(n_connections + 256), &bench->err)
               ? STEP_FAILED
               : STEP_DONE;
}

/* A mapping file for the loads, without `load:`. */
static enum step
prepare_mapping(struct bench *bench)
{
    const struct text *mapping = &bench->results->mapping;

    if (mapping->n_bytes == 0)
        return STEP_DONE;
    bench->mapping_path = work_dir_path(&bench->work_dir, "mapping.yml");
    bench->loads.mapping_path = bench->mapping_path;
    return file_write(bench->mapping_path, mapping->data, mapping->n_bytes,
               &bench->err)
               ? STEP_FAILED
               : STEP_DONE;
}

static enum step
prepare_data(struct bench *bench)
{
    struct bench_results *results = bench->results;
    const struct settings *settings = bench->settings;
    uint64_t lines = settings->bench.generate_lines;
    char count[UNITS_TEXT_BYTES], *what;
    size_t n_files;
    int status;

    if (settings->input.files.n)
        return bench_data_take(&bench->data, &settings->input.files,
                   &bench->err)
                   ? STEP_FAILED
                   : STEP_DONE;
    lines = lines ? lines : GENERATE_LINES;
    n_files = (size_t)bench_setup_most(results, "processes",
        (uint64_t)settings->tuning.processes);
    what = mem_format("making %s in %zu file%s", units_of(lines, "line", count),
        n_files, n_files == 1 ? "" : "s");
    live_say(bench->live, what);
    free(what);
    results->is_generated = true;
    status = bench_data_make(&bench->data, &bench->work_dir, lines, n_files,
        results->seed, &bench->waiter, &bench->err);
    return status ? failed(bench) : STEP_DONE;
}

static enum step
prepare(struct bench *bench)
{
    enum step step;

    if (work_dir_open(&bench->work_dir, &bench->err) ||
        waiter_init(&bench->waiter, &bench->err) ||
        loads_open(&bench->loads, &bench->err))
        return STEP_FAILED;
    step = prepare_mapping(bench);
    if (step == STEP_DONE)
        step = prepare_servers(bench);
    if (step == STEP_DONE)
        step = prepare_data(bench);
    bench->results->n_files = bench->data.paths.n;
    bench->loads.work_dir = &bench->work_dir;
    bench->loads.results = bench->results;
    bench->loads.data = &bench->data;
    return step;
}

/* -------------------------------------------------------------- a turn --- */

static bool
measure_load(struct bench *bench, size_t setting, struct bench_run *run)
{
    struct target own;
    bool is_stopped;

    if (!bench->results->has_own_servers)
        return loads_measure(&bench->loads, setting, NULL, &bench->waiter, run);
    target_own(&own, bench->settings, &bench->own);
    is_stopped =
        loads_measure(&bench->loads, setting, &own.shards, &bench->waiter, run);
    target_release(&own);
    return is_stopped;
}

static bool
measure_floor(struct bench *bench, enum bench_floor_kind kind,
    struct bench_run *run)
{
    bool is_own = bench->results->has_own_servers, is_stopped;
    struct target own;
    struct err err;

    if (is_own)
        target_own(&own, bench->settings,
            kind == FLOOR_SERVERS ? &bench->own : NULL);
    if (is_own && kind == FLOOR_SERVERS &&
        target_probe(&own, bench->settings->failure.timeout_ms, &err))
        log_warn("%s", err.text); /* the floor will fail for the same reason */
    is_stopped = floors_measure(kind, &bench->data, bench->settings,
        is_own ? &own.shards : &bench->named.shards, &bench->waiter, run);
    if (is_own)
        target_release(&own);
    return is_stopped;
}

static bool
uses_servers(const struct turn *turn)
{
    return !turn->is_floor || turn->which == FLOOR_SERVERS;
}

/* Fills in `run` if it returns STEP_DONE. */
static enum step
measure_turn(struct bench *bench, const struct turn *turn,
    struct bench_run *run)
{
    bool is_own = bench->results->has_own_servers, is_stopped;
    double before_s = own_servers_cpu_s(&bench->own), after_s;
    struct err err;

    if (turn->is_floor)
        is_stopped =
            measure_floor(bench, (enum bench_floor_kind)turn->which, run);
    else
        is_stopped = measure_load(bench, turn->which, run);
    if (is_stopped || waiter_is_stopped(&bench->waiter))
        return STEP_STOPPED;
    after_s = own_servers_cpu_s(&bench->own);
    if (turn->is_floor && !uses_servers(turn))
        run->server_cpu_s = 0;
    else
        run->server_cpu_s =
            before_s < 0 || after_s < 0 ? -1 : after_s - before_s;
    if (is_own && own_servers_check(&bench->own, &bench->kind, &err)) {
        run->failed = true;
        fit(run->why, sizeof(run->why), err.text);
    }
    return STEP_DONE;
}

static enum step
take_turn(struct bench *bench, const struct turn *turn, struct bench_run *run)
{
    enum step step;

    if (bench->results->has_own_servers && uses_servers(turn) &&
        own_servers_start(&bench->own, &bench->kind, &bench->waiter,
            &bench->err))
        return failed(bench);
    step = measure_turn(bench, turn, run);
    own_servers_stop(&bench->own);
    return step;
}

/* ----------------------------------------------------------- all turns --- */

/* Reads the files into the page cache, and finds what every run must store. */
static enum step
warm_up(struct bench *bench, double *seconds)
{
    struct turn turn = {.which = 0};
    struct bench_run run = {0};
    int64_t started_ns = clock_ns();
    enum step step;

    live_say(bench->live, "warming up");
    step = take_turn(bench, &turn, &run);
    *seconds = (double)(clock_ns() - started_ns) / 1e9;
    bench->results->lines = bench->data.lines;
    if (step != STEP_DONE || !run.failed)
        return step;
    err_set(&bench->err, ERR_IO,
        "the warm-up load failed, so nothing was measured: %s", run.why);
    return STEP_FAILED;
}

static void
log_failure(struct bench *bench, const struct turn *turn,
    const struct bench_run *run)
{
    char *name;

    if (!run->failed)
        return;
    name = turn->is_floor
               ? mem_format("floor %s",
                     bench_floor_name((enum bench_floor_kind)turn->which))
               : bench_setting_text(bench->results, turn->which);
    live_clear(bench->live);
    log_warn("run %zu (%s) failed: %s", run->order + 1, name, run->why);
    free(name);
}

static enum step
measure_all(struct bench *bench)
{
    enum step step = STEP_DONE;
    double seconds;

    step = warm_up(bench, &seconds);
    if (step != STEP_DONE)
        return step;
    schedule_make(&bench->schedule, bench->results);
    live_schedule(bench->live, &bench->schedule, bench->results, seconds);
    for (size_t i = 0; i < bench->schedule.n; i++) {
        const struct turn *turn = &bench->schedule.turns[i];
        struct bench_run run = {.round = turn->round, .order = i};

        live_begin(bench->live, i);
        step = take_turn(bench, turn, &run);
        if (step != STEP_DONE)
            return step;
        live_end(bench->live, &run);
        log_failure(bench, turn, &run);
        if (turn->is_floor)
            bench_add_floor(bench->results, (enum bench_floor_kind)turn->which,
                &run);
        else
            bench_add_run(bench->results, &run);
    }
    return step;
}

/* ----------------------------------------------------------- the whole --- */

static bool
has_failed_runs(const struct bench_results *results)
{
    for (size_t i = 0; i < results->n_runs; i++)
        if (results->runs[i].failed)
            return true;
    for (size_t i = 0; i < N_FLOORS; i++)
        for (size_t j = 0; j < results->floors[i].n_runs; j++)
            if (results->floors[i].runs[j].failed)
                return true;
    return false;
}

static void
log_evictions(const struct bench *bench)
{
    char count[UNITS_TEXT_BYTES];

    if (bench->loads.evictions)
        log_warn("up to %s evicted by the servers in a run: they have too "
                 "little memory for these data, which is slower; load fewer "
                 "lines",
            units_of(bench->loads.evictions, "item", count));
}

static int
exit_status(const struct bench *bench, enum step step)
{
    if (step == STEP_STOPPED)
        return EXIT_INTERRUPTED;
    if (step == STEP_DONE)
        return has_failed_runs(bench->results) ? EXIT_NOT_ALL : EXIT_DONE;
    log_error("%s", bench->err.text);
    return bench->err.code == ERR_USAGE ? EXIT_USAGE : EXIT_NO_GO;
}

static void
release(struct bench *bench)
{
    own_servers_stop(&bench->own);
    server_kind_release(&bench->kind);
    target_release(&bench->named);
    loads_close(&bench->loads);
    schedule_release(&bench->schedule);
    bench_data_release(&bench->data);
    free(bench->mapping_path);
    work_dir_close(&bench->work_dir);
    /* another ^C must not cut off the result, which takes no time */
    signals_ignore();
    signal(SIGCHLD, SIG_DFL); /* so that gnuplot can be waited for */
}

int
bench_measure(const struct settings *settings, struct bench_results *results)
{
    struct bench bench = {.settings = settings, .results = results};
    int64_t started_ns = clock_ns();
    enum step step;
    int status;

    bench.loads.program_fd = -1;
    results->started_s = clock_wall_s();
    results->seed = choose_seed(settings);
    results->has_own_servers = !bench_names_servers(settings);
    bench_setup(results, settings);
    machine_read(&results->machine);
    bench.live = live_new(settings);
    bench.waiter.tick = live_tick;
    bench.waiter.ctx = bench.live;
    step = bench_setup_files(results, settings, &bench.err) ? STEP_FAILED
                                                            : prepare(&bench);
    if (step == STEP_DONE)
        step = measure_all(&bench);
    live_free(bench.live);
    results->is_interrupted = step != STEP_DONE;
    results->elapsed_s = (double)(clock_ns() - started_ns) / 1e9;
    status = exit_status(&bench, step);
    log_evictions(&bench);
    release(&bench);
    return status;
}

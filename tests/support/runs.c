/*
 * Runs one load again and again in one process, as a plan or a daemon does, and
 * says after each what it left behind. For tests/integration/test_runs.py.
 *
 *     runs N PROGRAM OPTION... FILE...
 *
 * Stands before a command line of memc_load, whose name it leaves out. Each run
 * has the options of `memc_load load`, and this process's signals for as long
 * as it takes. A line of JSON a run, on standard output: exit_code, stored,
 * files (done), forks, fds, children, threads, heap_bytes, rss_bytes, and
 * whether SIGINT has its default meaning again. Names that a run gave are taken
 * back, so that the next one finds the same files.
 */
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/units.h"
#include "cmd/cmd.h"
#include "proc/signals.h"
#include "settings/options.h"
#include "supervise/run_execute.h"

static unsigned forks;

static void
count_fork(void)
{
    forks++;
}

static unsigned
take_stops(void *ctx)
{
    (void)ctx;
    return signals_take_stops();
}

static void
begun(void *ctx)
{
    (void)ctx;
    signals_begun();
}

static size_t
count_entries(const char *directory)
{
    DIR *dir = opendir(directory);
    size_t n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static bool
has_children(void)
{
    return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
}

static bool
has_default(int number)
{
    struct sigaction now;

    sigaction(number, NULL, &now);
    return now.sa_handler == SIG_DFL;
}

/* Resident pages, as the kernel counts them; 0: it does not say. */
static size_t
resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    size_t pages = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%*s %zu", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void
rename_back(const struct run_result *result)
{
    for (size_t i = 0; i < result->n_inputs; i++)
        if (result->inputs[i].renamed_to &&
            rename(result->inputs[i].renamed_to, result->inputs[i].path))
            perror(result->inputs[i].path);
}

/* What is left of a run when its result is freed. */
static void
tell_left(void)
{
    size_t heap_bytes = mallinfo2().uordblks;

    printf("\"forks\": %u, \"fds\": %zu, \"children\": %s, "
           "\"threads\": %zu, \"heap_bytes\": %zu, \"rss_bytes\": %zu, "
           "\"sigint\": %s}\n",
        forks, count_entries("/proc/self/fd"),
        has_children() ? "true" : "false", count_entries("/proc/self/task") - 2,
        heap_bytes, resident_bytes(), has_default(SIGINT) ? "true" : "false");
    fflush(stdout);
}

static int
run_once(const struct settings *settings)
{
    struct run_host host = {.take_stops = take_stops, .begun = begun};
    struct run_result *result;
    struct err err;

    forks = 0;
    host.stop_fd = signals_open("", 4, &err);
    if (host.stop_fd < 0) {
        fprintf(stderr, "runs: %s\n", err.text);
        return -1;
    }
    result = run_execute(settings, &host);
    signals_close();
    rename_back(result);
    printf("{\"exit_code\": %d, \"stored\": %llu, \"files\": %zu, ",
        result->exit_code, (unsigned long long)result->totals.stored,
        run_result_count(result, INPUT_DONE));
    run_result_free(result);
    tell_left();
    return 0;
}

int
main(int argc, char **argv)
{
    struct mapping *mapping = NULL;
    struct settings settings;
    enum action action;
    uint64_t n = 0;
    struct err err;
    int status = 0;

    if (argc < 4 || units_parse_count(argv[1], &n)) {
        fprintf(stderr, "usage: runs N PROGRAM OPTION... FILE...\n");
        return 2;
    }
    pthread_atfork(count_fork, NULL, NULL);
    log_init(STDERR_FILENO, LOG_I);
    settings_defaults(&settings);
    if (options_read(&settings, FOR_LOAD, argv + 3, (size_t)argc - 3, &action,
            &err) ||
        settings_finish(&settings, &err) ||
        complete_settings(&settings, &mapping, &err)) {
        fprintf(stderr, "runs: %s\n", err.text);
        return 2;
    }
    for (uint64_t i = 0; i < n && status == 0; i++)
        status = run_once(&settings);
    release_mapping(mapping);
    settings_release(&settings);
    return status ? 1 : 0;
}

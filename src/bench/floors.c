#include "bench/floors.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fit.h"
#include "base/mem.h"
#include "bench/floor_file.h"
#include "bench/floor_send.h"
#include "bench/machine.h"

/* The most threads that send to the servers. */
enum { MAX_THREADS = 64 };

/* The result of the floor's process, in shared memory. */
struct floor_outcome {
    struct floor_sum sum;
    double wall_s, user_s, system_s;
    bool is_done;
    char why[256]; /* "" or what went wrong */
};

/* In the floor's process. */
struct floor_work {
    enum bench_floor_kind kind;
    const struct bench_data *data;
    const struct settings *settings;
    const struct shards *shards;
    struct requests *requests; /* of each file, by server; or NULL */
    size_t max_bytes;          /* of a file's requests */
    bool is_sending;           /* false: building, or inflating or packing */
    _Atomic size_t next_file;
    pthread_mutex_t lock; /* guards the outcome */
    struct floor_outcome *outcome;
};

/* ---------------------------------------------------------- one thread --- */

static int
do_file(struct floor_work *work, size_t file, struct floor_sum *sum,
    struct err *err)
{
    const char *path = work->data->paths.items[file];
    struct floor_items items = {.shards = work->shards};

    if (work->kind == FLOOR_INFLATE)
        return floor_inflate_file(path, work->settings, sum, err);
    if (work->requests) {
        items.requests = &work->requests[file * work->shards->n_servers];
        items.max_bytes = work->max_bytes;
    }
    if (work->is_sending)
        return floor_send_file(items.requests, work->shards, err);
    return floor_pack_file(path, work->settings, &items, sum, err);
}

static void *
do_files(void *ctx)
{
    struct floor_work *work = ctx;
    struct floor_sum sum = {0};
    struct err err;
    size_t file;
    int status = 0;

    while (status == 0 &&
           (file = atomic_fetch_add(&work->next_file, 1)) < work->data->paths.n)
        status = do_file(work, file, &sum, &err);
    pthread_mutex_lock(&work->lock);
    work->outcome->sum.lines += sum.lines;
    work->outcome->sum.text_bytes += sum.text_bytes;
    if (status)
        fit(work->outcome->why, sizeof(work->outcome->why), err.text);
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

static void
do_all(struct floor_work *work, size_t n_threads)
{
    pthread_t threads[MAX_THREADS];

    if (n_threads > work->data->paths.n)
        n_threads = work->data->paths.n;
    if (n_threads > MAX_THREADS)
        n_threads = MAX_THREADS;
    work->next_file = 0;
    for (size_t i = 0; i < n_threads; i++)
        if (pthread_create(&threads[i], NULL, do_files, work))
            die("cannot start a thread");
    for (size_t i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
}

/* ------------------------------------------------------ in its process --- */

static double
seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void
measure(struct floor_work *work, size_t n_threads)
{
    struct rusage before, after;
    int64_t started_ns = clock_ns();

    getrusage(RUSAGE_SELF, &before);
    do_all(work, n_threads);
    getrusage(RUSAGE_SELF, &after);
    work->outcome->wall_s = (double)(clock_ns() - started_ns) / 1e9;
    work->outcome->user_s =
        seconds(&after.ru_utime) - seconds(&before.ru_utime);
    work->outcome->system_s =
        seconds(&after.ru_stime) - seconds(&before.ru_stime);
}

/* For the servers' floor only the sending is timed, over as many connections to
 * each server as there are files. */
static void
work_all(struct floor_work *work)
{
    if (work->kind == FLOOR_SERVERS) {
        work->requests = mem_zero(work->data->paths.n * work->shards->n_servers,
            sizeof(*work->requests));
        /* the servers need as much memory; lines beyond that are not counted */
        work->max_bytes = machine_memory_available() / 4 / work->data->paths.n;
        do_all(work, settings_cores());
        work->is_sending = true;
    }
    if (!*work->outcome->why)
        measure(work, work->is_sending ? MAX_THREADS : settings_cores());
    work->outcome->is_done = true;
    _exit(0);
}

/* ------------------------------------------------------------- outside --- */

static void
set_outcome(const struct floor_outcome *outcome, const struct child_end *end,
    struct bench_run *run)
{
    char how[128];

    child_status_text(end->status, how, sizeof(how));
    if (*outcome->why)
        fit(run->why, sizeof(run->why), outcome->why);
    else if (!outcome->is_done)
        snprintf(run->why, sizeof(run->why), "its process ended with %s", how);
    run->failed = *run->why != '\0';
}

bool
floors_measure(enum bench_floor_kind kind, const struct bench_data *data,
    const struct settings *settings, const struct shards *shards,
    struct waiter *waiter, struct bench_run *run)
{
    struct floor_outcome *outcome = mmap(NULL, sizeof(*outcome),
        PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct floor_work work = {.kind = kind,
        .data = data,
        .settings = settings,
        .shards = shards,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .outcome = outcome};
    struct child_end end = {0};
    struct err err;
    pid_t pid;

    if (outcome == MAP_FAILED)
        die("out of memory");
    pid = child_fork(&err);
    if (pid == 0)
        work_all(&work);
    if (pid > 0) {
        child_wait(pid, clock_ns(), waiter, &end);
        set_outcome(outcome, &end, run);
    } else {
        run->failed = true;
        fit(run->why, sizeof(run->why), err.text);
    }
    run->wall_s = outcome->wall_s;
    run->client_user_s = outcome->user_s;
    run->client_system_s = outcome->system_s;
    /* for the servers' floor that would be all requests */
    run->peak_rss_bytes = kind == FLOOR_SERVERS ? 0 : end.peak_rss_bytes;
    /* inflating alone does not count lines */
    run->lines = kind == FLOOR_INFLATE ? data->lines : outcome->sum.lines;
    run->text_bytes = outcome->sum.text_bytes;
    run->gz_bytes = data->gz_bytes;
    munmap(outcome, sizeof(*outcome));
    return end.is_stopped;
}

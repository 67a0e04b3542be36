#include "load/worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "load/batch.h"
#include "load/pipeline.h"

/* Written by the handler, never read: once readable, it stays so. */
static int stop_fd = -1;

static void
on_stop(int signal_number)
{
    const uint64_t one = 1;

    (void)signal_number;
    if (write(stop_fd, &one, sizeof(one)) < 0)
        return;
}

static void
catch_stop(void)
{
    struct sigaction action = {.sa_handler = on_stop};

    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd < 0)
        die("no eventfd: %s", strerror(errno));
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
}

int
worker_run(const struct job *job, const struct shards *shards, int fd,
    const char *name, const bool *only, const char *rejects, struct slot *slot)
{
    sigset_t term;
    struct pipeline_input input = {
        .job = job,
        .shards = shards,
        .fd = fd,
        .name = name,
        .only = only,
        .rejects = rejects,
        .slot = slot,
    };

    catch_stop();
    input.stop_fd = stop_fd;
    /* the supervisor forked with it blocked, lest it kill before this */
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_UNBLOCK, &term, NULL);
    pipeline_run(&input);
    close(stop_fd);
    return 0;
}

size_t
worker_memory(const struct job *job)
{
    return batch_pool_memory(job);
}

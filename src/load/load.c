#include "load/load.h"

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

/* The sample of what this worker stored, for the supervisor. */
static void
hand_over(struct sample *sample, int fd)
{
    struct err err;

    if (sample && sample_write(sample, fd, &err))
        die("%s", err.text);
    sample_free(sample);
}

int
worker_run(const struct worker_input *input)
{
    const struct settings *settings = input->settings;
    sigset_t term;
    struct sample *sample = NULL;

    if (settings->verification.n)
        sample =
            sample_new(settings->verification.n, settings->verification.seed);
    catch_stop();
    /* the supervisor forked with it blocked, lest it kill before this */
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_UNBLOCK, &term, NULL);
    pipeline_run(&(struct pipeline_input){
        .settings = settings,
        .purpose = input->purpose,
        .shards = input->shards,
        .fd = input->fd,
        .name = input->name,
        .only = input->only,
        .rejects = input->rejects,
        .stop_fd = stop_fd,
        .slot = input->slot,
        .sample = sample,
        .check_log = input->check_log,
    });
    hand_over(sample, input->sample_fd);
    close(stop_fd);
    return 0;
}

size_t
worker_memory(const struct settings *settings)
{
    return batch_pool_memory(settings);
}

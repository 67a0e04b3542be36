#include "load/load.h"

#include <errno.h>

#include "base/log.h"
#include "load/batch.h"
#include "load/pipeline.h"

/* The sample of what was stored, for the supervisor, which finds it whole or
 * not. */
static void
hand_over(struct sample *sample, int fd, const char *name)
{
    struct err err;

    if (sample && sample_write(sample, fd, &err))
        log_error("%s: %s: %s", name, err.text,
            errno == EFBIG ? "raise `ulimit -f`, or verify it later, by "
                             "memc_load verify"
                           : "verify it later, by memc_load verify");
    sample_free(sample);
}

void
load_run(const struct load_input *input)
{
    const struct settings *settings = input->settings;
    struct sample *sample = NULL;

    if (settings->verification.n)
        sample =
            sample_new(settings->verification.n, settings->verification.seed);
    pipeline_run(&(struct pipeline_input){
        .settings = settings,
        .purpose = input->purpose,
        .shards = input->shards,
        .fd = input->fd,
        .name = input->name,
        .only = input->only,
        .rejects = input->rejects,
        .stop_fd = input->stop_fd,
        .slot = input->slot,
        .sample = sample,
        .check_log = input->check_log,
    });
    hand_over(sample, input->sample_fd, input->name);
}

size_t
load_memory(const struct settings *settings)
{
    struct batch_room room = batch_room_of(settings);

    return batch_pool_memory(&room);
}

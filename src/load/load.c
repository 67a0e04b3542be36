#include "load/load.h"

#include "base/mem.h"
#include "load/batch.h"
#include "load/pipeline.h"

/* The sample of what was stored, for the supervisor. */
static void
hand_over(struct sample *sample, int fd)
{
    struct err err;

    if (sample && sample_write(sample, fd, &err))
        die("%s", err.text);
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
    hand_over(sample, input->sample_fd);
}

size_t
load_memory(const struct settings *settings)
{
    struct batch_room room = batch_room_of(settings);

    return batch_pool_memory(&room);
}

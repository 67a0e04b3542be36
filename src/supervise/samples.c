#include "supervise/samples.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

int
samples_make_room(const struct run *run, struct place *place)
{
    if (!run->settings->verification.n)
        return 0;
    if (place->sample_fd < 0)
        place->sample_fd = memfd_create("sample", MFD_CLOEXEC);
    /* so that one that dies leaves nothing of another */
    if (place->sample_fd < 0 || ftruncate(place->sample_fd, 0))
        return -1;
    return 0;
}

static bool
take_sample(struct run *run, const struct place *place)
{
    const struct settings *settings = run->settings;

    if (!run->sample)
        run->sample =
            sample_new(settings->verification.n, settings->verification.seed);
    return sample_read(run->sample, place->sample_fd, place->at->input->number,
        place->at->generations);
}

void
samples_take(struct run *run, const struct place *place, bool has_ended_well)
{
    bool is_whole = has_ended_well;

    if (run->settings->verification.n)
        is_whole = take_sample(run, place);
    else if (!run->verify_log)
        return;
    if (is_whole)
        return;
    place->at->is_unsampled = true;
    run->has_lost_sample |= has_ended_well;
    log_warn("%s: its worker %s: what it did is not verified",
        input_shown_name(place->at->input),
        run->verify_log ? "died" : "left no sample");
}

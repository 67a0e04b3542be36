#include "supervise/scheduler.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

struct scheduled {
    bool is_running;
    size_t job;
};

struct scheduler {
    const struct executor *executor;
    const struct scheduler_client *client;
    void *ctx; /* the client's */
    struct scheduled *places;
    size_t n_places, n_running;
};

struct scheduler *
scheduler_new(size_t n_places, const struct executor *executor,
    const struct scheduler_client *client, void *ctx)
{
    struct scheduler *scheduler = mem_zero(1, sizeof(*scheduler));

    scheduler->executor = executor;
    scheduler->client = client;
    scheduler->ctx = ctx;
    scheduler->places = mem_zero(n_places, sizeof(*scheduler->places));
    scheduler->n_places = n_places;
    return scheduler;
}

void
scheduler_free(struct scheduler *scheduler)
{
    must(!scheduler->n_running);
    free(scheduler->places);
    free(scheduler);
}

/* False: there is no job for it. */
static bool
fill_place(struct scheduler *scheduler, size_t place)
{
    const struct executor *executor = scheduler->executor;
    size_t job;

    if (!scheduler->client->next(scheduler->ctx, place, &job))
        return false;
    if (executor->type->start(executor->ctx, place, job)) {
        scheduler->client->not_started(scheduler->ctx, place, job, errno);
        return true;
    }
    scheduler->places[place] = (struct scheduled){true, job};
    scheduler->n_running++;
    scheduler->client->started(scheduler->ctx, place, job);
    return true;
}

void
scheduler_fill(struct scheduler *scheduler)
{
    for (size_t i = 0; i < scheduler->n_places; i++)
        while (!scheduler->places[i].is_running)
            if (!fill_place(scheduler, i))
                return;
}

bool
scheduler_collect(struct scheduler *scheduler)
{
    const struct executor *executor = scheduler->executor;
    struct process_end end;
    bool has_ended = false;

    for (size_t i = 0; i < scheduler->n_places; i++) {
        struct scheduled *place = &scheduler->places[i];

        if (!place->is_running ||
            !executor->type->collect(executor->ctx, i, &end))
            continue;
        place->is_running = false;
        scheduler->n_running--;
        has_ended = true;
        scheduler->client->ended(scheduler->ctx, i, place->job, &end);
    }
    return has_ended;
}

void
scheduler_stop(struct scheduler *scheduler, size_t place,
    enum executor_stop how)
{
    const struct executor *executor = scheduler->executor;

    must(place < scheduler->n_places);
    if (scheduler->places[place].is_running)
        executor->type->stop(executor->ctx, place, how);
}

size_t
scheduler_running(const struct scheduler *scheduler)
{
    return scheduler->n_running;
}

int
scheduler_wants(const struct scheduler *scheduler, struct pollfd *fds)
{
    const struct executor *executor = scheduler->executor;
    int least_ms = -1, wait_ms;

    for (size_t i = 0; i < scheduler->n_places; i++) {
        fds[i] = (struct pollfd){.fd = -1};
        if (!scheduler->places[i].is_running)
            continue;
        executor->type->wants(executor->ctx, i, &fds[i], &wait_ms);
        if (wait_ms >= 0 && (least_ms < 0 || wait_ms < least_ms))
            least_ms = wait_ms;
    }
    return least_ms;
}

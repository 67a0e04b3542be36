/*
 * What a run is given by who runs it, and does not own: where stops come from,
 * and where progress is drawn. A zeroed one with stop_fd -1 is good: a run that
 * is never stopped and shows nothing.
 *
 * Owned by the caller; outlives the run. All calls come from the thread that
 * runs it.
 */
#ifndef SUPERVISE_RUN_HOST_H
#define SUPERVISE_RUN_HOST_H

#include <stdbool.h>

struct progress;

struct run_host {
    int stop_fd; /* to poll; readable when a stop may have been asked for */
    /* How many stops were asked for since the last call; afterwards stop_fd is
     * not readable. NULL: none ever. */
    unsigned (*take_stops)(void *ctx);
    /* Called once, when the inputs begin: from now on stops are taken within
     * moments. Before that, names are looked up and servers asked, which may
     * take long. Not called where nothing is begun; or NULL. */
    void (*begun)(void *ctx);
    /* Before that: was a stop asked for? Takes none. Or NULL. */
    bool (*is_stopped)(void *ctx);
    void *ctx;
    struct progress *progress; /* NULL: nothing is shown */
};

static inline unsigned
run_host_take_stops(const struct run_host *host)
{
    return host->take_stops ? host->take_stops(host->ctx) : 0;
}

#endif

/*
 * What was found before a load, and what the load will ask of the servers and
 * of its own processes. Filled by preflight.h, owned by its caller; one
 * thread. Pure functions.
 */
#ifndef PREFLIGHT_NEEDS_H
#define PREFLIGHT_NEEDS_H

#include "preflight/findings.h"
#include "preflight/forecast.h"
#include "run/run.h"

struct preflight {
    struct findings findings;
    struct forecast forecast;
    size_t n_away;         /* servers that did not answer */
    bool stops_at_rejects; /* bad lines were seen that cannot be written */
};

/* Connections that the load will have to this server. */
uint64_t needs_connections(const struct run *run,
    const struct preflight *preflight, size_t server);

/* Descriptors that each of its processes will have. */
uint64_t needs_descriptors(const struct run *run);

/* How many more connections a server takes whose maximum is known. */
uint64_t needs_connections_free(const struct server_facts *facts);

#endif

/*
 * A poll of the servers: what each says of itself at one moment, and what
 * became of its canary; or, at the end, the removal of these.
 *
 * A child process makes it, since that takes up to --timeout and the supervisor
 * never waits: server_poll_start() forks the child, which asks all servers side
 * by side (memc/probe.h), leaves the answers in shared memory and ends;
 * server_poll_take() reaps it. One at a time; the supervisor's thread only.
 */
#ifndef AUDIT_SERVER_POLL_H
#define AUDIT_SERVER_POLL_H

#include <stdbool.h>

#include "memc/probe.h"
#include "proc/process.h"
#include "run/run.h"

/* One server's part. */
struct server_answer {
    struct server_facts facts; /* is_known: it answered */
    size_t same_as;            /* the first server that is this one, by its
                                  canary; of the first poll */
    char trouble[PROBE_TEXT_BYTES];
};

struct server_poll {
    struct process process; /* not running: none is under way */
    bool was_asked;         /* by the last one; else its answers say nothing */
    struct server_answer *answers;
    size_t n_servers;
};

void server_poll_init(struct server_poll *poll, size_t n_servers);
void server_poll_release(struct server_poll *poll);

enum server_poll_kind {
    SERVER_POLL_OPEN, /* the first one: finds servers that are one, too */
    SERVER_POLL_ASK,
    SERVER_POLL_REMOVE_CANARIES,
};

/* Asks all servers now, side by side, in this process; blocks, for at most
 * timeout_ms each time that they are asked: once, but for canaries to be set or
 * compared. */
void server_poll_ask(const struct shards *shards, enum server_poll_kind kind,
    int64_t timeout_ms, struct server_answer *answers);

/* -1 when it cannot be forked: there will be no answers. */
int server_poll_start(struct server_poll *poll, enum server_poll_kind kind,
    const struct run *run);

/* Is it over? True once for each poll; the answers are whole then, or, where
 * the process died, say that it did. */
bool server_poll_take(struct server_poll *poll);

/* Ends it now; it is still to be taken. */
void server_poll_kill(const struct server_poll *poll);

#endif

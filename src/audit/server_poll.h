/*
 * A reading: what every server says of itself at one moment.
 *
 * Taken by a child process, since asking takes up to --timeout and the
 * supervisor waits for nothing: server_poll_start() forks it, it asks all
 * servers side by side (memc/probe.h), leaves the answers in shared memory and
 * ends; the supervisor, having reaped it, finds them here. One at a time. The
 * supervisor's thread only.
 */
#ifndef AUDIT_SERVER_POLL_H
#define AUDIT_SERVER_POLL_H

#include <stdbool.h>

#include "memc/probe.h"
#include "proc/process.h"
#include "run/task.h"

/* One server's part. */
struct server_answer {
    struct server_facts facts; /* is_known: it answered */
    char trouble[PROBE_TEXT_BYTES];
};

struct server_poll {
    struct process process; /* not running: none is under way */
    bool was_asked; /* the last one: else it says nothing of any server */
    struct server_answer *answers;
    size_t n_servers;
};

/* Asks all servers now, side by side; blocks for at most timeout_ms. */
void server_poll_ask(const struct shards *shards, int64_t timeout_ms,
    struct server_answer *answers);

void server_poll_init(struct server_poll *poll, size_t n_servers);
void server_poll_release(struct server_poll *poll);

/* -1 when it cannot be forked: nobody will answer. */
int server_poll_start(struct server_poll *poll, const struct shards *shards,
    const struct task *task, int64_t timeout_ms);

/* Is it over? Then the answers are whole, or, where the process died, nobody's;
 * once true, it is true no more. */
bool server_poll_take(struct server_poll *poll);

/* Ends it now; it is still to be taken. */
void server_poll_kill(const struct server_poll *poll);

#endif

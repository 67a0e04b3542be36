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
#include <sys/types.h>

#include "memc/probe.h"
#include "input/list.h"

/* One server's part. */
struct answer {
    struct server_facts facts; /* is_known: it answered */
    char trouble[PROBE_TEXT_BYTES];
};

struct server_poll {
    pid_t pid;      /* 0 = none is under way */
    bool was_asked; /* the last one: else it says nothing of any server */
    struct answer *answers;
    size_t n_servers;
};

void server_poll_init(struct server_poll *poll, size_t n_servers);
void server_poll_release(struct server_poll *poll);

/* -1 when it cannot be forked: nobody will answer. */
int server_poll_start(struct server_poll *poll, const struct shards *shards,
    const struct file_list *files, int64_t timeout_ms);

/* The child is gone; ok says that it ended well. Answers are whole then, and
 * otherwise those of nobody. */
void server_poll_end(struct server_poll *poll, bool ok);

/* Ends it now; it is still to be reaped. */
void server_poll_kill(const struct server_poll *poll);

#endif

/*
 * A reading: what every server says of itself at one moment.
 *
 * Taken by a child process, since asking takes up to --timeout and the
 * supervisor waits for nothing: reading_start() forks it, it asks all servers
 * side by side (memc/probe.h), leaves the answers in shared memory and ends;
 * the supervisor, having reaped it, finds them here. One at a time. The
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

struct reading {
    pid_t pid;      /* 0 = none is under way */
    bool was_asked; /* the last one: else it says nothing of any server */
    struct answer *answers;
    size_t n_servers;
};

void reading_init(struct reading *reading, size_t n_servers);
void reading_release(struct reading *reading);

/* -1 when it cannot be forked: nobody will answer. */
int reading_start(struct reading *reading, const struct shards *shards,
    const struct file_list *files, int64_t timeout_ms);

/* The child is gone; ok says that it ended well. Answers are whole then, and
 * otherwise those of nobody. */
void reading_end(struct reading *reading, bool ok);

/* Ends it now; it is still to be reaped. */
void reading_kill(const struct reading *reading);

#endif

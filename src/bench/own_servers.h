/*
 * Four memcached servers of the benchmark's own, on free ports of the loopback
 * interface: started for every run and killed after it, or when the benchmark
 * ends, however that happens.
 *
 * The kernel chooses their ports, which they write into files in the work
 * directory, so that no other server can be mistaken for one of them. Root runs
 * them as the user nobody. One thread. Errors are ERR_IO, with advice.
 */
#ifndef BENCH_OWN_SERVERS_H
#define BENCH_OWN_SERVERS_H

#include <sys/types.h>

#include "base/err.h"
#include "bench/child.h"
#include "bench/work_dir.h"

enum { N_OWN_SERVERS = 4 };

/* How they are started. */
struct server_kind {
    char *program;   /* its path */
    char *directory; /* for their ports and their log */
    uid_t uid;       /* 0: the same user */
    gid_t gid;
    unsigned mbytes;  /* -m */
    unsigned n_conns; /* -c */
};

struct own_servers {
    pid_t pids[N_OWN_SERVERS]; /* 0: not running */
    unsigned ports[N_OWN_SERVERS];
};

/* "idfa", "gaid", "adid", "dvid" */
extern const char *const own_server_names[N_OWN_SERVERS];

/* n_connections: the most that any run needs. -1 without a memcached in PATH.
 */
int server_kind_find(struct server_kind *kind, const struct work_dir *work_dir,
    unsigned n_connections, struct err *err);
void server_kind_release(struct server_kind *kind);

/* Returns when all listen. -1, with none running, also when a stop was asked
 * for: ask the waiter. */
int own_servers_start(struct own_servers *servers,
    const struct server_kind *kind, struct waiter *waiter, struct err *err);

/* The CPU time that they used so far, in seconds; below 0 when one has ended.
 */
double own_servers_cpu_s(const struct own_servers *servers);

/* -1 with its name in err when one has ended by itself. */
int own_servers_check(struct own_servers *servers,
    const struct server_kind *kind, struct err *err);

void own_servers_stop(struct own_servers *servers);

#endif

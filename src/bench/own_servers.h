/*
 * Four memcached of the benchmark's own, on free ports of the loopback
 * interface: fresh for every run, ended after it, and with the benchmark
 * however that ends.
 *
 * Their ports are those the kernel gives them, told in files in the
 * benchmark's directory, so that no other server can be taken for one of
 * them. For root they run as nobody. One thread. Errors are ERR_IO, in words
 * that say what to do.
 */
#ifndef BENCH_OWN_SERVERS_H
#define BENCH_OWN_SERVERS_H

#include <sys/types.h>

#include "base/err.h"
#include "bench/child.h"
#include "bench/work_dir.h"

enum { N_OWN_SERVERS = 4 };

/* How they are started: found out once. */
struct server_kind {
    char *program;   /* its path */
    char *directory; /* where they write their ports and their log */
    uid_t uid;       /* 0: whoever we are */
    gid_t gid;
    unsigned mbytes;  /* -m */
    unsigned n_conns; /* -c */
};

struct own_servers {
    pid_t pids[N_OWN_SERVERS]; /* 0: does not run */
    unsigned ports[N_OWN_SERVERS];
};

/* "idfa", "gaid", "adid", "dvid" */
extern const char *const own_server_names[N_OWN_SERVERS];

/* n_connections: as many as any run needs. -1 without a memcached in PATH. */
int server_kind_find(struct server_kind *kind, const struct work_dir *work_dir,
    unsigned n_connections, struct err *err);
void server_kind_release(struct server_kind *kind);

/* Comes back when all listen. -1, and none runs, also when a stop was asked
 * for: look at the waiter. */
int own_servers_start(struct own_servers *servers,
    const struct server_kind *kind, struct waiter *waiter, struct err *err);

/* CPU that they took so far, in seconds; below 0 when one is gone. */
double own_servers_cpu_s(const struct own_servers *servers);

/* -1, and which, when one has ended by itself. */
int own_servers_check(struct own_servers *servers,
    const struct server_kind *kind, struct err *err);

void own_servers_stop(struct own_servers *servers);

#endif

#include "bench/own_servers.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench/machine.h"

enum { START_MS = 15000, LOOK_EVERY_MS = 2, LEAST_MBYTES = 64 };

const char *const own_server_names[N_OWN_SERVERS] = {
    "idfa", "gaid", "adid", "dvid"};

/* ------------------------------------------------------- how to start --- */

/* In PATH, as a shell would find it; NULL when it is not there. */
static char *
find_program(const char *name)
{
    const char *at = getenv("PATH");
    size_t n_bytes;

    for (; at && *at; at += n_bytes + (at[n_bytes] == ':')) {
        char *path;

        n_bytes = strcspn(at, ":");
        path = mem_format("%.*s/%s", (int)n_bytes, at, name);
        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

/* Together three quarters of the free memory, which is a limit, not allocated.
 */
static unsigned
find_mbytes(void)
{
    uint64_t mbytes =
        (machine_memory_available() >> 20) * 3 / 4 / N_OWN_SERVERS;

    return mbytes < LEAST_MBYTES ? LEAST_MBYTES : (unsigned)mbytes;
}

/* memcached refuses to run as root, so it runs as the user nobody, who must be
 * able to write to the directory. */
static int
become_nobody(struct server_kind *kind, struct err *err)
{
    const struct passwd *nobody;

    if (geteuid() != 0)
        return 0;
    nobody = getpwnam("nobody");
    if (!nobody) {
        err_set(err, ERR_IO,
            "memcached does not run as root, and there is no user nobody: run "
            "bench as another user");
        return -1;
    }
    kind->uid = nobody->pw_uid;
    kind->gid = nobody->pw_gid;
    if (chown(kind->directory, kind->uid, kind->gid) == 0)
        return 0;
    err_set_errno(err, ERR_IO, "cannot give %s to nobody", kind->directory);
    return -1;
}

int
server_kind_find(struct server_kind *kind, const struct work_dir *work_dir,
    unsigned n_connections, struct err *err)
{
    *kind = (struct server_kind){
        .program = find_program("memcached"),
        .directory = work_dir_path(work_dir, "servers"),
        .mbytes = find_mbytes(),
        .n_conns = n_connections < 1024 ? 1024 : n_connections,
    };
    if (!kind->program) {
        err_set(err, ERR_IO,
            "there is no memcached in PATH to measure with: install it (apt "
            "install memcached, or scripts/deps), or name servers that may be "
            "filled with test data, by --shard NAME=ADDR and --yes");
        return -1;
    }
    if (mkdir(kind->directory, 0755)) {
        err_set_errno(err, ERR_IO, "cannot make %s", kind->directory);
        return -1;
    }
    return become_nobody(kind, err);
}

void
server_kind_release(struct server_kind *kind)
{
    free(kind->program);
    free(kind->directory);
    *kind = (struct server_kind){0};
}

/* ----------------------------------------------------------- starting --- */

static char *
port_file(const struct server_kind *kind, size_t i)
{
    return mem_format("%s/port.%zu", kind->directory, i);
}

static char *
log_file(const struct server_kind *kind)
{
    return mem_format("%s/log", kind->directory);
}

static void
run_server(const struct server_kind *kind, size_t i, pid_t parent)
{
    char *mbytes = mem_format("%u", kind->mbytes);
    char *n_conns = mem_format("%u", kind->n_conns);
    char *port_to = port_file(kind, i);
    char *argv[] = {(char *)"memcached", (char *)"-l", (char *)"127.0.0.1",
        (char *)"-p", (char *)"-1", (char *)"-U", (char *)"0", (char *)"-m",
        mbytes, (char *)"-c", n_conns, NULL};

    if (kind->uid &&
        (setgroups(0, NULL) || setgid(kind->gid) || setuid(kind->uid)))
        _exit(EXIT_FAULT);
    child_die_with(parent);
    child_redirect(log_file(kind));
    setenv("MEMCACHED_PORT_FILENAME", port_to, 1);
    execv(kind->program, argv);
    fprintf(stderr, "%s: %s\n", kind->program, strerror(errno));
    fflush(stderr);
    _exit(EXIT_FAULT);
}

/* The last line of their log; "" when it is empty. */
static void
last_words(const struct server_kind *kind, char *out, size_t room)
{
    char *path = log_file(kind);
    FILE *file = fopen(path, "re");
    char line[256];

    *out = '\0';
    while (file && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            snprintf(out, room, "%s", line);
    }
    if (file)
        fclose(file);
    free(path);
}

int
own_servers_check(struct own_servers *servers, const struct server_kind *kind,
    struct err *err)
{
    char how[128], said[256];
    int status;

    for (size_t i = 0; i < N_OWN_SERVERS; i++) {
        if (servers->pids[i] == 0 ||
            waitpid(servers->pids[i], &status, WNOHANG) <= 0)
            continue;
        servers->pids[i] = 0;
        child_status_text(status, how, sizeof(how));
        last_words(kind, said, sizeof(said));
        err_set(err, ERR_IO, "memcached (%s) ended by itself: %s%s%s",
            own_server_names[i], how, *said ? "; it said: " : "", said);
        return -1;
    }
    return 0;
}

/* "TCP INET: 40123"; false when it is not written yet. */
static bool
read_port(const struct server_kind *kind, size_t i, unsigned *port)
{
    char *path = port_file(kind, i);
    FILE *file = fopen(path, "re");
    bool is_there = file && fscanf(file, "TCP INET: %u", port) == 1;

    if (file)
        fclose(file);
    free(path);
    return is_there;
}

static int
await_port(struct own_servers *servers, const struct server_kind *kind,
    size_t i, int64_t until_ms, struct waiter *waiter, struct err *err)
{
    while (!read_port(kind, i, &servers->ports[i])) {
        if (own_servers_check(servers, kind, err))
            return -1;
        if (waiter_is_stopped(waiter)) {
            err_set(err, ERR_IO, "stopped");
            return -1;
        }
        if (clock_ms() > until_ms) {
            err_set(err, ERR_TIMEOUT,
                "memcached did not report its port within %d s",
                START_MS / 1000);
            return -1;
        }
        waiter_pause(waiter, LOOK_EVERY_MS);
    }
    return 0;
}

static int
start_one(struct own_servers *servers, const struct server_kind *kind, size_t i,
    struct err *err)
{
    char *path = port_file(kind, i);
    pid_t parent = getpid();

    (void)unlink(path); /* of the run before */
    free(path);
    servers->pids[i] = child_fork(err);
    if (servers->pids[i] == 0)
        run_server(kind, i, parent);
    if (servers->pids[i] > 0)
        return 0;
    servers->pids[i] = 0;
    return -1;
}

int
own_servers_start(struct own_servers *servers, const struct server_kind *kind,
    struct waiter *waiter, struct err *err)
{
    int64_t until_ms = clock_ms() + START_MS;
    int status = 0;

    *servers = (struct own_servers){0};
    for (size_t i = 0; status == 0 && i < N_OWN_SERVERS; i++)
        status = start_one(servers, kind, i, err);
    for (size_t i = 0; status == 0 && i < N_OWN_SERVERS; i++)
        status = await_port(servers, kind, i, until_ms, waiter, err);
    if (status)
        own_servers_stop(servers);
    return status;
}

/* ----------------------------------------------------------- the rest --- */

double
own_servers_cpu_s(const struct own_servers *servers)
{
    double sum = 0;

    for (size_t i = 0; i < N_OWN_SERVERS; i++) {
        struct timespec time;
        clockid_t clock;

        if (servers->pids[i] == 0 ||
            clock_getcpuclockid(servers->pids[i], &clock) ||
            clock_gettime(clock, &time))
            return -1;
        sum += (double)time.tv_sec + (double)time.tv_nsec / 1e9;
    }
    return sum;
}

void
own_servers_stop(struct own_servers *servers)
{
    for (size_t i = 0; i < N_OWN_SERVERS; i++)
        child_kill(servers->pids[i]);
    *servers = (struct own_servers){0};
}

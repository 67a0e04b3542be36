#include "audit/server_poll.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "proc/signals.h"

void
server_poll_init(struct server_poll *poll, size_t n_servers)
{
    size_t bytes = n_servers * sizeof(*poll->answers);

    *poll = (struct server_poll){.n_servers = n_servers};
    poll->answers = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (poll->answers == MAP_FAILED)
        die("out of memory (%zu bytes wanted, shared)", bytes);
}

void
server_poll_release(struct server_poll *poll)
{
    if (poll->answers)
        munmap(poll->answers, poll->n_servers * sizeof(*poll->answers));
    *poll = (struct server_poll){0};
}

static void
clear(struct server_poll *poll, const char *trouble)
{
    for (size_t i = 0; i < poll->n_servers; i++) {
        poll->answers[i].facts = (struct server_facts){0};
        snprintf(poll->answers[i].trouble, PROBE_TEXT_BYTES, "%s", trouble);
    }
}

/* In the child, on copies of all that it writes but the answers. */
static void
ask(struct server_poll *poll, const struct shards *shards, int64_t timeout_ms)
{
    size_t n = shards->n_servers;
    struct shards copy = *shards;
    char(*troubles)[PROBE_TEXT_BYTES] = mem_zero(n, sizeof(*troubles));

    copy.server = mem_new(n * sizeof(*copy.server));
    memcpy(copy.server, shards->server, n * sizeof(*copy.server));
    probe_servers(&copy, timeout_ms, troubles);
    for (size_t i = 0; i < n; i++) {
        poll->answers[i].facts = copy.server[i].facts;
        memcpy(poll->answers[i].trouble, troubles[i], PROBE_TEXT_BYTES);
    }
    free(copy.server);
    free(troubles);
}

int
server_poll_start(struct server_poll *poll, const struct shards *shards,
    const struct file_list *files, int64_t timeout_ms)
{
    char trouble[PROBE_TEXT_BYTES];
    pid_t supervisor = getpid();

    must(!poll->pid);
    clear(poll, "it was not asked");
    fflush(NULL);
    poll->was_asked = false;
    poll->pid = signals_fork(false);
    if (poll->pid < 0) {
        poll->pid = 0;
        snprintf(trouble, sizeof(trouble),
            "no process can be started to ask it: %s", strerror(errno));
        clear(poll, trouble);
        return -1;
    }
    if (poll->pid)
        return 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        exit(EXIT_FAILURE);
    /* locks last as long as any copy of their descriptor */
    for (size_t i = 0; i < files->n; i++)
        if (files->file[i].fd > STDERR_FILENO)
            close(files->file[i].fd);
    ask(poll, shards, timeout_ms);
    exit(EXIT_SUCCESS);
}

void
server_poll_end(struct server_poll *poll, bool ok)
{
    poll->pid = 0;
    poll->was_asked = ok;
    if (!ok)
        clear(poll, "the process that asked it died");
}

void
server_poll_kill(const struct server_poll *poll)
{
    if (poll->pid)
        kill(poll->pid, SIGKILL);
}

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
reading_init(struct reading *reading, size_t n_servers)
{
    size_t bytes = n_servers * sizeof(*reading->answers);

    *reading = (struct reading){.n_servers = n_servers};
    reading->answers = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (reading->answers == MAP_FAILED)
        die("out of memory (%zu bytes wanted, shared)", bytes);
}

void
reading_release(struct reading *reading)
{
    if (reading->answers)
        munmap(reading->answers,
            reading->n_servers * sizeof(*reading->answers));
    *reading = (struct reading){0};
}

static void
clear(struct reading *reading, const char *trouble)
{
    for (size_t i = 0; i < reading->n_servers; i++) {
        reading->answers[i].facts = (struct server_facts){0};
        snprintf(reading->answers[i].trouble, PROBE_TEXT_BYTES, "%s", trouble);
    }
}

/* In the child, on copies of all that it writes but the answers. */
static void
ask(struct reading *reading, const struct shards *shards, int64_t timeout_ms)
{
    size_t n = shards->n_servers;
    struct shards copy = *shards;
    char(*troubles)[PROBE_TEXT_BYTES] = mem_zero(n, sizeof(*troubles));

    copy.server = mem_new(n * sizeof(*copy.server));
    memcpy(copy.server, shards->server, n * sizeof(*copy.server));
    probe_servers(&copy, timeout_ms, troubles);
    for (size_t i = 0; i < n; i++) {
        reading->answers[i].facts = copy.server[i].facts;
        memcpy(reading->answers[i].trouble, troubles[i], PROBE_TEXT_BYTES);
    }
    free(copy.server);
    free(troubles);
}

int
reading_start(struct reading *reading, const struct shards *shards,
    const struct file_list *files, int64_t timeout_ms)
{
    char trouble[PROBE_TEXT_BYTES];
    pid_t supervisor = getpid();

    must(!reading->pid);
    clear(reading, "it was not asked");
    fflush(NULL);
    reading->was_asked = false;
    reading->pid = signals_fork(false);
    if (reading->pid < 0) {
        reading->pid = 0;
        snprintf(trouble, sizeof(trouble),
            "no process can be started to ask it: %s", strerror(errno));
        clear(reading, trouble);
        return -1;
    }
    if (reading->pid)
        return 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        exit(EXIT_FAILURE);
    /* locks last as long as any copy of their descriptor */
    for (size_t i = 0; i < files->n; i++)
        if (files->file[i].fd > STDERR_FILENO)
            close(files->file[i].fd);
    ask(reading, shards, timeout_ms);
    exit(EXIT_SUCCESS);
}

void
reading_end(struct reading *reading, bool ok)
{
    reading->pid = 0;
    reading->was_asked = ok;
    if (!ok)
        clear(reading, "the process that asked it died");
}

void
reading_kill(const struct reading *reading)
{
    if (reading->pid)
        kill(reading->pid, SIGKILL);
}

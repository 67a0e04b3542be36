#include "audit/server_poll.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "proc/shared.h"

void
server_poll_init(struct server_poll *poll, size_t n_servers)
{
    size_t bytes = n_servers * sizeof(*poll->answers);

    *poll = (struct server_poll){.n_servers = n_servers};
    poll->answers = shared_new(bytes);
}

void
server_poll_release(struct server_poll *poll)
{
    if (poll->answers)
        shared_free(poll->answers, poll->n_servers * sizeof(*poll->answers));
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

/* On a copy of the servers: what was known of them stays. */
void
server_poll_ask(const struct shards *shards, int64_t timeout_ms,
    struct server_answer *answers)
{
    size_t n = shards->n_servers;
    struct shards copy = *shards;
    char(*troubles)[PROBE_TEXT_BYTES] = mem_zero(n, sizeof(*troubles));

    copy.server = mem_new(n * sizeof(*copy.server));
    memcpy(copy.server, shards->server, n * sizeof(*copy.server));
    probe_servers(&copy, timeout_ms, troubles);
    for (size_t i = 0; i < n; i++) {
        answers[i].facts = copy.server[i].facts;
        memcpy(answers[i].trouble, troubles[i], PROBE_TEXT_BYTES);
    }
    free(copy.server);
    free(troubles);
}

int
server_poll_start(struct server_poll *poll, const struct shards *shards,
    const struct task *task, int64_t timeout_ms)
{
    char trouble[PROBE_TEXT_BYTES];
    pid_t pid;

    must(!process_is_running(&poll->process));
    clear(poll, "it was not asked");
    poll->was_asked = false;
    pid = process_start(&poll->process, PROCESS_IS_KILLED);
    if (pid < 0) {
        snprintf(trouble, sizeof(trouble),
            "no process can be started to ask it: %s", strerror(errno));
        clear(poll, trouble);
        return -1;
    }
    if (pid)
        return 0;
    task_leave(task, NULL);
    server_poll_ask(shards, timeout_ms, poll->answers);
    exit(EXIT_SUCCESS);
}

bool
server_poll_take(struct server_poll *poll)
{
    struct process_end end;

    if (!process_is_running(&poll->process) ||
        !process_reap(&poll->process, &end))
        return false;
    poll->was_asked = process_ended_well(&end);
    if (!poll->was_asked)
        clear(poll, "the process that asked it died");
    return true;
}

void
server_poll_kill(const struct server_poll *poll)
{
    process_signal(&poll->process, SIGKILL);
}

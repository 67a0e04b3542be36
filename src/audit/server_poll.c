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

/* Asks on a copy of the servers: what was known of them stays. */
static void
ask(struct shards *copy, int64_t timeout_ms, struct server_answer *answers)
{
    size_t n = copy->n_servers;
    char(*troubles)[PROBE_TEXT_BYTES] = mem_zero(n, sizeof(*troubles));

    probe_servers(copy, timeout_ms, troubles);
    for (size_t i = 0; i < n; i++) {
        answers[i].facts = copy->server[i].facts;
        answers[i].same_as = i;
        memcpy(answers[i].trouble, troubles[i], PROBE_TEXT_BYTES);
    }
    free(troubles);
}

/*
 * Where a canary was set, the counters are read once more: other names of that
 * server may have got theirs after the first reading, and as sets that nobody
 * acknowledged they would make up for some that are missing.
 */
static void
ask_after_setting(struct shards *copy, int64_t timeout_ms,
    struct server_answer *answers)
{
    struct server_facts facts;
    bool any = false;

    for (size_t i = 0; i < copy->n_servers; i++) {
        if (copy->server[i].facts.is_known)
            canary_take(&copy->server[i].canary, &copy->server[i].facts);
        any |= copy->server[i].facts.has_canary;
        copy->server[i].canary.next[0] = '\0';
    }
    if (!any)
        return;
    probe_servers(copy, timeout_ms, NULL);
    for (size_t i = 0; i < copy->n_servers; i++) {
        facts = copy->server[i].facts;
        if (!facts.is_known || !answers[i].facts.is_known)
            continue;
        facts.canary = answers[i].facts.canary;
        facts.has_canary = answers[i].facts.has_canary;
        facts.canary_evictions = answers[i].facts.canary_evictions;
        answers[i].facts = facts;
    }
}

/* May these two be one server? Its canary decides. */
static bool
look_alike(const struct server_facts *a, const struct server_facts *b)
{
    int64_t apart_s = a->started_at - b->started_at;

    return a->is_known && b->is_known && a->has_canary && b->has_canary &&
           a->pid == b->pid && apart_s >= -1 && apart_s <= 1;
}

/* The next after `from` that server i looks like, before it; or i. */
static size_t
next_alike(const struct shards *copy, const struct server_answer *answers,
    size_t i, size_t from)
{
    while (from < i &&
           !(copy->server[from].first == from && copy->server[i].first == i &&
               look_alike(&answers[from].facts, &answers[i].facts)))
        from++;
    return from;
}

/*
 * Which servers are one, under several addresses: each is asked for the canary
 * of one that it looks like, all side by side, until none is left to ask for.
 */
static void
find_same(struct shards *copy, int64_t timeout_ms,
    struct server_answer *answers)
{
    size_t n = copy->n_servers, left = n;
    struct canary *canaries = mem_new(n * sizeof(*canaries));
    size_t *of = mem_zero(n, sizeof(*of)); /* whose it is asked for; i: none */

    for (size_t i = 0; i < n; i++)
        canaries[i] = copy->server[i].canary;
    for (size_t i = 0; i < n; i++)
        of[i] = next_alike(copy, answers, i, 0);
    while (left) {
        left = 0;
        for (size_t i = 0; i < n; i++) {
            copy->server[i].canary =
                of[i] < i ? canaries[of[i]] : (struct canary){0};
            left += of[i] < i;
        }
        if (!left || probe_servers(copy, timeout_ms, NULL) == n)
            break;
        for (size_t i = 0; i < n; i++) {
            if (of[i] == i)
                continue;
            if (copy->server[i].facts.canary == CANARY_THERE) {
                answers[i].same_as = of[i];
                of[i] = i;
            } else {
                of[i] = next_alike(copy, answers, i, of[i] + 1);
            }
        }
    }
    free(canaries);
    free(of);
}

void
server_poll_ask(const struct shards *shards, enum server_poll_kind kind,
    int64_t timeout_ms, struct server_answer *answers)
{
    size_t n = shards->n_servers;
    struct shards copy = *shards;

    copy.server = mem_new(n * sizeof(*copy.server));
    memcpy(copy.server, shards->server, n * sizeof(*copy.server));
    if (kind == SERVER_POLL_REMOVE_CANARIES) {
        probe_remove_canaries(&copy, timeout_ms);
        for (size_t i = 0; i < n; i++)
            answers[i].facts = copy.server[i].facts;
    } else {
        ask(&copy, timeout_ms, answers);
        ask_after_setting(&copy, timeout_ms, answers);
        if (kind == SERVER_POLL_OPEN)
            find_same(&copy, timeout_ms, answers);
    }
    free(copy.server);
}

int
server_poll_start(struct server_poll *poll, enum server_poll_kind kind,
    const struct run *run)
{
    int64_t timeout_ms = run->settings->failure.timeout_ms;
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
    task_leave(&run->task, NULL);
    server_poll_ask(&run->shards, kind, timeout_ms, poll->answers);
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

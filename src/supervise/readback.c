#include "supervise/readback.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "audit/cause_evidence.h"
#include "audit/server_poll.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "proc/process.h"
#include "proc/shared.h"
#include "proc/signals.h"
#include "settings/exit.h"
#include "supervise/verify_all.h"
#include "verify/sample_check.h"

/* What the process that reads back leaves, in shared memory. */
struct found {
    size_t bytes; /* of the mapping */
    uint64_t population;
    bool is_about;
    struct found_server {
        struct verify_counts counts;
        struct server_answer answer; /* asked where something is missing */
    } servers[];
};

/* ---------------------------------------------------------- in the child ---
 */

/* Is this item still one that was stored, not lost by its server since? */
static bool
is_kept(void *ctx, const struct sample_origin *origin)
{
    const struct run *run = ctx;
    const struct run_input *at = &run->task.inputs[origin->file];
    const struct server_counts *of = &at->report->servers[origin->server];

    return at->generations[origin->server] == origin->generation &&
           of->stored + of->sent;
}

static const char *
file_name(void *ctx, uint32_t file)
{
    const struct run *run = ctx;

    return run->task.inputs[file].input->base;
}

/* What the sample was made of. */
static uint64_t
items_offered(const struct run *run)
{
    uint64_t n = 0;

    for (size_t i = 0; i < run->task.n; i++) {
        const struct run_input *at = &run->task.inputs[i];

        if (at->report && !at->is_unsampled)
            n += at->report->counts.stored + at->report->counts.sent;
    }
    return n;
}

static void
settle(const struct run *run, struct verify_counts *counts, struct found *found)
{
    struct err err;

    if (verify_all_settle(run, counts, &err)) {
        log_error("%s", err.text);
        exit(EXIT_NO_GO);
    }
    for (size_t i = 0; i < run->shards.n_servers; i++)
        found->population += counts[i].sampled;
}

/* Where something is not as it should be, what the servers say of themselves
 * tells why. */
static void
ask_why(const struct run *run, struct found *found)
{
    size_t n = run->shards.n_servers;
    struct server_answer *answers;
    uint64_t mismatches = 0;

    for (size_t i = 0; i < n; i++)
        mismatches +=
            found->servers[i].counts.sampled - found->servers[i].counts.matched;
    if (!mismatches)
        return;
    answers = mem_zero(n, sizeof(*answers));
    server_poll_ask(&run->shards, SERVER_POLL_ASK,
        run->settings->failure.timeout_ms, answers);
    for (size_t i = 0; i < n; i++)
        found->servers[i].answer = answers[i];
    free(answers);
}

static void
read_back(struct run *run, struct found *found)
{
    size_t n = run->shards.n_servers;
    struct verify_counts *counts = mem_zero(n, sizeof(*counts));
    struct readback_input input = {
        .shards = &run->shards,
        .flags = run->settings->input.flags,
        .timeout_ms = run->settings->failure.timeout_ms,
        .file_name = file_name,
        .ctx = run,
    };

    if (run->verify_log) {
        settle(run, counts, found);
    } else if (run->sample) {
        sample_keep(run->sample, is_kept, run);
        found->population = sample_population(run->sample, items_offered(run),
            &found->is_about);
        readback(&input, run->sample, counts);
    }
    for (size_t i = 0; i < n; i++)
        found->servers[i].counts = counts[i];
    free(counts);
    ask_why(run, found);
}

/* ------------------------------------------------------- the supervisor --- */

static struct found *
found_new(size_t n_servers)
{
    size_t bytes =
        sizeof(struct found) + n_servers * sizeof(struct found_server);
    struct found *found = shared_new(bytes);

    found->bytes = bytes;
    return found;
}

/* -1: no process for it, told. */
static int
start(struct run *run, struct found *found, struct process *process)
{
    pid_t pid = process_start(process, PROCESS_IS_KILLED);

    if (pid < 0)
        log_error("no process can be started to read the sample back: %s",
            strerror(errno));
    if (pid)
        return pid < 0 ? -1 : 0;
    read_back(run, found);
    exit(EXIT_SUCCESS);
}

/* Its end; *is_stopped: it was asked for, and we have killed it. */
static int
await(struct process *process, const struct run_host *host, bool *is_stopped)
{
    struct process_end end;
    int wait_ms;

    *is_stopped = false;
    for (;;) {
        struct pollfd fds[2] = {{.fd = host->stop_fd, .events = POLLIN}};

        if (run_host_take_stops(host) && !*is_stopped) {
            log_warn("stopping: what was loaded is not verified");
            *is_stopped = true;
            process_signal(process, SIGKILL);
        }
        if (process_reap(process, &end))
            return end.wait_status;
        process_wants(process, &fds[1], &wait_ms);
        poll(fds, 2, wait_ms < 0 ? SIGNALS_WAIT_MS : wait_ms);
    }
}

static void
put_shard(const struct run *run, size_t shard, const struct found *found,
    struct verify_row *row)
{
    const struct shard *at = &run->shards.shard[shard];

    row->name = at->name;
    for (size_t i = 0; i < at->n_servers; i++) {
        size_t server = at->first_server + i;
        const struct verify_counts *counts = &found->servers[server].counts;
        struct cause_facts facts = {.ttl_s = run->settings->servers.ttl_s};

#define X(state, word) verify_count(&row->counts, VERIFY_##state, counts->word);
        VERIFY_STATES(X)
#undef X
        if (counts->sampled > counts->matched)
            facts = cause_evidence(run, server,
                &found->servers[server].answer.facts);
        if (i == 0)
            row->facts = facts;
        else
            cause_facts_merge(&row->facts, &facts);
    }
}

/* Files of which nobody knows what was stored, or whether it is there. */
static uint64_t
count_unread(const struct run *run)
{
    uint64_t n = run->n_unread;

    for (size_t i = 0; i < run->task.n; i++)
        n += run->task.inputs[i].is_unsampled;
    return n;
}

static void
take_result(struct run *run, const struct found *found)
{
    const struct settings *settings = run->settings;
    struct verify_result *result = &run->verify;
    struct counts totals;

    run_totals(run, &totals);
    verify_result_init(result, run->shards.n);
    result->n_unread = count_unread(run);
    result->is_of_all = run->verify_log != NULL;
    result->population = found->population;
    result->is_about = found->is_about;
    result->rejected = totals.rejected;
    result->confidence = settings->verification.confidence;
    result->min_success = settings->verification.min_success;
    result->margin = settings->verification.margin;
    result->seed = settings->verification.seed;
    for (size_t i = 0; i < run->shards.n; i++)
        put_shard(run, i, found, &result->shard[i]);
    verify_result_finish(result);
    run->is_verified = true;
}

/* Of two exit statuses the first of docs/contract.md 7. */
static int
graver(int one, int other)
{
    static const int order[] = {
        EXIT_FAULT, EXIT_NO_GO, EXIT_INTERRUPTED, EXIT_NOT_ALL, EXIT_UNPROVEN};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (one == order[i] || other == order[i])
            return order[i];
    return one;
}

static int
end_unverified(struct run *run, const char *why, int status)
{
    run->unverified = why;
    return status;
}

static int
status_of_death(int wait_status)
{
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == EXIT_FAULT
               ? EXIT_FAULT
               : EXIT_NO_GO;
}

/* After all inputs are settled. */
static int
verify(struct run *run, struct found *found, const struct run_host *host)
{
    char n[UNITS_TEXT_BYTES], span[UNITS_TEXT_BYTES];
    int64_t started_ns = clock_ns();
    struct process process = {0};
    bool is_stopped = false;
    int wait_status;

    if (run->verify_log)
        log_info("settling what was found");
    else
        log_info("reading back a sample of %s (--seed %llu)",
            units_of(run->sample ? sample_count(run->sample) : 0, "item", n),
            (unsigned long long)run->settings->verification.seed);
    if (start(run, found, &process))
        return end_unverified(run,
            "no process could be started to read it back", EXIT_NO_GO);
    wait_status = await(&process, host, &is_stopped);
    if (is_stopped)
        return end_unverified(run, "it was interrupted", EXIT_INTERRUPTED);
    if (wait_status) {
        log_error("the process that read the sample back did not get to its "
                  "end");
        return end_unverified(run, "the process that read the sample back died",
            status_of_death(wait_status));
    }
    take_result(run, found);
    log_info("%s in %s", run->verify_log ? "settled" : "read back",
        units_span((double)(clock_ns() - started_ns) / 1e9, span));
    return verify_is_success(&run->verify) ? EXIT_DONE : EXIT_UNPROVEN;
}

int
readback_run(struct run *run, int status, const struct run_host *host)
{
    int of_readback = EXIT_DONE;
    struct found *found;

    if (!run->settings->verification.n && !run->verify_log)
        return status;
    if (status == EXIT_INTERRUPTED)
        return end_unverified(run, "it was interrupted", status);
    if (status == EXIT_NO_GO)
        return end_unverified(run, "it could not go on", status);
    if (run->has_lost_sample)
        return end_unverified(run, "its sample could not be handed over",
            graver(status, EXIT_NO_GO));
    if (run->verify_log && !purpose_type(run->task.purpose)->only_reads)
        of_readback = verify_all_read_back(run, host);
    status = graver(status, of_readback);
    if (of_readback == EXIT_INTERRUPTED)
        return end_unverified(run, "it was interrupted", status);
    if (of_readback != EXIT_DONE && of_readback != EXIT_NOT_ALL)
        return end_unverified(run, "it could not go on", status);
    found = found_new(run->shards.n_servers);
    status = graver(status, verify(run, found, host));
    shared_free(found, found->bytes);
    return status;
}

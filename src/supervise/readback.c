#include "supervise/readback.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "settings/exit.h"
#include "supervise/verify_all.h"
#include "audit/cause_evidence.h"
#include "proc/signals.h"
#include "verify/sample_check.h"

/* What the child leaves, in shared memory. */
struct proof {
    size_t bytes; /* of the mapping */
    uint64_t population;
    bool is_about;
    struct proof_answer answers[]; /* by server */
};

/* -------------------------------------------------------------- workers --- */

const char *
proof_open(struct run *run)
{
    struct err err;

    if (verify_all_open(run, &err) == 0)
        return NULL;
    log_error("%s", err.text);
    return "census";
}

int
proof_place(const struct run *run, struct worker *worker)
{
    if (!run->settings->verification.n)
        return 0;
    if (worker->sample_fd < 0)
        worker->sample_fd = memfd_create("sample", MFD_CLOEXEC);
    /* so that one that dies leaves nothing of another */
    if (worker->sample_fd < 0 || ftruncate(worker->sample_fd, 0))
        return -1;
    return 0;
}

static bool
take_sample(struct run *run, const struct worker *worker,
    const struct file *file)
{
    const struct settings *settings = run->settings;

    if (!run->sample)
        run->sample =
            sample_new(settings->verification.n, settings->verification.seed);
    return sample_read(run->sample, worker->sample_fd,
        (uint32_t)(file - run->files.file), file->generations);
}

void
proof_take(struct run *run, const struct worker *worker, struct file *file,
    bool is_whole)
{
    if (run->settings->verification.n)
        is_whole = take_sample(run, worker, file);
    else if (!run->verify_log)
        return;
    if (is_whole)
        return;
    file->is_unsampled = true;
    log_warn("%s: its worker %s: what it did is not verified",
        file_shown_name(file), run->verify_log ? "died" : "left no sample");
}

/* ---------------------------------------------------------- in the child ---
 */

/* Is this item still one that was stored, not lost by its server since? */
static bool
is_kept(void *ctx, const struct sample_origin *origin)
{
    const struct run *run = ctx;
    const struct file *file = &run->files.file[origin->file];
    const struct server_counts *of = &file->report->servers[origin->server];

    return file->generations[origin->server] == origin->generation &&
           of->stored + of->sent;
}

static const char *
file_name(void *ctx, uint32_t file)
{
    const struct run *run = ctx;

    return run->files.file[file].base;
}

/* What the sample was made of. */
static uint64_t
items_offered(const struct run *run)
{
    uint64_t n = 0;

    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        if (file->report && !file->is_unsampled)
            n += file->report->counts.stored + file->report->counts.sent;
    }
    return n;
}

static void
settle(const struct run *run, struct verify_counts *counts, struct proof *proof)
{
    struct err err;

    if (verify_all_settle(run, counts, &err)) {
        log_error("%s", err.text);
        exit(EXIT_NO_GO);
    }
    for (size_t i = 0; i < run->shards.n_servers; i++)
        proof->population += counts[i].sampled;
}

static void
read_back(struct run *run, struct proof *proof)
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
        settle(run, counts, proof);
    } else if (run->sample) {
        sample_keep(run->sample, is_kept, run);
        proof->population = sample_population(run->sample, items_offered(run),
            &proof->is_about);
        readback(&input, run->sample, counts);
    }
    for (size_t i = 0; i < n; i++)
        proof->answers[i].counts = counts[i];
    free(counts);
    proof_ask(run, proof->answers);
}

/* ------------------------------------------------------- the supervisor --- */

static struct proof *
proof_new(size_t n_servers)
{
    size_t bytes =
        sizeof(struct proof) + n_servers * sizeof(struct proof_answer);
    struct proof *proof = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (proof == MAP_FAILED)
        die("out of memory (%zu bytes wanted, shared)", bytes);
    proof->bytes = bytes;
    return proof;
}

/* -1: no process for it, told. */
static pid_t
start(struct run *run, struct proof *proof)
{
    pid_t supervisor = getpid(), pid;

    fflush(NULL);
    pid = signals_fork(false);
    if (pid < 0)
        log_error("no process can be started to read the sample back: %s",
            strerror(errno));
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        exit(EXIT_FAILURE);
    read_back(run, proof);
    exit(EXIT_SUCCESS);
}

/* The child's end; *is_stopped: it was asked for, and we have killed it. */
static int
await(pid_t pid, int signal_fd, bool *is_stopped)
{
    struct pollfd fd = {.fd = signal_fd, .events = POLLIN};
    int status = 0;
    pid_t ended;

    *is_stopped = false;
    for (;;) {
        if (signals_take_stops() && !*is_stopped) {
            log_warn("stopping: what was loaded is not verified");
            *is_stopped = true;
            kill(pid, SIGKILL);
        }
        ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid || (ended < 0 && errno != EINTR))
            return status;
        poll(&fd, 1, SIGNALS_WAIT_MS);
    }
}

static void
put_shard(const struct run *run, size_t shard, const struct proof *proof,
    struct verify_row *row)
{
    const struct shard *at = &run->shards.shard[shard];

    row->name = at->name;
    for (size_t i = 0; i < at->n_servers; i++) {
        size_t server = at->first_server + i;
        const struct proof_answer *answer = &proof->answers[server];
        struct cause_facts facts = proof_facts(run, server, answer);

#define X(state, word) \
    verify_count(&row->counts, VERIFY_##state, answer->counts.word);
        VERIFY_STATES(X)
#undef X
        if (i == 0)
            row->facts = facts;
        else
            cause_facts_merge(&row->facts, &facts);
    }
}

static void
take_result(struct run *run, const struct proof *proof)
{
    const struct settings *settings = run->settings;
    struct verify_result *result = &run->verify;
    struct counts totals;

    run_totals(run, &totals);
    verify_result_init(result, run->shards.n);
    result->is_of_all = run->verify_log != NULL;
    result->population = proof->population;
    result->is_about = proof->is_about;
    result->rejected = totals.rejected;
    result->confidence = settings->verification.confidence;
    result->min_success = settings->verification.min_success;
    result->margin = settings->verification.margin;
    result->seed = settings->verification.seed;
    for (size_t i = 0; i < run->shards.n; i++)
        put_shard(run, i, proof, &result->shard[i]);
    verify_result_finish(result);
    run->is_verified = true;
}

/* An exit status more; of both the first of DESIGN A.7. */
static void
end_with(struct run *run, int status)
{
    static const int order[] = {
        EXIT_FAULT, EXIT_NO_GO, EXIT_INTERRUPTED, EXIT_NOT_ALL, EXIT_UNPROVEN};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (status == order[i] || run->exit_code == order[i]) {
            run->exit_code = order[i];
            return;
        }
}

static void
fail(struct run *run, const char *why, int status)
{
    run->unverified = why;
    end_with(run, status);
}

/* It goes on from what is known when all files are settled. */
static void
prove(struct run *run, struct proof *proof, int signal_fd)
{
    char n[UNITS_TEXT_BYTES], span[UNITS_TEXT_BYTES];
    int64_t started_ns = clock_ns();
    bool is_stopped = false;
    int status;
    pid_t pid;

    if (run->verify_log)
        log_info("settling what was found");
    else
        log_info("reading back a sample of %s (--seed %llu)",
            units_of(run->sample ? sample_count(run->sample) : 0, "item", n),
            (unsigned long long)run->settings->verification.seed);
    pid = start(run, proof);
    status = pid < 0 ? -1 : await(pid, signal_fd, &is_stopped);
    if (is_stopped) {
        fail(run, "it was interrupted", EXIT_INTERRUPTED);
    } else if (status != 0) {
        log_error("the process that read the sample back did not get to its "
                  "end");
        fail(run, "the process that read the sample back died",
            status > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAULT
                ? EXIT_FAULT
                : EXIT_NO_GO);
    } else {
        take_result(run, proof);
        log_info("%s in %s", run->verify_log ? "settled" : "read back",
            units_span((double)(clock_ns() - started_ns) / 1e9, span));
        if (!verify_is_success(&run->verify))
            end_with(run, EXIT_UNPROVEN);
    }
}

/* After a load, all of it. False: there is nothing to go on with. */
static bool
verify_all(struct run *run, int signal_fd)
{
    int status = verify_all_read_back(run, signal_fd);

    switch (status) {
    case EXIT_DONE:
        return true;
    case EXIT_NOT_ALL:
        end_with(run, status);
        return true;
    case EXIT_INTERRUPTED:
        fail(run, "it was interrupted", status);
        return false;
    default:
        fail(run, "it could not go on", status);
        return false;
    }
}

void
proof_make(struct run *run, int signal_fd)
{
    struct proof *proof;

    if (!run->settings->verification.n && !run->verify_log)
        return;
    if (run->exit_code == EXIT_INTERRUPTED) {
        run->unverified = "it was interrupted";
        return;
    }
    if (run->exit_code == EXIT_NO_GO) {
        run->unverified = "it could not go on";
        return;
    }
    if (run->verify_log && !run->settings->only_verifies &&
        !verify_all(run, signal_fd))
        return;
    proof = proof_new(run->shards.n_servers);
    prove(run, proof, signal_fd);
    munmap(proof, proof->bytes);
}

void
proof_release(struct run *run)
{
    for (size_t i = 0; i < run->n_workers; i++)
        if (run->workers[i].sample_fd >= 0)
            close(run->workers[i].sample_fd);
    sample_free(run->sample);
    verify_all_release(run);
    if (run->is_verified)
        verify_result_release(&run->verify);
}

#include "audit/losses.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "run/input_outcome.h"

/* What one server lost, over all files. */
struct loss {
    uint64_t reloaded, failed; /* records */
    size_t n_files;            /* to be loaded again */
};

static uint64_t
kept(const struct run_input *at, size_t server)
{
    const struct server_counts *of = &at->report->servers[server];

    return of->stored + of->sent;
}

static bool
is_lost(const struct run *run, const struct run_input *at, size_t server)
{
    return run->baselines[server].is_watched && kept(at, server) &&
           at->generations[server] != run->baselines[server].generation &&
           !(at->again && at->again[server]);
}

/* Can these items be had a second time? Counts of a file whose worker died
 * are of a part of it only, and it is to be loaded again anyway. */
static bool
can_reload(const struct run *run, const struct run_input *at, size_t server)
{
    return run->settings->failure.on_restart == ON_RESTART_RELOAD &&
           !run->baselines[server].is_lost && at->input->type->can_read_again &&
           !at->is_partial && at->status.state != INPUT_INTERRUPTED;
}

/* Counts this server's records as failed, and fails the input. */
static void
lose(const struct run *run, struct run_input *at, size_t server)
{
    const struct server *of = &run->shards.server[server];
    uint64_t lost = report_lose(at->report, server);
    struct input_outcome outcome;
    char n[UNITS_TEXT_BYTES];

    run->baselines[server].lost += lost;
    at->lost += lost;
    input_outcome_fail(&outcome, INPUT_REASON_LOST,
        "shard %s (%s) lost %s of its records: %s",
        run->shards.shard[of->shard].name, of->address->text,
        units_count(lost, n), at->input->type->lost);
    /* nothing of it is to be loaded again any more */
    if (at->status.state == INPUT_TO_RELOAD && !at->again)
        input_settle(&at->status, &outcome);
    else
        input_lost_for_good(&at->status, &outcome);
}

static void
reload(const struct run *run, struct run_input *at, size_t server)
{
    if (!at->again)
        at->again = mem_zero(run->shards.n_servers, sizeof(*at->again));
    at->again[server] = true;
    at->input->is_stuck = false;
    input_happened(&at->status, INPUT_WAS_LOST);
}

static void
tell(const struct run *run, size_t server, const struct loss *loss)
{
    const struct server *of = &run->shards.server[server];
    const char *shard = run->shards.shard[of->shard].name;
    char n[UNITS_TEXT_BYTES], files[UNITS_TEXT_BYTES];

    if (loss->reloaded)
        log_warn(
            "shard %s (%s): %s of this load gone from it; loading %s again "
            "for it",
            shard, of->address->text, units_of(loss->reloaded, "record", n),
            units_of(loss->n_files, "file", files));
    if (loss->failed)
        log_error("shard %s (%s): %s of this load gone from it, and failed",
            shard, of->address->text, units_of(loss->failed, "record", n));
}

static void
find_in(struct run *run, struct run_input *at, bool may_reload,
    struct loss *losses)
{
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        if (!is_lost(run, at, i))
            continue;
        if (may_reload && can_reload(run, at, i)) {
            losses[i].reloaded += kept(at, i);
            losses[i].n_files++;
            reload(run, at, i);
        } else {
            losses[i].failed += kept(at, i);
            lose(run, at, i);
        }
    }
}

void
losses_find(struct run *run, bool may_reload)
{
    struct loss *losses = mem_zero(run->shards.n_servers, sizeof(*losses));

    for (size_t i = 0; i < run->task.n; i++) {
        struct run_input *at = &run->task.inputs[i];

        if (at->report && !input_state_is_running(at->status.state))
            find_in(run, at, may_reload, losses);
    }
    for (size_t i = 0; i < run->shards.n_servers; i++)
        tell(run, i, &losses[i]);
    free(losses);
}

void
losses_fail(const struct run *run, struct run_input *at)
{
    bool *again = at->again;

    at->again = NULL;
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        struct loss loss = {.failed = kept(at, i)};

        if (!again[i])
            continue;
        lose(run, at, i);
        tell(run, i, &loss);
    }
    free(again);
}

void
losses_reloaded(const struct run *run, struct run_input *at,
    const struct report *again, bool is_whole)
{
    struct input_outcome outcome;

    for (size_t i = 0; i < run->shards.n_servers; i++) {
        if (!at->again[i])
            continue;
        run->baselines[i].reloaded +=
            again->servers[i].stored + again->servers[i].sent;
        report_replace(at->report, i, &again->servers[i]);
    }
    at->report->jsonl_lines += again->jsonl_lines;
    at->report->tsv_lines += again->tsv_lines;
    at->report->csv_lines += again->csv_lines;
    free(at->again);
    at->again = NULL;
    if (is_whole) {
        input_happened(&at->status, INPUT_WAS_READ);
        return;
    }
    input_outcome_fail(&outcome, INPUT_REASON_LOST,
        "a server lost records of it, and loading it again for that server did "
        "not get to its end: %s",
        input_reason_advice(INPUT_REASON_LOST));
    /* a rejects file or verify log that cannot be written weighs more */
    if (again->ending == ENDING_REJECTS || again->ending == ENDING_VERIFY_LOG) {
        report_end_like(at->report, again);
        outcome_of_report(&(struct outcome_input){run->settings,
                              run->task.purpose, at->input, at->report},
            &outcome);
    }
    input_settle(&at->status, &outcome);
}

void
losses_drop(struct run *run)
{
    for (size_t i = 0; i < run->task.n; i++) {
        struct run_input *at = &run->task.inputs[i];

        if (at->status.state != INPUT_TO_RELOAD)
            continue;
        free(at->again);
        at->again = NULL;
    }
    losses_find(run, false);
}

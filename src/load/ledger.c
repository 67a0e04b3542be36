#include "load/ledger.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "load/key_index.h"

struct ledger {
    pthread_mutex_t lock; /* guards all below but the input, each is_out */
    struct report *report;
    struct ledger_input input;
    size_t *server_of_lane;
    struct key_index *indexes; /* NULL before the first refusal */
};

/* One a batch and lane. */
static size_t
n_indexes(const struct ledger *ledger)
{
    return batch_pool_size(ledger->input.pool) * ledger->input.n_lanes;
}

struct ledger *
ledger_new(const struct ledger_input *input)
{
    struct ledger *ledger = mem_zero(1, sizeof(*ledger));
    size_t *server_of_lane = mem_new(input->n_lanes * sizeof(size_t));

    memcpy(server_of_lane, input->server_of_lane,
        input->n_lanes * sizeof(size_t));
    ledger->input = *input;
    ledger->input.server_of_lane = ledger->server_of_lane = server_of_lane;
    pthread_mutex_init(&ledger->lock, NULL);
    ledger->report = report_new(input->slot->n_servers);
    return ledger;
}

void
ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    pthread_mutex_destroy(&ledger->lock);
    for (size_t i = 0; ledger->indexes && i < n_indexes(ledger); i++)
        key_index_release(&ledger->indexes[i]);
    free(ledger->indexes);
    free(ledger->server_of_lane);
    free(ledger->report);
    free(ledger);
}

void
ledger_out(struct ledger *ledger, struct batch *batch)
{
    pthread_mutex_lock(&ledger->lock);
    batch->is_out = true;
    pthread_mutex_unlock(&ledger->lock);
}

/* What became of the batch's items, into its counts and the servers'. */
static void
count_items(struct ledger *ledger, struct batch *batch)
{
    struct counts *counts = &batch->counts;
    struct server_counts *server;
    const uint64_t *of;
    uint64_t failed;

    for (size_t i = 0; i < ledger->input.n_lanes; i++) {
        of = batch->outcomes[i];
        server = &ledger->report->servers[ledger->server_of_lane[i]];
        failed = of[OUTCOME_OUT_OF_MEMORY] + of[OUTCOME_REFUSED] +
                 of[OUTCOME_OUTAGE];
        for (size_t j = 0; j < N_OUTCOMES; j++)
            counts->outcomes[j] += of[j];
        counts->stored += of[OUTCOME_STORED];
        counts->sent += of[OUTCOME_SENT];
        counts->failed += failed;
        counts->rejected += of[OUTCOME_TOO_LARGE];
        counts->rejects[REASON_TOO_LARGE] += of[OUTCOME_TOO_LARGE];
        server->stored += of[OUTCOME_STORED];
        server->sent += of[OUTCOME_SENT];
        server->failed += failed;
        server->rejected += of[OUTCOME_TOO_LARGE];
        server->out_of_memory += of[OUTCOME_OUT_OF_MEMORY];
        server->outage += of[OUTCOME_OUTAGE];
    }
}

static void
log_batch(const struct ledger *ledger, const struct batch *batch)
{
    char stored[UNITS_TEXT_BYTES], rejected[UNITS_TEXT_BYTES];
    char failed[UNITS_TEXT_BYTES];
    const struct counts *counts = &batch->counts;

    if (!log_wants(LOG_D))
        return;
    log_debug("%s: batch %llu: %s %s, %s rejected, %s failed",
        ledger->input.line_log->file_name, (unsigned long long)batch->number,
        units_count(counts->stored + counts->sent, stored),
        counts->sent ? "sent" : "stored",
        units_count(counts->rejected, rejected),
        units_count(counts->failed, failed));
}

void
ledger_home(struct ledger *ledger, struct batch *batch)
{
    pthread_mutex_lock(&ledger->lock);
    batch->is_out = false;
    batch->counts.batches = 1;
    count_items(ledger, batch);
    must(counts_balance(&batch->counts));
    counts_add(&ledger->report->counts, &batch->counts);
    slot_publish(ledger->input.slot, ledger->report);
    pthread_mutex_unlock(&ledger->lock);
    log_batch(ledger, batch);
    if (ledger->input.sample)
        picks_offer(&batch->picks, &batch->block,
            batch->counts.failed + batch->counts.rejects[REASON_TOO_LARGE],
            ledger->server_of_lane, ledger->input.sample);
    if (ledger->input.check_log.verify_log)
        check_log_note(&ledger->input.check_log, batch, ledger->server_of_lane,
            ledger->input.stop_fd);
    rejects_add(ledger->input.rejects, batch);
    batch_pool_put(ledger->input.pool, batch);
}

/* Items of the refused one's key that stand before it in the lane. */
static void
fail_earlier(struct key_index *index, struct batch *batch, size_t lane,
    const struct batch *refused_in, const struct item *refused,
    enum outcome outcome)
{
    uint64_t *outcomes = batch->outcomes[lane];
    struct item **found;
    size_t n;

    key_index_make(index, batch, lane);
    found = key_index_find(index, refused->key_hash, &n);
    for (size_t i = 0; i < n; i++) {
        struct item *item = found[i];

        if ((batch == refused_in && item->line >= refused->line) ||
            item->outcome != OUTCOME_NONE ||
            item->key_bytes != refused->key_bytes ||
            memcmp(item_key(item), item_key(refused), item->key_bytes) != 0)
            continue;
        item->outcome = (uint8_t)outcome;
        if (outcomes[OUTCOME_STORED])
            outcomes[OUTCOME_STORED]--;
        else
            outcomes[OUTCOME_SENT]--;
        outcomes[outcome]++;
    }
}

void
ledger_refused(struct ledger *ledger, const struct batch *batch, size_t lane,
    const struct item *item, enum outcome outcome)
{
    struct batch *other;

    line_log_failed(ledger->input.line_log, &batch->block, item->line, outcome);
    if (outcome == OUTCOME_TOO_LARGE)
        outcome = OUTCOME_REFUSED;
    pthread_mutex_lock(&ledger->lock);
    if (!ledger->indexes)
        ledger->indexes = mem_zero(n_indexes(ledger), sizeof(*ledger->indexes));
    for (size_t i = 0; i < batch_pool_size(ledger->input.pool); i++) {
        other = batch_pool_at(ledger->input.pool, i);
        if (other->is_out && other->number <= batch->number)
            fail_earlier(&ledger->indexes[i * ledger->input.n_lanes + lane],
                other, lane, batch, item, outcome);
    }
    pthread_mutex_unlock(&ledger->lock);
}

void
ledger_server(struct ledger *ledger, size_t server,
    const struct server_counts *more)
{
    pthread_mutex_lock(&ledger->lock);
    server_counts_add(&ledger->report->servers[server], more);
    slot_publish(ledger->input.slot, ledger->report);
    pthread_mutex_unlock(&ledger->lock);
}

void
ledger_unsettled(struct ledger *ledger, size_t server, uint64_t n)
{
    pthread_mutex_lock(&ledger->lock);
    report_unsettle(ledger->report, server, n);
    slot_publish(ledger->input.slot, ledger->report);
    pthread_mutex_unlock(&ledger->lock);
}

void
ledger_end(struct ledger *ledger, enum ending ending, enum input_reason reason,
    const struct err *err)
{
    struct report *report = ledger->report;

    pthread_mutex_lock(&ledger->lock);
    report->ending = ending;
    report->jsonl_lines = rejects_lines(ledger->input.rejects, REJECTS_JSONL);
    report->tsv_lines = rejects_lines(ledger->input.rejects, REJECTS_TSV);
    report->csv_lines = rejects_lines(ledger->input.rejects, REJECTS_CSV);
    report->reason = reason;
    report->error = err ? err->error : 0;
    fit(report->message, sizeof(report->message), err ? err->text : "");
    slot_publish(ledger->input.slot, report);
    pthread_mutex_unlock(&ledger->lock);
}

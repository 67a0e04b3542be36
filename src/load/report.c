#include "load/report.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proc/shared.h"

static_assert(sizeof(struct report) % sizeof(uint64_t) == 0 &&
                  sizeof(struct server_counts) % sizeof(uint64_t) == 0,
    "a report is copied by whole words");

size_t
report_bytes(size_t n_servers)
{
    return sizeof(struct report) + n_servers * sizeof(struct server_counts);
}

struct report *
report_new(size_t n_servers)
{
    struct report *report = mem_zero(1, report_bytes(n_servers));

    report->n_servers = n_servers;
    return report;
}

/* Adds (or, with sign -1, takes away) what a server's items count for. */
static void
count_server(struct counts *counts, const struct server_counts *of, int sign)
{
    uint64_t factor = (uint64_t)sign; /* modulo 2^64 */

    counts->stored += factor * of->stored;
    counts->sent += factor * of->sent;
    counts->failed += factor * of->failed;
    counts->rejected += factor * of->rejected;
    counts->rejects[REASON_TOO_LARGE] += factor * of->rejected;
    counts->outcomes[OUTCOME_STORED] += factor * of->stored;
    counts->outcomes[OUTCOME_SENT] += factor * of->sent;
    counts->outcomes[OUTCOME_TOO_LARGE] += factor * of->rejected;
    counts->outcomes[OUTCOME_OUT_OF_MEMORY] += factor * of->out_of_memory;
    counts->outcomes[OUTCOME_OUTAGE] += factor * of->outage;
    counts->outcomes[OUTCOME_REFUSED] +=
        factor * (of->failed - of->out_of_memory - of->outage);
}

static uint64_t
items(const struct server_counts *of)
{
    return of->stored + of->sent + of->failed + of->rejected;
}

void
report_unsettle(struct report *report, size_t server, uint64_t n)
{
    struct server_counts *of = &report->servers[server];
    uint64_t stored = n < of->stored ? n : of->stored;
    uint64_t sent = n - stored < of->sent ? n - stored : of->sent;

    count_server(&report->counts, of, -1);
    of->stored -= stored;
    of->sent -= sent;
    of->failed += stored + sent;
    of->outage += stored + sent;
    count_server(&report->counts, of, 1);
    must(counts_balance(&report->counts));
}

uint64_t
report_lose(struct report *report, size_t server)
{
    const struct server_counts *of = &report->servers[server];
    uint64_t n = of->stored + of->sent;

    report_unsettle(report, server, n);
    return n;
}

void
report_replace(struct report *report, size_t server,
    const struct server_counts *again)
{
    struct server_counts *of = &report->servers[server];
    uint64_t n = items(of);
    struct server_counts with = *again;

    /* more than there were: not the same file any more, so none of it holds */
    if (items(&with) > n)
        with.stored = with.sent = with.failed = with.rejected =
            with.out_of_memory = with.outage = 0;
    with.outage += n - items(&with);
    with.failed += n - items(&with);
    with.retried += of->retried;
    with.reconnects += of->reconnects;
    with.is_away += of->is_away;
    count_server(&report->counts, of, -1);
    *of = with;
    count_server(&report->counts, of, 1);
    must(counts_balance(&report->counts));
}

void
report_end_like(struct report *report, const struct report *other)
{
    report->ending = other->ending;
    report->reason = other->reason;
    report->error = other->error;
    memcpy(report->message, other->message, sizeof(report->message));
}

struct slot *
slot_new(size_t n_servers)
{
    struct slot *slot = shared_new(sizeof(*slot));

    slot->n_servers = n_servers;
    slot->reports = shared_slot_new(report_bytes(n_servers));
    slot_clear(slot);
    return slot;
}

void
slot_free(struct slot *slot)
{
    if (!slot)
        return;
    shared_slot_free(slot->reports);
    shared_free(slot, sizeof(*slot));
}

void
slot_clear(struct slot *slot)
{
    struct report *report = report_new(slot->n_servers);

    atomic_store(&slot->gauges.offset, 0);
    atomic_store(&slot->gauges.text_bytes, 0);
    atomic_store(&slot->gauges.lines, 0);
    shared_slot_reset(slot->reports, report);
    free(report);
}

void
slot_publish(struct slot *slot, const struct report *report)
{
    must(report->n_servers == slot->n_servers);
    shared_slot_publish(slot->reports, report);
}

struct report *
slot_read(const struct slot *slot)
{
    struct report *report = report_new(slot->n_servers);

    shared_slot_read(slot->reports, report);
    return report;
}

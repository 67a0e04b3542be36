#include "load/report.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

/*
 * Why a reader always gets a whole report
 *
 * `published` counts the reports published so far; report number n stands in
 * copy n & 1. The writer puts number n + 1 into the other copy and only then
 * counts it. So:
 *
 * A worker killed at any moment leaves a whole report. Until the count is
 * switched, it was writing the copy that nobody is sent to; the switch is one
 * store of a word, done or not done. Nothing else has to be put right, which
 * is why this is not a common sequence lock: one whose writer died holding an
 * odd number would keep its readers waiting for ever.
 *
 * A reader beside a live writer sees no mixture. It reads the count n, copies
 * report n, and reads the count again. The copy that holds n is next written
 * for n + 2, after the count became n + 1. Each word is stored with release
 * and loaded with acquire order: whoever saw one word of n + 2 sees a count of
 * n + 1 or more afterwards, and copies again. Counting to 2^64 takes longer
 * than any worker lives, so an equal count is the same count. (Fences would
 * do for the words too, but ThreadSanitizer knows none; on x86 both are free.)
 *
 * A reader is held up only by as many reports as are published while it copies
 * one: a microsecond against a batch's tens of milliseconds.
 */
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counts are shared by processes");
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

uint64_t
report_lose(struct report *report, size_t server)
{
    struct server_counts *of = &report->servers[server];
    uint64_t n = of->stored + of->sent;

    count_server(&report->counts, of, -1);
    of->failed += n;
    of->outage += n;
    of->stored = of->sent = 0;
    count_server(&report->counts, of, 1);
    must(counts_balance(&report->counts));
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

static size_t
report_words(size_t n_servers)
{
    return report_bytes(n_servers) / sizeof(uint64_t);
}

struct slot *
slot_new(size_t n_servers)
{
    size_t bytes = sizeof(struct slot) + 2 * report_bytes(n_servers);
    struct slot *slot = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (slot == MAP_FAILED)
        die("out of memory (%zu bytes wanted, shared)", bytes);
    slot->bytes = bytes;
    slot->n_servers = n_servers;
    slot_clear(slot);
    return slot;
}

void
slot_free(struct slot *slot)
{
    if (slot)
        munmap(slot, slot->bytes);
}

/* Report number n into its copy. */
static void
write_copy(struct slot *slot, uint64_t n, const struct report *report)
{
    size_t n_words = report_words(slot->n_servers);
    _Atomic uint64_t *to = slot->copies + (n & 1) * n_words;
    const char *from = (const char *)report;
    uint64_t word;

    for (size_t i = 0; i < n_words; i++) {
        memcpy(&word, from + i * sizeof(word), sizeof(word));
        atomic_store_explicit(to + i, word, memory_order_release);
    }
}

void
slot_clear(struct slot *slot)
{
    struct report *report = report_new(slot->n_servers);

    atomic_store(&slot->gauges.offset, 0);
    atomic_store(&slot->gauges.text_bytes, 0);
    atomic_store(&slot->gauges.lines, 0);
    write_copy(slot, 0, report);
    atomic_store(&slot->published, 0);
    free(report);
}

void
slot_publish(struct slot *slot, const struct report *report)
{
    uint64_t next =
        atomic_load_explicit(&slot->published, memory_order_relaxed) + 1;

    must(report->n_servers == slot->n_servers);
    write_copy(slot, next, report);
    atomic_store_explicit(&slot->published, next, memory_order_release);
}

struct report *
slot_read(const struct slot *slot)
{
    size_t n_words = report_words(slot->n_servers);
    struct report *report = report_new(slot->n_servers);
    char *to = (char *)report;
    uint64_t n, word;

    do {
        n = atomic_load_explicit(&slot->published, memory_order_acquire);
        const _Atomic uint64_t *from = slot->copies + (n & 1) * n_words;
        for (size_t i = 0; i < n_words; i++) {
            word = atomic_load_explicit(from + i, memory_order_acquire);
            memcpy(to + i * sizeof(word), &word, sizeof(word));
        }
    } while (atomic_load_explicit(&slot->published, memory_order_relaxed) != n);
    return report;
}

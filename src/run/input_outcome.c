#include "run/input_outcome.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/units.h"
#include "record/reason.h"

static const char *
remedy_of_errors(const struct counts *counts)
{
    if (!counts->failed)
        return "mend its lines or raise that";
    if (counts->outcomes[OUTCOME_OUT_OF_MEMORY] == counts->failed)
        return "give its servers more memory (memcached -m)";
    return "see in the log why its servers refused them";
}

static enum reason
main_reason(const struct counts *counts)
{
    enum reason most = REASON_NONE + 1;

    for (enum reason i = most + 1; i < N_REASONS; i++)
        if (counts->rejects[i] > counts->rejects[most])
            most = i;
    return most;
}

/* "all" or "most" of what was rejected. */
static const char *
how_many(const struct counts *counts, enum reason reason)
{
    return counts->rejects[reason] == counts->rejected ? "all" : "most";
}

enum { SHARDS_TOLD = 4 };

/* Where most rejected lines name a shard that does not exist, a name is
 * probably mistyped in the command, not in so many lines. */
static void
fail_no_shard(const struct outcome_input *of, struct input_outcome *out)
{
    const struct settings *settings = of->settings;
    const struct counts *counts = &of->report->counts;
    char names[128];
    size_t n_bytes = 0;

    for (size_t i = 0; i < settings->servers.n_shards && i < SHARDS_TOLD; i++)
        n_bytes += (size_t)snprintf(names + n_bytes, sizeof(names) - n_bytes,
            "%s%.24s", i ? ", " : "", settings->servers.shards[i].name);
    input_outcome_fail(out, INPUT_REASON_ERROR_RATE,
        "%.4g %% of its records were rejected, %s as unknown_type: there is no "
        "such shard; there %s %s%s: see --shard, then %s",
        counts_error_rate(counts) * 100, how_many(counts, REASON_UNKNOWN_TYPE),
        settings->servers.n_shards == 1 ? "is" : "are", names,
        settings->servers.n_shards > SHARDS_TOLD ? ", ..." : "",
        of->input->type->load_again);
}

/* Where every line was rejected, the mapping is wrong, not the data. */
static void
fail_all_rejected(const struct outcome_input *of, struct input_outcome *out)
{
    const struct counts *counts = &of->report->counts;
    enum reason most = main_reason(counts);

    input_outcome_fail(out, INPUT_REASON_ERROR_RATE,
        "every line was rejected, %s as %s: %s; see memc_load explain, then %s",
        how_many(counts, most), reason_word(most),
        of->settings->input.mapping_file
            ? "the mapping may be wrong"
            : "it may need a mapping (--mapping FILE)",
        of->input->type->load_again);
}

static void
fail_error_rate(const struct outcome_input *of, struct input_outcome *out)
{
    const struct counts *counts = &of->report->counts;

    if (!counts->failed &&
        counts->rejects[REASON_UNKNOWN_TYPE] * 2 > counts->rejected) {
        fail_no_shard(of, out);
        return;
    }
    if (counts->rejected == counts->lines - counts->blank &&
        !counts->rejects[REASON_TOO_LARGE]) {
        fail_all_rejected(of, out);
        return;
    }
    input_outcome_fail(out, INPUT_REASON_ERROR_RATE,
        "%.4g %% of its records %s, and --max-error-rate is %.4g %%: %s, then "
        "%s",
        counts_error_rate(counts) * 100,
        !counts->failed     ? "were rejected"
        : !counts->rejected ? "failed"
                            : "were rejected or failed",
        of->settings->failure.max_error_rate * 100, remedy_of_errors(counts),
        of->input->type->load_again);
}

static void
settle_read(const struct outcome_input *of, struct input_outcome *out)
{
    const struct counts *counts = &of->report->counts;
    char failed[UNITS_TEXT_BYTES];

    if (counts->outcomes[OUTCOME_OUTAGE])
        input_outcome_fail(out, INPUT_REASON_OUTAGE,
            "a shard was given up: %s failed; %s when the server is back",
            units_of(counts->outcomes[OUTCOME_OUTAGE], "record", failed),
            of->input->type->load_again);
    else if (purpose_type(of->purpose)->limits_errors &&
             counts->rejected + counts->failed &&
             counts_error_rate(counts) >= of->settings->failure.max_error_rate)
        fail_error_rate(of, out);
    else
        input_outcome_done(out);
}

const char *
outcome_advice(const struct input *input, enum input_reason reason)
{
    if (reason != INPUT_REASON_NOT_GZIP)
        return input->type->get_whole;
    if (!input->type->has_size || input->at_start.st_size == 0)
        return input_reason_advice(reason);
    return "check what it is: if it is packed in another way, unpack it and "
           "pipe the text into memc_load -";
}

/* What became of the records that were made before it broke off. */
static const char *
word_of_stored(const struct outcome_input *of)
{
    const char *word = purpose_type(of->purpose)->stored;

    if (word)
        return word;
    return of->settings->tuning.mode == MODE_NOREPLY ? "sent" : "stored";
}

static void
fail_broken(const struct outcome_input *of, struct input_outcome *out)
{
    const struct report *report = of->report;
    uint64_t n = report->counts.stored + report->counts.sent;
    char before[64] = "", records[UNITS_TEXT_BYTES];

    if (n == 1)
        snprintf(before, sizeof(before), "the record before that was %s; ",
            word_of_stored(of));
    else if (n)
        snprintf(before, sizeof(before), "the %s before that were %s; ",
            units_of(n, "record", records), word_of_stored(of));
    input_outcome_fail(out, report->reason, "%s; %s%s", report->message, before,
        outcome_advice(of->input, report->reason));
}

bool
outcome_lacks_right(const struct report *report)
{
    return report && (report->error == EACCES || report->error == EPERM ||
                         report->error == EROFS);
}

bool
outcome_is_of_name(int error)
{
    return error == ENAMETOOLONG || error == EISDIR || error == ELOOP ||
           error == ENXIO || error == ENOTDIR || error == EEXIST ||
           error == ENOTEMPTY;
}

void
outcome_of_report(const struct outcome_input *of, struct input_outcome *out)
{
    const struct report *report = of->report;

    switch (report->ending) {
    case ENDING_READ:
        settle_read(of, out);
        break;
    case ENDING_BROKEN:
        fail_broken(of, out);
        break;
    case ENDING_HEADER:
        input_outcome_fail(out, report->reason, "%s; %s", report->message,
            input_reason_advice(report->reason));
        break;
    case ENDING_REJECTS:
        input_outcome_fail(out, report->reason,
            "%s: %s --rejects DIR or --no-rejects", report->message,
            outcome_lacks_right(report)
                ? "give memc_load write permission there, or"
                : "make room there, or give");
        break;
    case ENDING_VERIFY_LOG:
        input_outcome_fail(out, report->reason, "%s", report->message);
        break;
    case ENDING_INTERRUPTED:
        input_outcome_set(out, INPUT_END_INTERRUPTED, INPUT_REASON_INTERRUPTED,
            "stopped; %s to load it", of->input->type->run_again);
        break;
    case ENDING_NONE:
        input_outcome_fail(out, INPUT_REASON_WORKER,
            "its worker ended without a word; %s", of->input->type->load_again);
        break;
    }
}

void
outcome_of_death(const struct outcome_input *of, int wait_status,
    bool is_stopping, struct input_outcome *out)
{
    int number = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    char lines[UNITS_TEXT_BYTES];

    units_of(of->report->counts.lines, "line", lines);
    if (is_stopping && (number == SIGKILL || number == SIGTERM))
        input_outcome_set(out, INPUT_END_INTERRUPTED, INPUT_REASON_INTERRUPTED,
            "stopped before all that was under way could be finished; %s to "
            "load it",
            of->input->type->run_again);
    else if (number)
        input_outcome_fail(out, INPUT_REASON_WORKER,
            "its worker was killed by signal %d (%s); %s of whole batches "
            "counted; %s",
            number, strsignal(number), lines, of->input->type->load_again);
    else
        input_outcome_fail(out, INPUT_REASON_WORKER,
            "its worker ended with status %d; %s of whole batches counted; %s",
            WEXITSTATUS(wait_status), lines, of->input->type->load_again);
}

#include "run/input_outcome.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/units.h"
#include "record/reason.h"

/* What loads it once more: of standard input nothing is kept. */
static const char *
again(const struct file *file)
{
    return file->is_stdin ? "feed it in again" : "load it again";
}

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

/* Where most of what was rejected was for no shard there is, a name is mistyped
 * in the command rather than in so many lines. */
static void
settle_no_shard(const struct run *run, struct file *file)
{
    const struct settings *settings = run->settings;
    const struct counts *counts = &file->report->counts;
    char names[128];
    size_t n_bytes = 0;

    for (size_t i = 0; i < settings->servers.n_shards && i < SHARDS_TOLD; i++)
        n_bytes += (size_t)snprintf(names + n_bytes, sizeof(names) - n_bytes,
            "%s%.24s", i ? ", " : "", settings->servers.shards[i].name);
    file_settle(file, FILE_FAILED, "error_rate",
        "%.4g %% of its records were rejected, %s as unknown_type: there is no "
        "such shard; there %s %s%s: see --shard, then %s",
        counts_error_rate(counts) * 100, how_many(counts, REASON_UNKNOWN_TYPE),
        settings->servers.n_shards == 1 ? "is" : "are", names,
        settings->servers.n_shards > SHARDS_TOLD ? ", ..." : "", again(file));
}

/* Of lines that were all rejected: it is not they that are wrong. */
static void
settle_all_rejected(const struct run *run, struct file *file)
{
    const struct counts *counts = &file->report->counts;
    enum reason most = main_reason(counts);

    file_settle(file, FILE_FAILED, "error_rate",
        "every line was rejected, %s as %s: %s; see memc_load explain, then %s",
        how_many(counts, most), reason_word(most),
        run->settings->input.mapping_file
            ? "the mapping may be wrong"
            : "it may need a mapping (--mapping FILE)",
        again(file));
}

static void
settle_error_rate(const struct run *run, struct file *file)
{
    const struct counts *counts = &file->report->counts;

    if (!counts->failed &&
        counts->rejects[REASON_UNKNOWN_TYPE] * 2 > counts->rejected) {
        settle_no_shard(run, file);
        return;
    }
    if (counts->rejected == counts->lines - counts->blank &&
        !counts->rejects[REASON_TOO_LARGE]) {
        settle_all_rejected(run, file);
        return;
    }
    file_settle(file, FILE_FAILED, "error_rate",
        "%.4g %% of its records %s, and --max-error-rate is %.4g %%: %s, then "
        "%s",
        counts_error_rate(counts) * 100,
        !counts->failed     ? "were rejected"
        : !counts->rejected ? "failed"
                            : "were rejected or failed",
        run->settings->failure.max_error_rate * 100, remedy_of_errors(counts),
        again(file));
}

static void
settle_read(const struct run *run, struct file *file)
{
    const struct counts *counts = &file->report->counts;
    char failed[UNITS_TEXT_BYTES];

    if (counts->outcomes[OUTCOME_OUTAGE])
        file_settle(file, FILE_FAILED, "outage",
            "a shard was given up: %s failed; %s when the server is back",
            units_of(counts->outcomes[OUTCOME_OUTAGE], "record", failed),
            again(file));
    else if (!run->settings->only_verifies &&
             counts->rejected + counts->failed &&
             counts_error_rate(counts) >= run->settings->failure.max_error_rate)
        settle_error_rate(run, file);
    else
        file_settle(file, FILE_DONE, "", "%s", "");
}

const char *
judge_remedy(const struct file *file, const char *reason)
{
    if (strcmp(reason, "not_gzip") != 0)
        return file->is_stdin ? "feed it in again, whole"
                              : "get it anew and load it again";
    if (file->is_stdin || file->at_start.st_size == 0)
        return "check where it comes from";
    return "check what it is: if it is packed in another way, unpack it and "
           "pipe the text into memc_load -";
}

static void
settle_broken(const struct run *run, struct file *file)
{
    const struct report *report = file->report;
    const char *what = run->settings->only_verifies                 ? "read"
                       : run->settings->dry                         ? "made"
                       : run->settings->tuning.mode == MODE_NOREPLY ? "sent"
                                                                    : "stored";
    uint64_t n = report->counts.stored + report->counts.sent;
    char before[64] = "", records[UNITS_TEXT_BYTES];

    if (n == 1)
        snprintf(before, sizeof(before), "the record before that was %s; ",
            what);
    else if (n)
        snprintf(before, sizeof(before), "the %s before that were %s; ",
            units_of(n, "record", records), what);
    file_settle(file, FILE_FAILED, report->reason, "%s; %s%s", report->message,
        before, judge_remedy(file, report->reason));
}

/* By its message, which ends with what errno said. */
bool
judge_lacks_right(const struct file *file)
{
    static const int errors[] = {EACCES, EPERM, EROFS};
    const char *message = file->report ? file->report->message : "";
    size_t n_bytes = strlen(message), n;

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        n = strlen(strerror(errors[i]));
        if (n <= n_bytes &&
            strcmp(message + n_bytes - n, strerror(errors[i])) == 0)
            return true;
    }
    return false;
}

void
judge_report(const struct run *run, struct file *file)
{
    const struct report *report = file->report;

    switch (report->ending) {
    case ENDING_READ:
        settle_read(run, file);
        break;
    case ENDING_BROKEN:
        settle_broken(run, file);
        break;
    case ENDING_HEADER:
        file_settle(file, FILE_FAILED, report->reason,
            "%s; mend the file or the mapping", report->message);
        break;
    case ENDING_REJECTS:
        file_settle(file, FILE_FAILED, report->reason,
            "%s: %s --rejects DIR or --no-rejects", report->message,
            judge_lacks_right(file)
                ? "give memc_load write permission there, or"
                : "make room there, or give");
        break;
    case ENDING_VERIFY_LOG:
        file_settle(file, FILE_FAILED, report->reason, "%s", report->message);
        break;
    case ENDING_INTERRUPTED:
        file_settle(file, FILE_INTERRUPTED, "interrupted",
            "stopped; %s to load it",
            file->is_stdin ? "feed it in again" : "run again");
        break;
    case ENDING_NONE:
        file->is_partial = true;
        file_settle(file, FILE_FAILED, "worker",
            "its worker ended without a word; %s", again(file));
        break;
    }
}

void
judge_death(struct file *file, int status, bool is_stopping)
{
    char lines[UNITS_TEXT_BYTES];

    units_of(file->report->counts.lines, "line", lines);
    file->is_partial = true;
    if (is_stopping && WIFSIGNALED(status) &&
        (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM))
        file_settle(file, FILE_INTERRUPTED, "interrupted",
            "stopped before all that was under way could be finished; %s to "
            "load it",
            file->is_stdin ? "feed it in again" : "run again");
    else if (WIFSIGNALED(status))
        file_settle(file, FILE_FAILED, "worker",
            "its worker was killed by signal %d (%s); %s of whole batches "
            "counted; %s",
            WTERMSIG(status), strsignal(WTERMSIG(status)), lines, again(file));
    else
        file_settle(file, FILE_FAILED, "worker",
            "its worker ended with status %d; %s of whole batches counted; %s",
            WEXITSTATUS(status), lines, again(file));
}

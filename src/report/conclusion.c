#include "report/conclusion.h"

#include "base/columns.h"
#include "base/units.h"

/* More names than this make no sentence. */
enum { NAMES_MOST = 3, NAME_COLUMNS = 60 };

/* "36 lines rejected" */
static void
add_count(struct text *out, uint64_t n, const char *noun, const char *what)
{
    char text[UNITS_TEXT_BYTES];

    text_format(out, "%s %s", units_of(n, noun, text), what);
}

/* "3,000,000 records stored, 36 lines rejected" */
static void
add_records(struct text *out, const struct run_result *result)
{
    const struct counts *totals = &result->totals;

    if (purpose_type(result->purpose)->only_reads)
        add_count(out, totals->sent, "record", "in them");
    else if (purpose_type(result->purpose)->is_dry)
        add_count(out, totals->sent, "record", "made, nothing sent");
    else if (result->mode == MODE_NOREPLY)
        add_count(out, totals->sent, "record", "sent, not known to be stored");
    else
        add_count(out, totals->stored, "record", "stored");
    if (totals->rejected) {
        text_format(out, ", ");
        add_count(out, totals->rejected, "line", "rejected");
    }
    if (totals->failed) {
        text_format(out, ", ");
        add_count(out, totals->failed, "record", "failed");
    }
}

/* "a.tsv.gz (corrupt), b.tsv.gz (truncated) and 3 more" */
static void
add_names(struct text *out, const struct run_result *result,
    enum input_state state)
{
    size_t n = run_result_count(result, state), told = 0;

    for (size_t i = 0; i < result->n_inputs && told < NAMES_MOST; i++) {
        const struct input_result *input = &result->inputs[i];

        if (input->state != state)
            continue;
        text_format(out, "%s", told ? ", " : "");
        columns_add(out, input->base, NAME_COLUMNS);
        text_format(out, " (%s)", input_reason_word(input->reason));
        told++;
    }
    if (n > told)
        text_format(out, " and %zu more", n - told);
}

/* Were all files that failed loaded all the same? */
static bool
are_only_names_left(const struct run_result *result)
{
    for (size_t i = 0; i < result->n_inputs; i++) {
        const struct input_result *input = &result->inputs[i];

        if (input->state == INPUT_FAILED &&
            input->reason != INPUT_REASON_RENAME)
            return false;
    }
    return true;
}

static void
add_all_done(struct text *out, const struct run_result *result)
{
    const char *done = purpose_type(result->purpose)->input_done;
    bool is_dry = purpose_type(result->purpose)->is_dry;
    size_t n = result->n_inputs;

    text_format(out, "%s", is_dry ? "Dry run: " : "");
    if (n == 1)
        text_format(out, "1 file %s: ", done);
    else
        text_format(out, "%s %zu files %s: ", is_dry ? "all" : "All", n, done);
    add_records(out, result);
    text_format(out, ".\n");
}

/* Files that a stop kept from being done, begun or not. */
static size_t
stopped_files(const struct run_result *result)
{
    size_t n = 0;

    for (size_t i = 0; i < result->n_inputs; i++) {
        const struct input_result *input = &result->inputs[i];

        n += !input_state_is_settled(input->state) ||
             input->reason == INPUT_REASON_INTERRUPTED;
    }
    return n;
}

/* Where nothing of the rest can be read again it has to be fed in. */
static const char *
run_again(const struct run_result *result)
{
    for (size_t i = 0; i < result->n_inputs; i++)
        if (!input_state_is_done(result->inputs[i].state) &&
            result->inputs[i].type->can_read_again)
            return "run again";
    return "feed standard input in again";
}

static void
add_interrupted(struct text *out, const struct run_result *result)
{
    char files[UNITS_TEXT_BYTES];
    size_t failed = run_result_count(result, INPUT_FAILED);

    text_format(out, "Interrupted: %zu of %s done",
        run_result_count(result, INPUT_DONE),
        units_of(result->n_inputs, "file", files));
    if (failed)
        text_format(out, ", %zu failed", failed);
    text_format(out, "; ");
    add_records(out, result);
    text_format(out, "; %s to %s the rest.\n", run_again(result),
        purpose_type(result->purpose)->rest);
}

/*
 * Does the same command load what failed? Only where nothing is wrong with the
 * files themselves; else each file's message says what helps.
 */
static bool
would_again_help(const struct run_result *result)
{
    for (size_t i = 0; i < result->n_inputs; i++) {
        const struct input_result *input = &result->inputs[i];

        if (input->state == INPUT_FAILED &&
            (!input_reason_may_heal(input->reason) ||
                !input->type->can_read_again))
            return false;
    }
    return true;
}

/* Files of one state that is not done, by name, and what to do about them. */
static void
add_not_done(struct text *out, const struct run_result *result,
    enum input_state state, const char *word)
{
    char files[UNITS_TEXT_BYTES];
    size_t n = run_result_count(result, state);
    size_t skipped = run_result_count(result, INPUT_SKIPPED);

    text_format(out, "%zu of %s %s: ", n,
        units_of(result->n_inputs, "file", files), word);
    add_names(out, result, state);
    if (state != INPUT_SKIPPED && skipped)
        text_format(out, ", %zu skipped", skipped);
    text_format(out, "; ");
    add_records(out, result);
}

/* "Shard gaid (ADDRESS) lost what it held: 12 records loaded again." */
static void
add_restarts_of(struct text *out, const struct shard_result *shard,
    const struct server_result *server)
{
    const struct server_losses *losses = &server->losses;

    if (!losses->reloaded && !losses->lost)
        return;
    text_format(out, "Shard %s (%s) %s: ", shard->name, server->address,
        losses->restarts ? "lost what it held" : "does not answer any more");
    if (losses->reloaded)
        add_count(out, losses->reloaded, "record", "loaded again");
    if (losses->reloaded && losses->lost)
        text_format(out, ", ");
    if (losses->lost)
        add_count(out, losses->lost, "record", "lost");
    text_format(out, ".\n");
}

static void
add_restarts(struct text *out, const struct run_result *result)
{
    for (size_t i = 0; i < result->n_shards; i++) {
        const struct shard_result *shard = &result->shards[i];

        for (size_t j = 0; j < shard->n_servers; j++)
            add_restarts_of(out, shard,
                &result->servers[shard->first_server + j]);
    }
}

/* All was stopped for a file whose rejects could not be written. */
static void
add_no_rejects(struct text *out, const struct run_result *result)
{
    for (size_t i = 0; i < result->n_inputs; i++) {
        const struct input_result *input = &result->inputs[i];

        if (input->state != INPUT_FAILED ||
            input->reason != INPUT_REASON_REJECTS)
            continue;
        text_format(out,
            "Bad lines could not be written to a file, so all was stopped: %s, "
            "or run again with --rejects DIR or --no-rejects.\n",
            input->lacks_right ? "give memc_load write permission there"
                               : "make room there");
        return;
    }
}

void
conclusion_add(struct text *out, const struct run_result *result)
{
    size_t failed = run_result_count(result, INPUT_FAILED);

    if (run_result_count(result, INPUT_DONE) == result->n_inputs) {
        add_all_done(out, result);
    } else if (stopped_files(result)) {
        add_interrupted(out, result);
    } else if (failed && are_only_names_left(result)) {
        add_not_done(out, result, INPUT_FAILED, "not renamed");
        text_format(out, "; everything was loaded.\n");
    } else if (failed) {
        add_not_done(out, result, INPUT_FAILED, "failed");
        if (purpose_type(result->purpose)->only_reads)
            text_format(out, "; the rest was read.\n");
        else if (would_again_help(result))
            text_format(out, "; run again to load %s.\n",
                failed == 1 ? "it" : "them");
        else
            text_format(out, "; see above what to do.\n");
    } else {
        add_not_done(out, result, INPUT_SKIPPED, "skipped");
        text_format(out, ".\n");
    }
    add_restarts(out, result);
    add_no_rejects(out, result);
}

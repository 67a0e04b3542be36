/*
 * A run that was never run, for what shows runs: three files, three shards of
 * which the last is a pool of two, and counts that balance. What shows a result
 * gets it from run_result_new().
 */
#ifndef UNIT_FAKE_RUN_H
#define UNIT_FAKE_RUN_H

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/report.h"
#include "run/result.h"
#include "run/run.h"

enum { FAKE_FILES = 3, FAKE_SERVERS = 4 };

struct fake_run {
    struct run run;
    struct settings settings;
    struct address addresses[FAKE_SERVERS];
    struct shard shards[3];
    struct server servers[FAKE_SERVERS];
    struct baseline baselines[FAKE_SERVERS]; /* none is watched */
    struct input inputs[FAKE_FILES];
    struct run_input at[FAKE_FILES];
    struct place places[2]; /* without slots, until fake_run_begin() */
};

static const int64_t FAKE_START_NS = 1000000000000;

static inline void
fake_counts(struct report *report, uint64_t n)
{
    struct counts *counts = &report->counts;

    counts->lines = 1000000;
    counts->blank = n;
    counts->rejected = 10 + n;
    counts->failed = 0;
    counts->rejects[REASON_COLUMNS] = 10;
    counts->rejects[REASON_BAD_NUMBER] = n;
    counts->stored = 1000000 - 10 - 2 * n;
    counts->outcomes[OUTCOME_STORED] = counts->stored;
    counts->batches = 50;
    counts->out_of_range = 100 * n;
    counts->text_bytes = 313 * counts->lines;
    for (size_t i = 0; i < report->n_servers; i++)
        report->servers[i].stored = counts->stored / report->n_servers;
    report->servers[0].stored += counts->stored % report->n_servers;
}

/* As if it had come to that state at once, from none. */
static inline void
fake_settle(struct run_input *at, enum input_state state,
    enum input_reason reason, const char *message)
{
    struct input_outcome outcome;

    input_status_init(&at->status);
    if (state == INPUT_WAITING)
        return;
    if (state == INPUT_SKIPPED) {
        input_outcome_set(&outcome, INPUT_END_SKIPPED, reason, "%s", message);
        input_settle(&at->status, &outcome);
        return;
    }
    input_happened(&at->status, INPUT_STARTED);
    if (state == INPUT_LOADING)
        return;
    input_outcome_set(&outcome,
        state == INPUT_FAILED        ? INPUT_END_FAILED
        : state == INPUT_INTERRUPTED ? INPUT_END_INTERRUPTED
                                     : INPUT_END_DONE,
        reason, "%s", message);
    input_settle(&at->status, &outcome);
    if (state == INPUT_FINISHED)
        input_happened(&at->status, INPUT_WAS_FINISHED);
    must(at->status.state == state);
}

/* All files are done, 4 seconds after the start. */
static inline void
fake_run_init(struct fake_run *fake)
{
    static char names[FAKE_FILES][16] = {"d/a.tsv.gz", "d/b.tsv.gz", "c.gz"};
    static char addresses[FAKE_SERVERS][32] = {"127.0.0.1:33013",
        "127.0.0.1:33014", "10.0.0.1:11211", "unix:/run/memcached.sock"};
    static const char *const shards[3] = {"idfa", "gaid", "pool"};

    *fake = (struct fake_run){0};
    fake->settings =
        (struct settings){.tuning.mode = MODE_MULTI, .input.rename = true};
    for (size_t i = 0; i < FAKE_SERVERS; i++) {
        fake->addresses[i].text = addresses[i];
        fake->servers[i].address = &fake->addresses[i];
        fake->servers[i].shard = i < 2 ? i : 2;
        fake->servers[i].first = i;
    }
    for (size_t i = 0; i < 3; i++)
        fake->shards[i] = (struct shard){shards[i], i, i < 2 ? 1 : 2};
    for (size_t i = 0; i < FAKE_FILES; i++) {
        struct input *input = &fake->inputs[i];
        struct run_input *at = &fake->at[i];

        input->type = &input_file;
        input->path = names[i];
        input->base = i < 2 ? names[i] + 2 : names[i];
        input->number = (uint32_t)i;
        input->fd = -1;
        input->at_start.st_size = 100 << 20;
        at->input = input;
        fake_settle(at, INPUT_FINISHED, INPUT_REASON_NONE, "");
        at->started_ns = FAKE_START_NS + (int64_t)i * 1000000000;
        at->ended_ns = at->started_ns + 2000000000;
        at->report = report_new(FAKE_SERVERS);
        fake_counts(at->report, i);
    }
    fake->run = (struct run){
        .settings = &fake->settings,
        .shards = {.shard = fake->shards,
            .n = 3,
            .server = fake->servers,
            .n_servers = FAKE_SERVERS},
        .baselines = fake->baselines,
        .task = {.purpose = PURPOSE_LOAD,
            .list = {.input = fake->inputs, .n = FAKE_FILES},
            .inputs = fake->at,
            .n = FAKE_FILES,
            .places = fake->places,
            .n_places = 2,
            .started_ns = FAKE_START_NS,
            .user_s = 3.5,
            .system_s = 0.75,
            .max_rss_bytes = 43 << 20},
        .started_ns = FAKE_START_NS,
        .ended_ns = FAKE_START_NS + 4000000000,
        .has_begun = true,
    };
}

/* The file as it stands before its turn. */
static inline void
fake_run_wait(struct fake_run *fake, size_t i)
{
    struct run_input *at = &fake->at[i];

    free(at->report);
    at->report = NULL;
    input_status_init(&at->status);
    at->started_ns = at->ended_ns = 0;
}

/* A process is at it, in this place. */
static inline void
fake_run_begin(struct fake_run *fake, size_t place, size_t i, int64_t at_ns)
{
    struct place *where = &fake->places[place];

    where->at = &fake->at[i];
    if (!where->slot)
        where->slot = slot_new(FAKE_SERVERS);
    fake_settle(where->at, INPUT_LOADING, INPUT_REASON_NONE, "");
    where->at->started_ns = at_ns;
}

static inline void
fake_run_release(struct fake_run *fake)
{
    for (size_t i = 0; i < FAKE_FILES; i++)
        free(fake->at[i].report);
    for (size_t i = 0; i < 2; i++)
        if (fake->places[i].slot)
            slot_free(fake->places[i].slot);
}

#endif

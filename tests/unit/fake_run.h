/*
 * A run that was never run, for what shows runs: three files, three shards of
 * which the last is a pool of two, and counts that balance.
 */
#ifndef UNIT_FAKE_RUN_H
#define UNIT_FAKE_RUN_H

#include <stdlib.h>
#include <string.h>

#include "load/report.h"
#include "run/run.h"

enum { FAKE_FILES = 3, FAKE_SERVERS = 4 };

struct fake_run {
    struct run run;
    struct settings settings;
    struct address addresses[FAKE_SERVERS];
    struct shard shards[3];
    struct server servers[FAKE_SERVERS];
    struct file files[FAKE_FILES];
    struct worker workers[2];
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
    }
    for (size_t i = 0; i < 3; i++)
        fake->shards[i] = (struct shard){shards[i], i, i < 2 ? 1 : 2};
    for (size_t i = 0; i < FAKE_FILES; i++) {
        struct file *file = &fake->files[i];

        file->path = names[i];
        file->base = i < 2 ? names[i] + 2 : names[i];
        file->status = FILE_DONE;
        file->fd = -1;
        file->at_start.st_size = 100 << 20;
        file->started_ns = FAKE_START_NS + (int64_t)i * 1000000000;
        file->ended_ns = file->started_ns + 2000000000;
        file->report = report_new(FAKE_SERVERS);
        fake_counts(file->report, i);
    }
    fake->run = (struct run){
        .settings = &fake->settings,
        .shards = {.shard = fake->shards,
            .n = 3,
            .server = fake->servers,
            .n_servers = FAKE_SERVERS},
        .files = {.file = fake->files, .n = FAKE_FILES},
        .workers = fake->workers,
        .n_workers = 2,
        .started_ns = FAKE_START_NS,
        .ended_ns = FAKE_START_NS + 4000000000,
        .user_s = 3.5,
        .system_s = 0.75,
        .max_rss_bytes = 43 << 20,
    };
}

/* The file as it stands before its turn. */
static inline void
fake_run_wait(struct fake_run *fake, size_t i)
{
    struct file *file = &fake->files[i];

    free(file->report);
    file->report = NULL;
    file->status = FILE_WAITING;
    file->started_ns = file->ended_ns = 0;
}

static inline void
fake_run_release(struct fake_run *fake)
{
    for (size_t i = 0; i < FAKE_FILES; i++)
        free(fake->files[i].report);
    for (size_t i = 0; i < 2; i++)
        slot_free(fake->workers[i].slot);
}

#endif

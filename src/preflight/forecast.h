/*
 * What a load will need, by a sample of its files (load/preview.h).
 *
 * Of up to FORECAST_FILES files, spread over the list, the first lines are
 * read, as many as make FORECAST_LINES together, and scaled up to the files'
 * sizes, then to all files'. Keys that occur twice are counted twice: what is
 * forecast is what the servers need at most. Standard input cannot be sampled.
 *
 * One thread, the supervisor's, before it forks. Ends after FORECAST_CPU_MS of
 * work, so that a busy machine does not make a sample of what is read whole on
 * an idle one, and in any case after FORECAST_MS, give or take one step of a
 * file; 30 ms for three files of a million real-shaped lines in the page cache,
 * which load in 4.5 s.
 */
#ifndef PREFLIGHT_FORECAST_H
#define PREFLIGHT_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reason.h"
#include "memc/slabs.h"
#include "preflight/findings.h"
#include "run/run.h"

enum {
    FORECAST_FILES = 64,
    FORECAST_LINES = 24 << 10,
    FORECAST_TEXT_BYTES = 8 << 20, /* where lines are long */
    FORECAST_CPU_MS = 1000,
    FORECAST_MS = 5000,
};

/*
 * Of one server, for the whole load. Where several shards name one address,
 * what they need together stands with the first of them.
 */
struct server_forecast {
    size_t first;    /* index of the first with this address, mostly its own */
    size_t n_shards; /* that name it; 0 for all but the first */
    struct slabs slabs;
    double chunks[SLABS_MAX_CLASSES]; /* of slab memory, by class */
    double items;
    double too_large;        /* items beside these */
    uint64_t too_large_seen; /* in the sample, not scaled up */
    uint64_t largest_bytes;  /* item in the sample, as item_size_max counts */
    uint64_t needed_bytes;   /* slab memory */
    uint64_t hash_bytes;     /* beside it */
    bool fits_always;        /* in the page that each class gets anyway */
};

struct forecast {
    struct server_forecast *servers; /* by index in the shard map */
    size_t n_files;                  /* all that can be sampled */
    uint64_t file_bytes;             /* of these */
    size_t files_sampled;
    uint64_t lines_sampled;
    bool is_exact;      /* all of all files was read */
    bool *is_rejecting; /* by file: its sample has lines to be rejected */

    /* of the whole load */
    double lines, blank, rejected;
    double rejects[N_REASONS];
};

/* Findings: files that will fail as they are, or have no lines. */
void forecast_make(struct forecast *forecast, const struct run *run,
    struct findings *findings);
void forecast_release(struct forecast *forecast);

/* A number of it for people: whole, and in three digits where it is an
 * estimate. */
uint64_t forecast_count(const struct forecast *forecast, double n);

#endif

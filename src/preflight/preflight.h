/*
 * What is checked before the first byte is sent (docs/contract.md 4): every
 * server answers, and has room for what the load will need: connections,
 * memory, the largest item; and files can get their new names (dir_checks.h).
 * One thread, the supervisor's; blocks for at most --timeout and FORECAST_MS.
 */
#ifndef PREFLIGHT_PREFLIGHT_H
#define PREFLIGHT_PREFLIGHT_H

#include "preflight/needs.h"

/*
 * Probes the servers (not with --dry), marks those away, samples the files,
 * and finds what is to be found; tells nothing.
 */
void preflight_look(struct run *run, struct preflight *out);
void preflight_release(struct preflight *preflight);

/* NONE, or why no load with these settings would start: NO_SERVER, a server
 * does not answer (without --degraded) or none does, or NO_CAPACITY, with
 * --require-capacity. */
enum input_reason preflight_refusal(const struct run *run,
    const struct preflight *preflight);

/* Logs what deserves a warning; of the files' contents only when asked to:
 * those of a load are told when they fail. */
void preflight_tell(const struct run *run, const struct preflight *preflight,
    bool tells_files);

/* What the loader does: looks, tells, and returns the refusal. */
enum input_reason preflight_servers(struct run *run);

#endif

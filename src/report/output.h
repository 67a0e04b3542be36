/*
 * What a run shows: live progress, the report at the end, the summary.
 * One thread, the supervisor's. All read a struct run and change nothing.
 */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "run/run.h"

/*
 * Progress on standard error: bars on a terminal (one per running file and a
 * total), a line every few seconds elsewhere; nothing with --progress never
 * (or -q). progress_clear() takes the bars off the screen so that something
 * else can be printed; the next progress_draw() puts them back.
 */
struct progress;
struct progress *progress_new(const struct settings *settings);
void progress_free(struct progress *progress);
/* Are there bars on the terminal that log lines would disturb? */
bool progress_is_live(const struct progress *progress);
/* Draws when it is time to; returns ms until the next time (-1: never). */
int progress_draw(struct progress *progress, const struct run *run,
    int64_t now_ns);
void progress_clear(struct progress *progress);

/* The report at the end, as aligned tables. */
void report_print(FILE *to, const struct run *run);

/*
 * The summary (DESIGN A.8) as one JSON object: to a file beside its final name
 * and then renamed, or to standard output for "-".
 */
int summary_write(const char *path, const struct run *run, struct err *err);

#endif

/*
 * Live progress on standard error: bars on a terminal (one per running input
 * and a total), a line every few seconds elsewhere; nothing with --progress
 * never (or -q). Owned by the command; one thread. NULL stands for one that
 * shows nothing.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "run/task.h"
#include "settings/settings.h"

struct progress;

struct progress *progress_new(const struct settings *settings);
void progress_free(struct progress *progress);

/* Are there bars on the terminal that log lines would disturb? */
bool progress_is_live(const struct progress *progress);

/* Draws when it is time to; returns ms until the next time (-1: never). */
int progress_draw(struct progress *progress, const struct task *task,
    int64_t now_ns);

/* Takes the bars off the screen so that something else can be printed; the next
 * progress_draw() puts them back. */
void progress_clear(struct progress *progress);

#endif

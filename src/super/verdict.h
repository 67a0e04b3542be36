/*
 * What came of a run, in one sentence: the last line of the report. Says what
 * to do when something is left. One thread; changes nothing.
 */
#ifndef SUPER_VERDICT_H
#define SUPER_VERDICT_H

#include "base/text.h"
#include "super/run.h"

/* Ends in a line feed. */
void verdict_add(struct text *out, const struct run *run);

#endif

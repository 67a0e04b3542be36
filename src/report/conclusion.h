/*
 * What came of a run, in one sentence: the last line of the report. Says what
 * to do when something is left. One thread; changes nothing.
 */
#ifndef REPORT_CONCLUSION_H
#define REPORT_CONCLUSION_H

#include "base/text.h"
#include "run/result.h"

/* Ends in a line feed. */
void conclusion_add(struct text *out, const struct run_result *result);

#endif

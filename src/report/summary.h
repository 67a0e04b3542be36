/*
 * The summary of a run (docs/contract.md 8) as one JSON object. Made of its
 * result alone; any thread.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "base/err.h"
#include "run/result.h"

/*
 * To a file beside its final name and then renamed, or to standard output for
 * "-". exit_code: what the program ends with, which the result may not know.
 */
int summary_write(const char *path, const struct run_result *result,
    int exit_code, struct err *err);

#endif

/*
 * The report at the end of a run, as aligned tables. Made of its result alone;
 * any thread.
 */
#ifndef REPORT_REPORT_PRINT_H
#define REPORT_REPORT_PRINT_H

#include <stdio.h>

#include "run/result.h"

void report_print(FILE *to, const struct run_result *result);

#endif

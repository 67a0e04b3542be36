/*
 * A verification's result in the summary (docs/contract.md 8, "verify").
 */
#ifndef REPORT_VERIFY_JSON_H
#define REPORT_VERIFY_JSON_H

#include "base/json_build.h"
#include "verify/verify_result.h"

/* A finished result as a new object. Memory that runs out ends the process. */
json_t *verify_json(const struct verify_result *result);

#endif

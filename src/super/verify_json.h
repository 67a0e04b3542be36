/*
 * A verification's result in the summary (DESIGN A.8, "verify").
 */
#ifndef SUPER_VERIFY_JSON_H
#define SUPER_VERIFY_JSON_H

#include "super/json.h"
#include "verify/result.h"

/* A finished result as a new object. Memory that runs out ends the process. */
json_t *verify_json(const struct verify_result *result);

#endif

/*
 * What the files' directories allow: a file that is done gets its new name
 * there, and its bad lines are written there (docs/contract.md 5). What cannot
 * be is found before anything is sent, not when all of it was loaded. One
 * thread; nothing is written.
 */
#ifndef PREFLIGHT_DIR_CHECKS_H
#define PREFLIGHT_DIR_CHECKS_H

#include "preflight/needs.h"

/* Adds findings. Wants the forecast made and the rejects files planned. */
void dir_checks_run(const struct run *run, struct preflight *preflight);

#endif

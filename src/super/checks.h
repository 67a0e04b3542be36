/*
 * The checks of preflight.h: what the servers have against what the load will
 * need. They add findings, and raise the soft limit on open files. One thread;
 * nothing blocks.
 */
#ifndef SUPER_CHECKS_H
#define SUPER_CHECKS_H

#include "super/preflight.h"

void checks_run(const struct run *run, struct preflight *preflight);

#endif

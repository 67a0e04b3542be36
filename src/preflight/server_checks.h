/*
 * The checks of preflight.h: what the servers have against what the load will
 * need. They add findings, and raise the soft limit on open files. One thread;
 * nothing blocks.
 */
#ifndef PREFLIGHT_SERVER_CHECKS_H
#define PREFLIGHT_SERVER_CHECKS_H

#include "preflight/needs.h"

void checks_run(const struct run *run, struct preflight *preflight);

#endif

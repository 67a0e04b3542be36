/*
 * The proof: what was loaded is read back, after the last file is settled.
 *
 * Workers hand their draws over when they end (verify/draw.h); here they
 * become one, which a child process reads back, so that signals are heard
 * meanwhile: a stop ends it there and then. What came of it stands in the run:
 * `verify`, or why there is none in `unverified`. The supervisor's thread only.
 */
#ifndef SUPER_PROOF_H
#define SUPER_PROOF_H

#include "super/run.h"

/* A worker's file to hand its draw over in, for the next one that it starts;
 * -1 when there is none to be had. */
int proof_place(const struct run *run, struct worker *worker);

/* A worker ended: its draw joins the run's. */
void proof_take(struct run *run, const struct worker *worker,
    struct file *file);

/*
 * Reads back, and fills in run->verify. run->exit_code is what the load ends
 * with; it becomes what all of it does (DESIGN A.7).
 */
void proof_make(struct run *run, int signal_fd);

void proof_release(struct run *run);

#endif

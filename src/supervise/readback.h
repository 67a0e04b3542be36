/*
 * The proof: what was loaded is read back, after the last file is settled.
 *
 * Workers hand their samples over when they end (verify/sample.h); here they
 * become one, which a child process reads back, so that signals are heard
 * meanwhile: a stop ends it there and then. Where all is read back
 * (verify_all.h) it is workers who do so, and the child settles what they
 * found. What came of it stands in the run: `verify`, or why there is none in
 * `unverified`. The supervisor's thread only.
 */
#ifndef SUPERVISE_READBACK_H
#define SUPERVISE_READBACK_H

#include "run/run.h"

/* Before the first worker. NULL, or the reason word for not beginning, told. */
const char *proof_open(struct run *run);

/* A worker's file to hand its sample over in, for the next one that it starts;
 * -1 when there is none to be had. */
int proof_place(const struct run *run, struct worker *worker);

/* A worker ended, is_whole: by itself. Its sample joins the run's. */
void proof_take(struct run *run, const struct worker *worker, struct file *file,
    bool is_whole);

/*
 * Reads back, and fills in run->verify. run->exit_code is what the load ends
 * with; it becomes what all of it does (DESIGN A.7).
 */
void proof_make(struct run *run, int signal_fd);

void proof_release(struct run *run);

#endif

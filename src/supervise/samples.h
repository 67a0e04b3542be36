/*
 * What processes of a task hand over for the verification: each leaves its
 * sample (verify/sample.h) in a file of ours when it ends, and here they become
 * one. The supervisor's thread only.
 */
#ifndef SUPERVISE_SAMPLES_H
#define SUPERVISE_SAMPLES_H

#include <stdbool.h>

#include "run/run.h"

/* Room for the sample of the next process in this place; -1 with errno when
 * there is none to be had. Nothing where no sample is wanted. */
int samples_make_room(const struct run *run, struct place *place);

/* A process ended, is_whole: by itself. Its sample joins the run's; where it
 * left none, its input is marked and the log says so. */
void samples_take(struct run *run, const struct place *place,
    bool has_ended_well);

#endif

/*
 * The shards of a job, as named by options: for job.c alone; everyone else
 * uses job.h. The job owns what stands in it. One thread. Cannot fail.
 */
#ifndef JOB_SHARDS_H
#define JOB_SHARDS_H

#include "job/job.h"

/* Adds the defaults that were not named, unless another shard was. */
void job_add_default_shards(struct job *job);

void shard_specs_release(struct shard_spec *specs, size_t n);

#endif

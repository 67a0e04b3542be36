/*
 * What a benchmark runs on, as far as it can be found out; what cannot stays
 * "" or 0. One thread; runs `memcached -V` for at most a few seconds.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "bench/bench_result.h"

/* machine->memcached is the version of the memcached in PATH: whoever
 * measures others' servers puts theirs there. */
void bench_machine_read(struct bench_machine *machine);

#endif

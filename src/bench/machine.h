/*
 * What a benchmark runs on, as far as it can be found out; what cannot be stays
 * "" or 0. One thread, unless a function says otherwise.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdint.h>

#include "bench/bench_result.h"

/* Runs `memcached -V`, for a few seconds at most: machine->memcached is the
 * version of the memcached in PATH. Whoever measures other servers replaces
 * it by theirs. */
void machine_read(struct bench_machine *machine);

/* Bytes that can be had without swapping; 0 where the kernel does not say. Any
 * thread. */
uint64_t machine_memory_available(void);

#endif

/*
 * Memory that can be had without others having to go. Any thread.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdint.h>

/* Bytes; 0 where the kernel does not say. */
uint64_t memory_available(void);

#endif

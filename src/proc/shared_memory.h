/*
 * Memory shared by a process and those it forks afterwards.
 *
 * Zeroed, page-aligned, at the same address in all of them, so pointers into
 * it hold in each. Each process unmaps its own view. A process without memory
 * ends (base/mem.h), nothing else fails. Any thread. Sizes in bytes.
 */
#ifndef PROC_SHARED_MEMORY_H
#define PROC_SHARED_MEMORY_H

#include <stddef.h>

void *shared_memory_new(size_t n_bytes);
/* NULL is fine. */
void shared_memory_free(void *memory, size_t n_bytes);

#endif

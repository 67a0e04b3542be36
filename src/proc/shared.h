/*
 * Memory that a process shares with the children that it forks: zero bytes at
 * first, the caller's until shared_free(). Memory that runs out ends the
 * process. Any thread.
 */
#ifndef PROC_SHARED_H
#define PROC_SHARED_H

#include <stddef.h>

void *shared_new(size_t n_bytes);
void shared_free(void *at, size_t n_bytes); /* NULL does nothing */

#endif

/*
 * The turnstile: packers finish batches in any order, and it hands them to the
 * lanes in the order of the file.
 *
 * Part of the pipeline that holds it; open and close are its thread's, any
 * packer may pass. Its lock may be held while others are taken (src/README.md),
 * since a batch without items goes home from there. Cannot fail but for memory.
 */
#ifndef LOAD_TURNSTILE_H
#define LOAD_TURNSTILE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "load/batch.h"

struct lanes;

struct turnstile {
    pthread_mutex_t lock;
    struct batch **early; /* packed before their turn, by number modulo room */
    size_t room;
    uint64_t next;
    struct lanes *lanes;
};

/* room: as many batches as can be on their way at once. */
void turnstile_open(struct turnstile *turnstile, size_t room,
    struct lanes *lanes);
void turnstile_close(struct turnstile *turnstile);

/* A batch was packed: it goes on, and so do those that waited for it, or it
 * waits for its turn. Numbers begin at 1. */
void turnstile_pass(struct turnstile *turnstile, struct batch *batch);

#endif

/*
 * The inside of a sample (sample.h): its keys, found by hash, the largest first
 * to go. For sample.c and sample_file.c alone; under the lock while threads
 * add.
 */
#ifndef VERIFY_SAMPLE_HEAP_H
#define VERIFY_SAMPLE_HEAP_H

#include <pthread.h>

#include "verify/sample.h"

/* The hash is the key's, here to be compared without a look at it. */
struct sample_place {
    uint64_t hash;
    uint32_t key; /* index */
};

struct sample_heap {
    pthread_mutex_t lock;
    struct sample_key *keys; /* n of at most `most`, in room places */
    size_t n, room, most;
    struct sample_place *heap; /* all keys, the largest hash first */
    uint32_t *table;           /* open addressing: 0 = free, else index + 1 */
    size_t table_size;
    bool has_more; /* there are keys that were not kept */
};

#endif

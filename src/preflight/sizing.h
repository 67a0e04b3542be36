/*
 * The memcached that would suit a load: what a server has where that suffices,
 * more where it does not. Pure functions of what preflight found; one thread.
 */
#ifndef PREFLIGHT_SIZING_H
#define PREFLIGHT_SIZING_H

#include <stdint.h>

#include "base/text.h"
#include "preflight/needs.h"

struct sizing {
    uint64_t memory_mib;     /* -m; 0 = no limit, as it has none now */
    uint64_t connections;    /* -c */
    uint64_t item_max_bytes; /* -I */
};

struct sizing sizing_make(const struct run *run,
    const struct preflight *preflight, size_t server);

/* "memcached -m 1024 -c 1024 -I 1m -p 33013": a command line of memcached,
 * with what else was set on that server and shapes its memory. */
void sizing_print(struct text *out, const struct run *run,
    const struct preflight *preflight, size_t server);

/* As memcached takes it: "2m", "512k", bytes. */
const char *sizing_size(uint64_t n_bytes, char out[32]);

/* Would it do without more than this forecast's own inaccuracy? */
bool sizing_memory_suffices(const struct server_forecast *forecast,
    uint64_t limit_bytes);

#endif

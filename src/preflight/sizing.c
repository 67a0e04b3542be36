#include "preflight/sizing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MIB = 1 << 20 };

/* A sample is right to a few percent; what is wished has some to spare. */
static const double tight = 1.05, ample = 1.1, ample_item = 1.25;

/* -m is rounded up to a multiple of this, also memcached's own default; and
 * -c to a multiple of its default. */
enum { MEMORY_STEP_MIB = 64, CONNECTIONS_STEP = 1024 };

/* memcached takes no larger items, and wants twice their size as memory. */
enum { ITEM_MAX_MIB = 1024 };

static uint64_t
round_up(uint64_t n, uint64_t step)
{
    return (n + step - 1) / step * step;
}

bool
sizing_memory_suffices(const struct server_forecast *forecast,
    uint64_t limit_bytes)
{
    return forecast->fits_always ||
           (double)forecast->needed_bytes * tight <= (double)limit_bytes;
}

static uint64_t
wish_item_max(const struct server *server,
    const struct server_forecast *forecast)
{
    uint64_t has = server_item_max(server), mib;

    if (forecast->largest_bytes <= has)
        return has;
    mib = (uint64_t)((double)forecast->largest_bytes * ample_item) / MIB + 1;
    return (mib < ITEM_MAX_MIB ? mib : ITEM_MAX_MIB) * MIB;
}

static uint64_t
wish_memory_mib(const struct server_facts *facts,
    const struct server_forecast *forecast, uint64_t item_max_bytes)
{
    uint64_t mib;

    if (facts->is_known && facts->limit_bytes == 0)
        return 0;
    if (facts->limit_bytes >= 2 * item_max_bytes &&
        sizing_memory_suffices(forecast, facts->limit_bytes))
        return facts->limit_bytes / MIB;
    mib = (uint64_t)((double)forecast->needed_bytes * ample) / MIB + 1;
    if (mib < 2 * item_max_bytes / MIB)
        mib = 2 * item_max_bytes / MIB;
    return round_up(mib, MEMORY_STEP_MIB);
}

static uint64_t
wish_connections(const struct server_facts *facts, uint64_t want)
{
    uint64_t taken;

    if (!facts->is_known || !facts->max_connections)
        return round_up(want + CONNECTIONS_STEP / 4, CONNECTIONS_STEP);
    if (needs_connections_free(facts) >= want)
        return facts->max_connections;
    /* others' and what the server keeps for itself */
    taken = facts->max_connections - needs_connections_free(facts);
    return round_up(want + taken, CONNECTIONS_STEP);
}

struct sizing
sizing_make(const struct run *run, const struct preflight *preflight,
    size_t server)
{
    const struct server *at = &run->shards.server[server];
    const struct server_forecast *forecast =
        &preflight->forecast.servers[server];
    struct sizing sizing;

    sizing.item_max_bytes = wish_item_max(at, forecast);
    sizing.memory_mib =
        wish_memory_mib(&at->facts, forecast, sizing.item_max_bytes);
    sizing.connections =
        wish_connections(&at->facts, needs_connections(run, preflight, server));
    return sizing;
}

const char *
sizing_size(uint64_t n_bytes, char out[32])
{
    if (n_bytes % MIB == 0)
        snprintf(out, 32, "%" PRIu64 "m", n_bytes / MIB);
    else if (n_bytes % 1024 == 0)
        snprintf(out, 32, "%" PRIu64 "k", n_bytes / 1024);
    else
        snprintf(out, 32, "%" PRIu64, n_bytes);
    return out;
}

static void
print_place(struct text *out, const struct address *address)
{
    if (address->is_unix) {
        text_format(out, " -s %s", address->host);
        return;
    }
    if (strcmp(address->host, "127.0.0.1") == 0 ||
        strcmp(address->host, "localhost") == 0 ||
        strcmp(address->host, "::1") == 0)
        text_format(out, " -l %s", address->host);
    text_format(out, " -p %u", (unsigned)address->port);
}

/* What else it was started with, as far as it matters here. */
static void
print_settings(struct text *out, const struct server_facts *facts,
    uint64_t item_max_bytes)
{
    const struct slab_settings *slabs = &facts->slabs;

    if (facts->never_evicts)
        text_format(out, " -M");
    if (slabs->has_no_cas)
        text_format(out, " -C");
    if (slabs->growth_factor > 0 &&
        (slabs->growth_factor < 1.2499 || slabs->growth_factor > 1.2501))
        text_format(out, " -f %g", slabs->growth_factor);
    if (slabs->least_bytes && slabs->least_bytes != 48)
        text_format(out, " -n %" PRIu64, slabs->least_bytes);
    if (slabs->chunk_max && slabs->chunk_max != SLABS_CHUNK_MAX_BYTES &&
        item_max_bytes % slabs->chunk_max == 0)
        text_format(out, " -o slab_chunk_max=%" PRIu64, slabs->chunk_max);
}

void
sizing_print(struct text *out, const struct run *run,
    const struct preflight *preflight, size_t server)
{
    const struct server *at = &run->shards.server[server];
    struct sizing sizing = sizing_make(run, preflight, server);
    char size[32];

    text_format(out, "memcached -m %" PRIu64 " -c %" PRIu64 " -I %s",
        sizing.memory_mib, sizing.connections,
        sizing_size(sizing.item_max_bytes, size));
    print_settings(out, &at->facts, sizing.item_max_bytes);
    print_place(out, at->address);
}

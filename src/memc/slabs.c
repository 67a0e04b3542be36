#include "memc/slabs.h"

#include <math.h>

/* Of memcached 1.4 and 1.6 on a 64-bit machine, in bytes. */
enum {
    ITEM_HEADER = 48,
    CAS = 8,
    KEY_END = 1,       /* a NUL */
    VALUE_END = 2,     /* CR LF */
    CHUNK_HEADER = 48, /* of each piece of a large item */
    ALIGNMENT = 8,
};

static const double default_factor = 1.25;
enum { DEFAULT_LEAST = 48 };

/* The table begins with 2^16 buckets of a pointer, and doubles when it holds
 * more than one and a half items a bucket. */
enum { HASH_BUCKETS = 1 << 16, BUCKET_BYTES = 8 };

void
slabs_init(struct slabs *slabs, const struct slab_settings *settings)
{
    double factor = settings->growth_factor;
    uint64_t most = settings->chunk_max, at = settings->least_bytes;

    if (!(factor > 1))
        factor = default_factor;
    if (most == 0)
        most = SLABS_CHUNK_MAX_BYTES;
    if (at == 0)
        at = DEFAULT_LEAST;
    *slabs = (struct slabs){.has_no_cas = settings->has_no_cas};
    slabs->page_bytes = most > SLABS_PAGE_BYTES ? most : SLABS_PAGE_BYTES;
    at += ITEM_HEADER;
    while (slabs->n < SLABS_MAX_CLASSES - 1 &&
           (double)at < (double)most / factor) {
        at = (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        slabs->chunk_bytes[slabs->n++] = at;
        at = (uint64_t)((double)at * factor);
    }
    slabs->chunk_bytes[slabs->n++] = most;
}

/* The class of the smallest chunk that holds so much; the last, if none. */
static size_t
find_class(const struct slabs *slabs, uint64_t n_bytes)
{
    size_t low = 0, high = slabs->n - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (slabs->chunk_bytes[middle] < n_bytes)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
slabs_add(const struct slabs *slabs, size_t key_bytes, size_t value_bytes,
    double items, double chunks[SLABS_MAX_CLASSES])
{
    uint64_t most = slabs->chunk_bytes[slabs->n - 1];
    uint64_t head =
        ITEM_HEADER + (slabs->has_no_cas ? 0U : CAS) + key_bytes + KEY_END;
    uint64_t rest = value_bytes + VALUE_END, full;

    if (head + rest <= most) {
        chunks[find_class(slabs, head + rest)] += items;
        return;
    }
    chunks[find_class(slabs, head + CHUNK_HEADER)] += items;
    if (most <= CHUNK_HEADER)
        return; /* no such server would work */
    full = (rest - 1) / (most - CHUNK_HEADER);
    chunks[slabs->n - 1] += items * (double)full;
    rest -= full * (most - CHUNK_HEADER);
    chunks[find_class(slabs, rest + CHUNK_HEADER)] += items;
}

uint64_t
slabs_bytes(const struct slabs *slabs, const double chunks[SLABS_MAX_CLASSES],
    bool *fits_always_out)
{
    uint64_t pages = 0, per_page, of_class;

    *fits_always_out = true;
    for (size_t i = 0; i < slabs->n; i++) {
        per_page = slabs->page_bytes / slabs->chunk_bytes[i];
        of_class = (uint64_t)ceil(chunks[i] / (double)per_page);
        *fits_always_out &= of_class <= 1;
        pages += of_class;
    }
    return pages * slabs->page_bytes;
}

uint64_t
slabs_hash_bytes(double items)
{
    uint64_t buckets = HASH_BUCKETS;

    while (items > 1.5 * (double)buckets && buckets < UINT64_MAX / 4)
        buckets *= 2;
    return buckets * BUCKET_BYTES;
}

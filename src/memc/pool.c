#include "memc/pool.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libhashkit's MD5 takes 135 ns for a key of 37 bytes, nettle's 112, OpenSSL's
 * (EVP) 145; this one comes with libmemcached. */
#include <libhashkit-1.0/hashkit.h>

#include "base/mem.h"

enum {
    POINTS_PER_SERVER = 160,
    POINTS_PER_DIGEST = 4,
    DIGEST_BYTES = 16,
    PORT_LEFT_OUT = 11211, /* memcached's own */
};

struct point {
    uint32_t at;
    uint32_t server;
};

struct pool {
    size_t n;
    struct point *points; /* ascending; at least one */
};

/* Of equal points, which are rare, the first server's comes first. */
static int
compare(const void *a, const void *b)
{
    const struct point *left = a, *right = b;

    if (left->at != right->at)
        return left->at < right->at ? -1 : 1;
    return left->server < right->server   ? -1
           : left->server > right->server ? 1
                                          : 0;
}

/*
 * Digests of each of n servers, as libmemcached counts them: it computes the
 * share in single precision, so that some sizes of pools come to 39 instead of
 * 40.
 */
static unsigned
digests_of(size_t n)
{
    float share = 1.0F / (float)n;

    return (unsigned)floor((double)(share * POINTS_PER_SERVER /
                                    POINTS_PER_DIGEST * (float)n) +
                           0.0000000001);
}

static void
hash_point(const struct address *address, unsigned i,
    uint8_t digest[DIGEST_BYTES])
{
    char *text = address->port == PORT_LEFT_OUT && !address->is_unix
                     ? mem_format("%s-%u", address->host, i)
                     : mem_format("%s:%u-%u", address->host,
                           address->is_unix ? 0U : address->port, i);
    size_t n = 0;

    while (text[n])
        n++;
    libhashkit_md5_signature((const unsigned char *)text, n, digest);
    free(text);
}

struct pool *
pool_new(const struct server *servers, size_t n)
{
    struct pool *pool = mem_zero(1, sizeof(*pool));
    uint8_t digest[DIGEST_BYTES];
    unsigned digests;
    const uint8_t *at;

    must(n >= 1 && n <= POOL_MAX_SERVERS);
    digests = digests_of(n);
    pool->points =
        mem_zero(n * digests * POINTS_PER_DIGEST, sizeof(*pool->points));
    for (size_t i = 0; i < n; i++)
        for (unsigned j = 0; j < digests; j++) {
            hash_point(servers[i].address, j, digest);
            for (at = digest; at < digest + DIGEST_BYTES; at += 4)
                pool->points[pool->n++] = (struct point){
                    .at = (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
                          (uint32_t)at[1] << 8 | at[0],
                    .server = (uint32_t)i,
                };
        }
    qsort(pool->points, pool->n, sizeof(*pool->points), compare);
    return pool;
}

void
pool_free(struct pool *pool)
{
    if (!pool)
        return;
    free(pool->points);
    free(pool);
}

size_t
pool_server(const struct pool *pool, const char *key, size_t n_bytes)
{
    uint32_t hash = libhashkit_md5(key, n_bytes);
    size_t low = 0, high = pool->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (pool->points[middle].at < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return pool->points[low == pool->n ? 0 : low].server;
}

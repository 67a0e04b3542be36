/* The classes and chunks of memc/slabs.h, against what real servers say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/memcached.h"
#include "memc/slabs.h"

/* An option of memcached, and the same as it tells it. */
static const struct setup {
    const char *name, *value;
    struct slab_settings settings;
} setups[] = {
    {"-f", "1.25", {.growth_factor = 0}},
    {"-f", "1.05", {.growth_factor = 1.05}},
    {"-f", "1.37", {.growth_factor = 1.37}},
    {"-f", "2", {.growth_factor = 2}},
    {"-f", "1.01", {.growth_factor = 1.01}},
    {"-n", "5", {.least_bytes = 5}},
    {"-n", "333", {.least_bytes = 333}},
    {"-o", "slab_chunk_max=262144", {.chunk_max = 262144}},
    {"-o", "slab_chunk_max=1048576", {.chunk_max = 1048576}},
    {"-o", "slab_chunk_max=16384", {.chunk_max = 16384}},
    {"-C", NULL, {.has_no_cas = true}},
};
enum { N_SETUPS = sizeof(setups) / sizeof(setups[0]) };

enum { ITEM_MAX = 4 << 20, KEY_BYTES = 12 };

static struct memcached server;
static char log_path[64];

static void
start(const struct setup *setup)
{
    const char *args[] = {
        "-m", "1024", "-I", "4m", "-vv", setup->name, setup->value, NULL};

    snprintf(log_path, sizeof(log_path), "/tmp/memc_load.%d.log",
        (int)getpid());
    memcached_start_as(&server, args, log_path);
}

static void
stop(void)
{
    memcached_stop(&server);
    unlink(log_path);
}

/* It prints them with -vv before it listens. */
static void
classes_are_those_of_the_server(void **state)
{
    unsigned long long chunk, per_page;
    struct slabs slabs;
    char line[256];

    (void)state;
    for (size_t i = 0; i < N_SETUPS; i++) {
        size_t n = 0;
        FILE *said;

        start(&setups[i]);
        said = fopen(log_path, "r");
        assert_non_null(said);
        slabs_init(&slabs, &setups[i].settings);
        while (fgets(line, sizeof(line), said)) {
            if (sscanf(line, "slab class %*u: chunk size %llu perslab %llu",
                    &chunk, &per_page) != 2)
                continue;
            assert_true(n < slabs.n);
            assert_int_equal(slabs.chunk_bytes[n], chunk);
            assert_int_equal(slabs.page_bytes / chunk, per_page);
            n++;
        }
        fclose(said);
        stop();
        assert_int_equal(n, slabs.n);
    }
}

/* --- items --------------------------------------------------------------- */

struct load {
    struct slabs slabs;
    double chunks[SLABS_MAX_CLASSES];
    unsigned n;
};

static void
set(struct load *load, uint64_t value_bytes)
{
    static char request[ITEM_MAX + 64];
    int head = snprintf(request, sizeof(request), "set k%0*u 0 0 %llu\r\n",
        KEY_BYTES - 1, load->n++, (unsigned long long)value_bytes);

    assert_true((size_t)head + value_bytes + 3 <= sizeof(request));
    memset(request + head, 'x', value_bytes);
    memcpy(request + head + value_bytes, "\r\n", 3);
    assert_string_equal(memcached_ask(&server, request, "\r\n"), "STORED\r\n");
    slabs_add(&load->slabs, KEY_BYTES, value_bytes, 1, load->chunks);
}

/* Items that just fill a chunk of the class, or just do not. */
static void
set_around(struct load *load, uint64_t chunk_bytes)
{
    for (uint64_t overhead = 40; overhead <= 110; overhead++)
        if (chunk_bytes > overhead + KEY_BYTES && overhead % 7 < 2)
            set(load, chunk_bytes - overhead - KEY_BYTES);
}

static void
compare(const struct load *load)
{
    const char *at = memcached_ask(&server, "stats slabs\r\n", "END\r\n");
    double used[SLABS_MAX_CLASSES] = {0};
    unsigned long long class, n, malloced = 0;
    bool fits_always;

    for (; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (sscanf(at, "STAT %llu:used_chunks %llu", &class, &n) == 2) {
            assert_in_range(class, 1, load->slabs.n);
            used[class - 1] = (double)n;
        }
        sscanf(at, "STAT total_malloced %llu", &malloced);
    }
    for (size_t i = 0; i < load->slabs.n; i++)
        if (used[i] != load->chunks[i])
            fail_msg("chunks of %llu: %g, forecast %g",
                (unsigned long long)load->slabs.chunk_bytes[i], used[i],
                load->chunks[i]);
    assert_int_equal(slabs_bytes(&load->slabs, load->chunks, &fits_always),
        malloced);
}

static void
items_take_the_chunks_that_were_forecast(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETUPS; i++) {
        struct load load = {0};

        slabs_init(&load.slabs, &setups[i].settings);
        start(&setups[i]);
        for (double size = 1; size < 600000; size = size * 1.07 + 1)
            set(&load, (uint64_t)size);
        for (size_t j = 0; j < load.slabs.n; j++)
            set_around(&load, load.slabs.chunk_bytes[j]);
        set(&load, (1 << 20) - 100);
        set(&load, (1 << 20) + 100);
        set(&load, ITEM_MAX - KEY_BYTES - 59);
        compare(&load);
        stop();
    }
}

static void
a_class_is_rounded_up_to_pages(void **state)
{
    const struct slab_settings defaults = {0};
    double chunks[SLABS_MAX_CLASSES] = {0};
    bool fits_always;
    struct slabs slabs;

    (void)state;
    slabs_init(&slabs, &defaults);
    assert_int_equal(slabs_bytes(&slabs, chunks, &fits_always), 0);
    assert_true(fits_always);
    chunks[0] = 1;
    chunks[1] = 0.001;
    assert_int_equal(slabs_bytes(&slabs, chunks, &fits_always), 2 << 20);
    assert_true(fits_always);
    chunks[0] = (1 << 20) / 96;
    assert_int_equal(slabs_bytes(&slabs, chunks, &fits_always), 2 << 20);
    chunks[0]++;
    assert_int_equal(slabs_bytes(&slabs, chunks, &fits_always), 3 << 20);
    assert_false(fits_always);
}

static void
the_hash_table_doubles(void **state)
{
    (void)state;
    assert_int_equal(slabs_hash_bytes(0), 8 << 16);
    assert_int_equal(slabs_hash_bytes(98304), 8 << 16);
    assert_int_equal(slabs_hash_bytes(98305), 8 << 17);
    assert_int_equal(slabs_hash_bytes(3e6), 8 << 21);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_those_of_the_server),
        cmocka_unit_test(items_take_the_chunks_that_were_forecast),
        cmocka_unit_test(a_class_is_rounded_up_to_pages),
        cmocka_unit_test(the_hash_table_doubles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

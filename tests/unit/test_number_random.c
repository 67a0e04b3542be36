/*
 * Numbers: millions of random texts, bit for bit as strtod reads them.
 *
 * Each run has a seed of its own, which it prints: SEED=N in the environment
 * tries that one again, NUMBERS=N sets how many texts there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "value/number.h"
#include "unit/number_texts.h"

/* ----------------------------------------------------------- comparison --- */

/* The contract, in terms of strtod: only these bytes, all of them read, and a
 * finite value. */
static bool
strtod_takes(const char *text, size_t n_bytes, double *out)
{
    char *end;

    if (n_bytes == 0 || strspn(text, "0123456789.eE+-") != n_bytes)
        return false;
    *out = strtod(text, &end);
    return end == text + n_bytes && isfinite(*out);
}

/* The end of a page that is followed by none to read. */
static char *
page_end(void)
{
    static char *end;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (!end) {
        end = (char *)mem_pages(2 * page) + page;
        assert_int_equal(mprotect(end, page, PROT_NONE), 0);
    }
    return end;
}

static void
check(const char *family, struct text_room *text)
{
    char *exact = page_end() - text->n;
    double wanted = 4711, got = 4711;
    bool is_good;

    text->at[text->n] = '\0';
    memcpy(exact, text->at, text->n);
    is_good = strtod_takes(text->at, text->n, &wanted);
    if (!is_good)
        wanted = 4711; /* left alone */
    if (number_parse_double(exact, text->n, &got) != is_good)
        fail_msg("%s: \"%s\" should be %s", family, text->at,
            is_good ? "taken" : "refused");
    if (memcmp(&got, &wanted, sizeof(got)) != 0)
        fail_msg("%s: \"%s\": %a, strtod says %a", family, text->at, got,
            wanted);
}

/* ---------------------------------------------------------------- a run --- */

static uint64_t
from_environment(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);

    return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

/* By what tests/run says it runs: a sanitizer takes its time. */
static uint64_t
default_count(void)
{
    const char *mode = getenv("MEMC_MODE");

    if (!mode || strcmp(mode, "release") == 0)
        return 6000000;
    if (strcmp(mode, "valgrind") == 0 || strcmp(mode, "tsan") == 0)
        return 50000;
    return 1000000;
}

static void
test_random(void **state)
{
    uint64_t seed =
        from_environment("SEED", (uint64_t)clock_ns() ^ (uint64_t)getpid());
    uint64_t n = from_environment("NUMBERS", default_count()), done = 0;
    struct text_room text;

    (void)state;
    print_message("SEED=%" PRIu64 " NUMBERS=%" PRIu64 "\n", seed, n);
    rng_init(&rng, seed);
    for (uint64_t round = 0; done < n; round++)
        for (size_t i = 0; i < N_FAMILIES && done < n; i++) {
            if (round % families[i].rarity)
                continue;
            text.n = 0;
            families[i].make(&text);
            check(families[i].name, &text);
            done++;
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

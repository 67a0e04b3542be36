/*
 * value/number: every text, bit for bit as strtod and strtoull read it, or
 * refused by both.
 *
 * No head: the input is the text.
 */
// FUZZ: -max_len=512
#include <errno.h>
#include <math.h>

#include "fuzz/fuzz.h"
#include "value/number.h"

/* The contract in terms of strtod: these bytes alone, all of them read, and a
 * finite value. */
static bool
strtod_takes(const char *text, size_t n, double *out)
{
    char *end;

    if (n == 0 || strspn(text, "0123456789.eE+-") != n)
        return false;
    *out = strtod(text, &end);
    return end == text + n && isfinite(*out);
}

static bool
strtoull_takes(const char *text, size_t n, uint32_t *out)
{
    unsigned long long value;

    if (n == 0 || strspn(text, "0123456789") != n)
        return false;
    errno = 0;
    value = strtoull(text, NULL, 10);
    *out = (uint32_t)value;
    return errno == 0 && value <= UINT32_MAX;
}

static void
check_double(const char *text, const char *exact, size_t n)
{
    double wanted = 0, got = 4711;
    bool is_good = strtod_takes(text, n, &wanted);

    if (number_parse_double(exact, n, &got) != is_good)
        die("\"%s\" should be %s", text, is_good ? "taken" : "refused");
    if (!is_good)
        wanted = 4711; /* left alone */
    if (memcmp(&got, &wanted, sizeof(got)) != 0)
        die("\"%s\": %a, strtod says %a", text, got, wanted);
}

static void
check_uint32(const char *text, const char *exact, size_t n)
{
    uint32_t wanted = 0, got = 4711;
    bool is_good = strtoull_takes(text, n, &wanted);

    if (number_parse_uint32(exact, n, &got) != is_good)
        die("\"%s\" should be %s", text, is_good ? "taken" : "refused");
    if (got != (is_good ? wanted : 4711))
        die("\"%s\": %u, strtoull says %u", text, got, wanted);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *exact = exact_copy(data, n), *text = mem_zero(n + 1, 1);

    memcpy(text, exact, n);
    check_double(text, exact, n);
    check_uint32(text, exact, n);
    free(exact);
    free(text);
    return 0;
}

/*
 * value/time_format: any format is refused with a reason or reads times; each
 * time it takes is the one that strptime(3) and timegm(3) read there, where
 * they know all of its letters, and in order.
 *
 * The format, to its first line end; the rest is the text.
 */
// FUZZ: -max_len=128
#include <time.h>

#include "fuzz/fuzz.h"
#include "value/time_format.h"

/* What libc reads alike: no fraction, no short forms, no sign. */
static bool
is_for_libc(const char *format, const char *text)
{
    return !strstr(format, "%f") && !strstr(format, "%-") &&
           !strstr(format, "%s") && strlen(text) > 0;
}

static void
check_libc(const char *format, const char *text, int64_t seconds)
{
    struct tm tm = {.tm_mday = 1};
    const char *end = strptime(text, format, &tm);
    int64_t zone = tm.tm_gmtoff, wanted;

    if (!end || *end)
        die("\"%s\" as \"%s\": libc reads no time", text, format);
    wanted = (int64_t)timegm(&tm) - zone;
    if (wanted != seconds)
        die("\"%s\" as \"%s\": %lld, libc says %lld", text, format,
            (long long)seconds, (long long)wanted);
}

static void
check(const struct time_format *format, const char *format_text,
    const char *exact, size_t n)
{
    static const uint32_t units[] = {1, 1000, 1000000, 1000000000};
    int64_t seconds, in_units;
    uint32_t nanoseconds;
    char *text;

    if (!time_format_parse(format, exact, n, &seconds, &nanoseconds))
        return;
    must(nanoseconds < 1000000000);
    for (size_t i = 0; i < 4; i++)
        if (time_in_units(seconds, nanoseconds, units[i], &in_units)) {
            __int128 all = (__int128)seconds * 1000000000 + nanoseconds;
            __int128 unit = 1000000000 / units[i], low = in_units * unit;

            must(low <= all && all < low + unit);
        }
    text = mem_zero(n + 1, 1);
    memcpy(text, exact, n);
    must(strlen(text) == n); /* no format has a NUL */
    if (is_for_libc(format_text, text))
        check_libc(format_text, text, seconds);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const uint8_t *end = n ? memchr(data, '\n', n) : NULL;
    size_t n_format = end ? (size_t)(end - data) : n;
    size_t n_text = end ? n - n_format - 1 : 0;
    char *format_text = mem_zero(n_format + 1, 1);
    char *exact = exact_copy(data + (n - n_text), n_text);
    struct time_format *format;
    struct err err = {0};

    memcpy(format_text, data, n_format);
    format = time_format_new(format_text, &err);
    if (format)
        check(format, format_text, exact, n_text);
    else
        must(err.code == ERR_USAGE && *err.text);
    time_format_free(format);
    free(format_text);
    free(exact);
    return 0;
}

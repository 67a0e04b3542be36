#include "base/units.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits up to *end. strtoull alone would take signs and blanks. */
static int
parse_digits(const char *text, const char **end, uint64_t *out)
{
    char *stop;

    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    *out = strtoull(text, &stop, 10);
    *end = stop;
    return errno ? -1 : 0;
}

int
units_parse_count(const char *text, uint64_t *out)
{
    const char *end;
    uint64_t n;

    if (parse_digits(text, &end, &n) || *end)
        return -1;
    *out = n;
    return 0;
}

int
units_parse_size(const char *text, uint64_t *out_bytes)
{
    static const char letters[] = "KMG";
    const char *end, *letter;
    unsigned shift = 0;
    char upper;
    uint64_t n;

    if (parse_digits(text, &end, &n))
        return -1;
    upper = (char)(*end & ~0x20);
    letter = upper ? strchr(letters, upper) : NULL;
    if (letter) {
        shift = 10 * (unsigned)(letter - letters + 1);
        end++;
        if (end[0] == 'i' && end[1] == 'B')
            end++;
    }
    if (*end == 'B')
        end++;
    if (*end || n > UINT64_MAX >> shift)
        return -1;
    *out_bytes = n << shift;
    return 0;
}

int
units_parse_decimal(const char *text, double *out)
{
    double value;
    char *end;

    if (!*text || strspn(text, "0123456789.eE+-") != strlen(text))
        return -1;
    value = strtod(text, &end);
    if (*end || !isfinite(value))
        return -1;
    *out = value;
    return 0;
}

const char *
units_count(uint64_t n, char out[UNITS_TEXT_BYTES])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    char *to = out;

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

const char *
units_of(uint64_t n, const char *noun, char out[UNITS_TEXT_BYTES])
{
    char count[UNITS_TEXT_BYTES];
    size_t n_bytes = strlen(noun);
    /* a hiss wants a vowel: processes, batches */
    bool is_hissed = n_bytes && strchr("shx", noun[n_bytes - 1]);
    const char *ending = n == 1 ? "" : is_hissed ? "es" : "s";

    snprintf(out, UNITS_TEXT_BYTES, "%s %s%s", units_count(n, count), noun,
        ending);
    return out;
}

const char *
units_size(uint64_t n_bytes, char out[UNITS_TEXT_BYTES])
{
    static const char *const names[] = {"KiB", "MiB", "GiB", "TiB"};
    double n = (double)n_bytes / 1024;
    size_t i = 0;

    if (n_bytes < 1024) {
        snprintf(out, UNITS_TEXT_BYTES, "%llu B", (unsigned long long)n_bytes);
        return out;
    }
    while (n >= 1023.95 && i < 3) {
        n /= 1024;
        i++;
    }
    snprintf(out, UNITS_TEXT_BYTES, "%.1f %s", n, names[i]);
    return out;
}

const char *
units_span(double seconds, char out[UNITS_TEXT_BYTES])
{
    unsigned long s = seconds < 0 ? 0 : (unsigned long)seconds;

    if (seconds < 9.995)
        snprintf(out, UNITS_TEXT_BYTES, "%.2f s", seconds < 0 ? 0 : seconds);
    else if (seconds < 99.95)
        snprintf(out, UNITS_TEXT_BYTES, "%.1f s", seconds);
    else if (s < 3600)
        snprintf(out, UNITS_TEXT_BYTES, "%lu:%02lu", s / 60, s % 60);
    else
        snprintf(out, UNITS_TEXT_BYTES, "%lu:%02lu:%02lu", s / 3600,
            s / 60 % 60, s % 60);
    return out;
}

#include "base/fit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char gap[] = "...";
enum { GAP_BYTES = sizeof(gap) - 1 };

/* A byte that is not the first of its character; a character has at most four
 * bytes. */
static bool
is_inside(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

void
fit(char *to, size_t room, const char *text)
{
    size_t n_bytes = strlen(text), head, tail;

    must(room >= 16);
    if (n_bytes < room) {
        memcpy(to, text, n_bytes + 1);
        return;
    }
    head = (room - 1 - GAP_BYTES) / 2;
    tail = n_bytes - (room - 1 - GAP_BYTES - head);
    for (int i = 0; i < 3 && is_inside(text[head]); i++)
        head--;
    for (int i = 0; i < 3 && is_inside(text[tail]); i++)
        tail++;
    memcpy(to, text, head);
    memcpy(to + head, gap, GAP_BYTES);
    memcpy(to + head + GAP_BYTES, text + tail, n_bytes - tail + 1);
}

void
fit_vformat(char *to, size_t room, const char *format, va_list ap)
{
    int saved = errno, n;
    char *whole;
    va_list again;

    va_copy(again, ap);
    n = vsnprintf(to, room, format, ap);
    if (n < 0)
        die("bad format: %s", format);
    if ((size_t)n >= room) {
        errno = saved;
        n = vasprintf(&whole, format, again);
        if (n < 0)
            die("out of memory (a message)");
        fit(to, room, whole);
        free(whole);
    }
    va_end(again);
    errno = saved;
}

void
fit_format(char *to, size_t room, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    fit_vformat(to, room, format, ap);
    va_end(ap);
}

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
err_set(struct err *err, enum err_code code, const char *format, ...)
{
    int saved = errno;
    va_list ap;

    err->code = code;
    va_start(ap, format);
    vsnprintf(err->text, sizeof(err->text), format, ap);
    va_end(ap);
    errno = saved;
}

/* Puts ": " and more behind the n bytes of text, as far as there is room. */
static void
append(struct err *err, int n, const char *more)
{
    size_t at = n < 0 ? 0 : (size_t)n, left, room;

    if (at + 2 >= sizeof(err->text))
        return;
    memcpy(err->text + at, ": ", 2);
    at += 2;
    left = strlen(more);
    room = sizeof(err->text) - 1 - at;
    if (left > room)
        left = room;
    memcpy(err->text + at, more, left);
    err->text[at + left] = '\0';
}

void
err_set_errno(struct err *err, enum err_code code, const char *format, ...)
{
    int saved = errno, n;
    char reason[128];
    va_list ap;

    err->code = code;
    va_start(ap, format);
    n = vsnprintf(err->text, sizeof(err->text), format, ap);
    va_end(ap);
    append(err, n, strerror_r(saved, reason, sizeof(reason)));
    errno = saved;
}

void
err_wrap(struct err *err, const char *format, ...)
{
    int saved = errno, n;
    char inner[sizeof(err->text)];
    va_list ap;

    memcpy(inner, err->text, sizeof(inner));
    va_start(ap, format);
    n = vsnprintf(err->text, sizeof(err->text), format, ap);
    va_end(ap);
    append(err, n, inner);
    errno = saved;
}

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

void
err_set_errno(struct err *err, enum err_code code, const char *format, ...)
{
    int saved = errno;
    char reason[128];
    va_list ap;
    int n;

    err->code = code;
    va_start(ap, format);
    n = vsnprintf(err->text, sizeof(err->text), format, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof(err->text))
        snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s",
            strerror_r(saved, reason, sizeof(reason)));
    errno = saved;
}

void
err_wrap(struct err *err, const char *format, ...)
{
    int saved = errno;
    char inner[sizeof(err->text)];
    va_list ap;
    int n;

    memcpy(inner, err->text, sizeof(inner));
    va_start(ap, format);
    n = vsnprintf(err->text, sizeof(err->text), format, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof(err->text))
        snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s", inner);
    errno = saved;
}

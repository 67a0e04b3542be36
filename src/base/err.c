#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fit.h"
#include "base/mem.h"

void
err_set(struct err *err, enum err_code code, const char *format, ...)
{
    va_list ap;

    err->code = code;
    err->error = 0;
    va_start(ap, format);
    fit_vformat(err->text, sizeof(err->text), format, ap);
    va_end(ap);
}

/* "front: back", both whole where there is room for them. */
__attribute__((format(printf, 2, 0))) static void
join(struct err *err, const char *format, va_list ap, const char *back)
{
    char *front;

    if (vasprintf(&front, format, ap) < 0)
        die("out of memory (a message)");
    fit_format(err->text, sizeof(err->text), "%s: %s", front, back);
    free(front);
}

void
err_set_errno(struct err *err, enum err_code code, const char *format, ...)
{
    int saved = errno;
    char reason[128];
    va_list ap;

    err->code = code;
    err->error = saved;
    va_start(ap, format);
    join(err, format, ap, strerror_r(saved, reason, sizeof(reason)));
    va_end(ap);
    errno = saved;
}

void
err_wrap(struct err *err, const char *format, ...)
{
    int saved = errno;
    char inner[sizeof(err->text)];
    va_list ap;

    memcpy(inner, err->text, sizeof(inner));
    va_start(ap, format);
    join(err, format, ap, inner);
    va_end(ap);
    errno = saved;
}

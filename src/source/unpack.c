#include "source/unpack.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/units.h"

enum unpack_step
unpack_corrupt(struct err *err, const char *what, uint64_t at_byte,
    const char *format, ...)
{
    char why[128], at[UNITS_TEXT_BYTES];
    va_list ap;

    va_start(ap, format);
    vsnprintf(why, sizeof(why), format, ap);
    va_end(ap);
    err_set(err, ERR_DATA, "the %s data is corrupt at byte %s: %s", what,
        units_count(at_byte, at), why);
    return STEP_CORRUPT;
}

enum unpack_step
unpack_trailing(struct err *err, const char *what, uint64_t at_byte)
{
    char at[UNITS_TEXT_BYTES];

    err_set(err, ERR_DATA,
        "the %s data ends before byte %s, what follows is not %s", what,
        units_count(at_byte, at), what);
    return STEP_TRAILING;
}

void
unpack_truncated(struct err *err, const char *what, uint64_t at_byte,
    const char *part, const char *unit, uint64_t number)
{
    char at[UNITS_TEXT_BYTES], which[UNITS_TEXT_BYTES];

    err_set(err, ERR_DATA,
        "the %s data is truncated: the file ends at byte %s, inside the %s of "
        "%s %s",
        what, units_count(at_byte, at), part, unit, units_count(number, which));
}

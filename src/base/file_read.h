/*
 * A small file, whole: what people write, and what goes with it. A failure is
 * ERR_USAGE, since a user named the file. Any thread.
 */
#ifndef BASE_FILE_READ_H
#define BASE_FILE_READ_H

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

/* Adds its bytes to the text, which the caller releases in any case; `what`
 * says what it is to people: "config", "mapping". -1 when it cannot be read or
 * has more than max_bytes. */
int file_read(const char *path, const char *what, size_t max_bytes,
    struct text *out, struct err *err);

#endif

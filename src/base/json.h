/*
 * Texts inside JSON, for what is written line by line; the summary is made by
 * a library (report/summary.c).
 *
 * JSON is Unicode. Of bytes that are not UTF-8 (utf8.h) every one from 0x80 on
 * is written as \u00XX: read back as Latin-1 they are what they were. Who
 * reads must know that a text is raw, since its other characters look the
 * same. One thread; memory that runs out ends the process.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * Adds bytes of a text, without the quotes around it. A long one may come in
 * pieces of any size; is_raw is that of the whole.
 */
void json_add(struct text *out, const char *bytes, size_t n_bytes, bool is_raw);

#endif

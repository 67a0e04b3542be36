/*
 * A packed message for people, by its schema. Any thread.
 *
 * One line in protobuf's text format: "apps: 1 lat: 55.1 geo { lat: 1 }", text
 * in quotes and escaped, bytes too, enums by name, numbers in the fewest digits
 * that read back as the same; unknown fields by their number.
 */
#ifndef RECORD_PRINT_H
#define RECORD_PRINT_H

#include <stddef.h>

#include "base/text.h"
#include "record/schema.h"

/* -1: no such message; nothing is added then. The bytes are untrusted. */
int message_print(struct text *out, const struct schema_message *message,
    const void *bytes, size_t n_bytes);

#endif

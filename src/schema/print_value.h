/*
 * Values for people, as protobuf's text format has them; print.h says how.
 * Any thread; cannot fail.
 */
#ifndef SCHEMA_PRINT_VALUE_H
#define SCHEMA_PRINT_VALUE_H

#include <stdint.h>

#include "base/text.h"
#include "schema/schema.h"

/* A number, bool or enum of that field, as it came off the wire. */
void print_number(struct text *out, const struct schema_field *field,
    uint64_t value);

/* In quotes. */
void print_string(struct text *out, struct span text);
void print_bytes(struct text *out, struct span bytes);

#endif

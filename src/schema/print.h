/*
 * A packed message for people, by its schema. Any thread.
 *
 * One line in protobuf's text format, which protoc reads back: "apps: 1 lat:
 * 55.1 geo { lat: 1 }"; fields in the order of their numbers, whatever that of
 * the bytes; numbers in the fewest digits that read back as the same; enums by
 * name; strings in quotes, with what would not show as it is escaped; bytes in
 * quotes, too, as \x01\xff when any of them is not ASCII. As for any reader of
 * protobuf, of a single field the last value counts, messages in pieces are
 * one, and a field that the schema does not know is passed over.
 */
#ifndef SCHEMA_PRINT_H
#define SCHEMA_PRINT_H

#include <stddef.h>

#include "base/text.h"
#include "schema/schema.h"

/* Messages in messages. */
enum { PRINT_MAX_DEPTH = 100 };

/* -1: no such message; nothing is added then. The bytes are untrusted. */
int message_print(struct text *out, const struct schema_message *message,
    const void *bytes, size_t n_bytes);

#endif

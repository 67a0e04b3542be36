/*
 * A record as a JSON object, and back for people.
 *
 * The message is a schema_message made for it (compile_json.c; it has no
 * protobuf-c descriptor), its struct filled as for protobuf: a field whose
 * `has` is 0, or a nested message whose pointer is NULL, is left out; a
 * repeated one is an array, there even when it is empty. Types: string (UTF-8,
 * as ProtobufCBinaryData), int64, uint64, double, bool, message. Members
 * are in the order of the fields. No blanks. A double has the fewest
 * decimals that read back as the same, and always a point or an exponent.
 * Any thread. Cannot fail.
 */
#ifndef RECORD_JSON_VALUE_H
#define RECORD_JSON_VALUE_H

#include <stddef.h>

#include "base/text.h"
#include "schema/schema.h"

/* The most that one takes, with the comma after it: any number or bool; a
 * string beside its bytes (quotes and comma); a byte of a string (\u001f). */
enum {
    JSON_NUMBER_MOST = 32,
    JSON_QUOTES_MOST = 3,
    JSON_BYTE_MOST = 6,
};

/* The object's text, no NUL after it; returns its bytes, at most what the
 * limits above come to (and 2 for each object or array, 2 for each name's
 * colon and comma). */
size_t json_value_pack(const struct schema_message *message, const void *filled,
    char *out);

/* As one line for people, control characters escaped. -1: it is not JSON. The
 * bytes are untrusted; nothing is added then. */
int json_value_print(struct text *out, const void *value, size_t n_bytes);

#endif

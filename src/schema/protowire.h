/*
 * A packed protobuf message, tag by tag, without knowing what it means.
 *
 * The bytes are untrusted. What is refused is what protobuf-c refuses: groups
 * (deprecated since 2008), a varint of more than ten bytes, a tag or a length
 * of more than five, and whatever does not end where the bytes do. Any thread.
 */
#ifndef SCHEMA_PROTOWIRE_H
#define SCHEMA_PROTOWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/scalar.h"

enum protowire_type {
    PROTOWIRE_VARINT = 0,
    PROTOWIRE_64BIT = 1,
    PROTOWIRE_BYTES = 2,
    PROTOWIRE_32BIT = 5,
};

struct protowire_field {
    uint32_t number;
    enum protowire_type type;
    uint64_t value;    /* of a number */
    struct span bytes; /* of the others; points into the message */
};

enum protowire_step { PROTOWIRE_FIELD, PROTOWIRE_END, PROTOWIRE_BAD };

/* Moves *at past what it read; where it is left when that is bad is of no
 * use. */
enum protowire_step protowire_next(struct span *at,
    struct protowire_field *field);

/* One of a packed list's numbers, in the same way; false: there is none. */
bool protowire_number(struct span *at, enum protowire_type type,
    uint64_t *value);

#endif

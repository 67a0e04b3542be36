/*
 * Scalars: text -> a value of one of protobuf's types.
 *
 * Pure functions, any thread; all read every byte or return false. No locale,
 * no blanks but those trimmed by the caller, no NUL at the end needed.
 */
#ifndef VALUE_SCALAR_H
#define VALUE_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scalar_type {
    SCALAR_DOUBLE,
    SCALAR_FLOAT,
    SCALAR_INT32,
    SCALAR_INT64,
    SCALAR_UINT32,
    SCALAR_UINT64,
    SCALAR_SINT32,
    SCALAR_SINT64,
    SCALAR_FIXED32,
    SCALAR_FIXED64,
    SCALAR_SFIXED32,
    SCALAR_SFIXED64,
    SCALAR_BOOL,
    SCALAR_STRING,
    SCALAR_BYTES,
    SCALAR_ENUM,
    SCALAR_MESSAGE, /* not a scalar: for those who hold both */
};

/* Bytes of others: of the line, of a scratch buffer, of the mapping. */
struct span {
    const char *at;
    size_t n_bytes;
};

union scalar {
    double f64;
    float f32;
    int32_t i32;  /* int32, sint32, sfixed32, enum */
    int64_t i64;  /* int64, sint64, sfixed64 */
    uint32_t u32; /* uint32, fixed32 */
    uint64_t u64; /* uint64, fixed64 */
    int boolean;  /* 0 or 1, as protobuf-c keeps it */
    struct span bytes;
};

/* "int32" …; "message". */
const char *scalar_type_word(enum scalar_type type);
/* Integers and floating-point numbers. */
bool scalar_is_number(enum scalar_type type);
bool scalar_is_integer(enum scalar_type type);
/* Bytes that a value of the type takes in memory. */
size_t scalar_bytes(enum scalar_type type);
/* The most bytes it takes when packed, without its tag (of string and bytes:
 * those of the length in front). */
size_t scalar_most_packed(enum scalar_type type);

/*
 * Numbers, an enum's among them: decimal, '-' where there is a sign; float and
 * double as number_parse_double(), a float rounded from that, if it is finite.
 * bool is true, false, 1 or 0. A string is UTF-8, bytes are anything; both are
 * the span that was given. A message is never read.
 */
bool scalar_parse(enum scalar_type type, const char *at, size_t n_bytes,
    union scalar *out);
/* An integer of these 64 bits, when the type can hold it (times). */
bool scalar_from_int64(enum scalar_type type, int64_t value, union scalar *out);

/* As a double, for comparing with a range; numbers only. 64 bits of an integer
 * are rounded to 53. */
double scalar_as_double(enum scalar_type type, const union scalar *value);
/* Is every bit of it zero, and so not packed without presence? bytes: none. */
bool scalar_is_zero(enum scalar_type type, const union scalar *value);

/* Into out, of n_bytes / 2 and n_bytes / 4 * 3 + 3 bytes at least. What they
 * write when they return false is of no use. Upper and lower case alike. */
bool parse_hex(const char *at, size_t n_bytes, char *out, size_t *out_bytes);
/* RFC 4648: standard or URL alphabet, padding may be left out; nothing else
 * between, and no bits that would be lost. */
bool parse_base64(const char *at, size_t n_bytes, char *out, size_t *out_bytes);

#endif

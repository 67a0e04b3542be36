#include "schema/protowire.h"

enum { VARINT_MAX_BYTES = 10, SHORT_MAX_BYTES = 5 };

/* Bits above the 64th are lost, as they are everywhere. */
static bool
varint(struct span *at, size_t max_bytes, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < max_bytes && i < at->n_bytes; i++) {
        unsigned char byte = (unsigned char)at->at[i];

        *value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            at->at += i + 1;
            at->n_bytes -= i + 1;
            return true;
        }
    }
    return false;
}

static bool
little_endian(struct span *at, size_t n_bytes, uint64_t *value)
{
    if (at->n_bytes < n_bytes)
        return false;
    *value = 0;
    for (size_t i = 0; i < n_bytes; i++)
        *value |= (uint64_t)(unsigned char)at->at[i] << (8 * i);
    at->at += n_bytes;
    at->n_bytes -= n_bytes;
    return true;
}

bool
protowire_number(struct span *at, enum protowire_type type, uint64_t *value)
{
    if (type == PROTOWIRE_VARINT)
        return varint(at, VARINT_MAX_BYTES, value);
    return little_endian(at, type == PROTOWIRE_64BIT ? 8 : 4, value);
}

static bool
bytes(struct span *at, struct span *out)
{
    uint64_t n_bytes;

    if (!varint(at, SHORT_MAX_BYTES, &n_bytes) || n_bytes > at->n_bytes)
        return false;
    *out = (struct span){at->at, (size_t)n_bytes};
    at->at += n_bytes;
    at->n_bytes -= (size_t)n_bytes;
    return true;
}

enum protowire_step
protowire_next(struct span *at, struct protowire_field *field)
{
    uint64_t tag;
    bool is_there = false;

    if (at->n_bytes == 0)
        return PROTOWIRE_END;
    /* no field has number 0, but as more than one byte it gets through */
    if (((unsigned char)*at->at & 0xf8) == 0)
        return PROTOWIRE_BAD;
    if (!varint(at, SHORT_MAX_BYTES, &tag))
        return PROTOWIRE_BAD;
    *field = (struct protowire_field){
        .number = (uint32_t)(tag >> 3),
        .type = (enum protowire_type)(tag & 7),
    };
    switch (field->type) {
    case PROTOWIRE_VARINT:
    case PROTOWIRE_64BIT:
    case PROTOWIRE_32BIT:
        is_there = protowire_number(at, field->type, &field->value);
        break;
    case PROTOWIRE_BYTES:
        is_there = bytes(at, &field->bytes);
        break;
    }
    return is_there ? PROTOWIRE_FIELD : PROTOWIRE_BAD;
}

#include "record/scratch.h"

#include <string.h>

#include <protobuf-c/protobuf-c.h>

#include "base/mem.h"

void
store_bytes(struct op_store *store, size_t n_bytes)
{
    if (n_bytes <= store->bytes_room)
        return;
    store->bytes_room = n_bytes < 256 ? 256 : n_bytes;
    store->bytes = mem_grow(store->bytes, store->bytes_room, 1);
}

/* ----------------------------------------------------------- one value --- */

static bool
is_inside(const struct value_reading *reading, const union scalar *value)
{
    switch (reading->type) {
    case SCALAR_DOUBLE:
        return value->f64 >= reading->low.f64 &&
               value->f64 <= reading->high.f64;
    case SCALAR_FLOAT:
        return value->f32 >= reading->low.f32 &&
               value->f32 <= reading->high.f32;
    case SCALAR_INT32:
    case SCALAR_SINT32:
    case SCALAR_SFIXED32:
        return value->i32 >= reading->low.i32 &&
               value->i32 <= reading->high.i32;
    case SCALAR_INT64:
    case SCALAR_SINT64:
    case SCALAR_SFIXED64:
        return value->i64 >= reading->low.i64 &&
               value->i64 <= reading->high.i64;
    case SCALAR_UINT32:
    case SCALAR_FIXED32:
        return value->u32 >= reading->low.u32 &&
               value->u32 <= reading->high.u32;
    default:
        return value->u64 >= reading->low.u64 &&
               value->u64 <= reading->high.u64;
    }
}

/* By name, or by number: any of an open enum, one that it has of a closed. */
static bool
read_enum(const struct value_reading *reading, struct span text,
    union scalar *out)
{
    const struct schema_value *found =
        schema_find_value(reading->values, text.at, text.n_bytes);

    if (found) {
        out->i32 = found->number;
        return true;
    }
    return scalar_parse(SCALAR_INT32, text.at, text.n_bytes, out) &&
           (!reading->values->is_closed ||
               schema_value_of(reading->values, out->i32));
}

static bool
read_time(const struct value_reading *reading, struct span text,
    union scalar *out)
{
    int64_t seconds, value;
    uint32_t nanoseconds;

    return time_format_parse(reading->time, text.at, text.n_bytes, &seconds,
               &nanoseconds) &&
           time_in_units(seconds, nanoseconds, reading->units_per_second,
               &value) &&
           scalar_from_int64(reading->type, value, out);
}

static bool
decode(const struct value_reading *reading, struct span text,
    struct op_store *store, union scalar *out)
{
    char *to = store->bytes + store->n_bytes;
    size_t n_bytes = 0;
    bool is_good = reading->how == READ_HEX
                       ? parse_hex(text.at, text.n_bytes, to, &n_bytes)
                       : parse_base64(text.at, text.n_bytes, to, &n_bytes);

    out->bytes = (struct span){to, n_bytes};
    store->n_bytes += n_bytes;
    return is_good;
}

bool
read_value(const struct value_reading *reading, struct span text,
    struct op_store *store, union scalar *out, bool *is_outside)
{
    bool is_good = true;

    switch (reading->how) {
    case READ_SCALAR:
        is_good = scalar_parse(reading->type, text.at, text.n_bytes, out);
        break;
    case READ_ENUM:
        return read_enum(reading, text, out);
    case READ_HEX:
    case READ_BASE64:
        return decode(reading, text, store, out);
    case READ_TIME:
        is_good = read_time(reading, text, out);
        break;
    }
    if (!is_good || !reading->has_range || is_inside(reading, out))
        return is_good;
    *is_outside = true;
    return reading->warns;
}

void
put_scalar(void *to, enum scalar_type type, const union scalar *value)
{
    ProtobufCBinaryData bytes;

    switch (type) {
    case SCALAR_STRING:
    case SCALAR_BYTES:
        bytes = (ProtobufCBinaryData){
            value->bytes.n_bytes, (uint8_t *)(uintptr_t)value->bytes.at};
        memcpy(to, &bytes, sizeof(bytes));
        break;
    case SCALAR_DOUBLE:
    case SCALAR_INT64:
    case SCALAR_SINT64:
    case SCALAR_SFIXED64:
    case SCALAR_UINT64:
    case SCALAR_FIXED64:
        memcpy(to, &value->u64, 8);
        break;
    default:
        memcpy(to, &value->u32, 4);
    }
}

/* -------------------------------------------------------- single fields --- */

void
note_oneofs(struct parse_state *state, const struct op *op)
{
    for (size_t i = 0; i < op->n_oneofs; i++) {
        const struct oneof_part *part = &op->oneofs[i];
        size_t *set = &state->record->oneof_set[part->oneof];

        if (*set && *set != part->member && !state->conflict)
            state->conflict = op;
        *set = part->member;
    }
}

static inline void
set_has(struct record *record, const struct op *op, bool has)
{
    int flag = has;

    if (!op->is_required)
        memcpy(record->scratch + op->quantifier_offset, &flag, sizeof(flag));
}

static inline void
note_value(struct parse_state *state, const struct op *op)
{
    if (op->is_presence)
        state->record->present[op->message] = true;
    if (op->n_oneofs)
        note_oneofs(state, op);
}

bool
fill_single(struct parse_state *state, const struct op *op,
    struct op_store *store, struct span column)
{
    struct record *record = state->record;
    union scalar value = {0};
    bool is_outside = false;

    if (op->value.trims)
        column = trim_span(column);
    if (column.n_bytes == 0 && op->on_empty != EMPTY_NONE) {
        if (op->on_empty != EMPTY_DEFAULT) {
            set_has(record, op, false);
            return op->on_empty == EMPTY_SKIP;
        }
        value = op->default_value;
    } else {
        store->n_bytes = 0;
        if (op->value.how == READ_HEX || op->value.how == READ_BASE64)
            store_bytes(store, column.n_bytes + 3);
        if (!read_value(&op->value, column, store, &value, &is_outside))
            return false;
        state->warnings->is_out_of_range |= is_outside;
    }
    put_scalar(record->scratch + op->offset, op->value.type, &value);
    set_has(record, op,
        op->sets_zero || !scalar_is_zero(op->value.type, &value));
    if (op->text_factor)
        record->pack_room += value.bytes.n_bytes * op->text_factor;
    note_value(state, op);
    return true;
}

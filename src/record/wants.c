/*
 * What a column that was rejected should have held: read once more, slowly,
 * by the op that refused it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/scratch.h"

/* An enum's names, and an item's bytes, that are shown. */
enum { SHOWN_NAMES = 6, SHOWN_BYTES = 40 };

/* A number of the type, in digits that read back as the same. */
static void
add_number(struct text *out, enum scalar_type type, const union scalar *value)
{
    double real = scalar_as_double(type, value);
    int digits = 6;
    char shown[40];

    if (type == SCALAR_UINT64 || type == SCALAR_FIXED64) {
        text_format(out, "%ju", (uintmax_t)value->u64);
        return;
    }
    if (type == SCALAR_INT64 || type == SCALAR_SINT64 ||
        type == SCALAR_SFIXED64) {
        text_format(out, "%jd", (intmax_t)value->i64);
        return;
    }
    if (scalar_is_integer(type)) {
        text_format(out, "%.0f", real);
        return;
    }
    /* a float's own digits: 0.1, not what it is as a double */
    do
        snprintf(shown, sizeof(shown), "%.*g", digits, real);
    while (digits++ < 17 &&
           (type == SCALAR_FLOAT ? strtof(shown, NULL) != value->f32
                                 : strtod(shown, NULL) != real));
    text_format(out, "%s", shown);
}

/* As the mapping calls it. */
static const char *
type_word(const struct record *record, enum scalar_type type)
{
    if (record->plan->format == VALUE_JSON && type == SCALAR_INT64)
        return "int";
    if (record->plan->format == VALUE_JSON && type == SCALAR_UINT64)
        return "uint";
    return scalar_type_word(type);
}

static void
add_names(struct text *out, const struct schema_enum *values)
{
    for (size_t i = 0; i < values->n && i < SHOWN_NAMES; i++)
        text_format(out, "%s%.60s", i ? ", " : "", values->values[i].name);
    if (values->n > SHOWN_NAMES)
        text_format(out, ", ... (%zu)", values->n);
}

/* Why the text is not a value of this reading. */
static void
add_kind(const struct record *record, const struct value_reading *reading,
    struct span text, struct text *out)
{
    uint32_t nanoseconds;
    int64_t seconds;

    switch (reading->how) {
    case READ_ENUM:
        text_format(out, "none of ");
        add_names(out, reading->values);
        break;
    case READ_HEX:
        text_format(out, "not hex: pairs of 0 to 9 and a to f");
        break;
    case READ_BASE64:
        text_format(out, "not base64");
        break;
    case READ_TIME:
        if (time_format_parse(reading->time, text.at, text.n_bytes, &seconds,
                &nanoseconds))
            text_format(out, "a time that does not fit %s",
                type_word(record, reading->type));
        else
            text_format(out, "not a time like \"%s\"",
                time_format_text(reading->time));
        break;
    case READ_SCALAR:
        if (reading->type == SCALAR_BOOL)
            text_format(out, "none of true, false, 1 or 0");
        else if (reading->type == SCALAR_STRING)
            text_format(out, "not UTF-8 text");
        else
            text_format(out, "not a valid %s",
                type_word(record, reading->type));
        break;
    }
}

static bool
is_good(const struct value_reading *reading, struct span text, bool *is_outside)
{
    struct op_store store = {0};
    union scalar value;
    bool good;

    store_bytes(&store, text.n_bytes + 3);
    *is_outside = false;
    good = read_value(reading, text, &store, &value, is_outside);
    free(store.bytes);
    return good;
}

/* false: nothing is wrong with it. */
static bool
add_value(const struct record *record, const struct value_reading *reading,
    struct span text, const char *what, struct text *out)
{
    struct span inner = trim_span(text);
    bool is_outside;

    if (reading->trims)
        text = inner;
    if (is_good(reading, text, &is_outside))
        return false;
    if (what)
        text_format(out, "%s \"%.*s\"%s: ", what,
            (int)(text.n_bytes < SHOWN_BYTES ? text.n_bytes : SHOWN_BYTES),
            text.at, text.n_bytes > SHOWN_BYTES ? "..." : "");
    if (is_outside) {
        text_format(out, "outside ");
        add_number(out, reading->type, &reading->low);
        text_format(out, " to ");
        add_number(out, reading->type, &reading->high);
        return true;
    }
    add_kind(record, reading, text, out);
    if (inner.n_bytes < text.n_bytes && is_good(reading, inner, &is_outside))
        text_format(out, ", with blanks around it (trim: true)");
    return true;
}

/* Of the first item that is bad. */
static void
add_items(const struct record *record, const struct op *op, struct span column,
    struct text *out)
{
    struct item_cursor items = {.op = op, .rest = column};
    struct span item, key, value;

    while (next_item(&items, &item)) {
        if (op->shape != OP_MAP) {
            if (add_value(record, &op->value, item, "item", out))
                return;
        } else if (!cut_pair(op, item, &key, &value)) {
            text_format(out, "item \"%.*s\"%s: \"%.*s\" is missing",
                (int)(item.n_bytes < SHOWN_BYTES ? item.n_bytes : SHOWN_BYTES),
                item.at, item.n_bytes > SHOWN_BYTES ? "..." : "",
                (int)op->pair.n_bytes, op->pair.at);
            return;
        } else if (add_value(record, &op->key, key, "key", out) ||
                   add_value(record, &op->value, value, "value", out)) {
            return;
        }
    }
    die("a list was rejected that has no bad item");
}

void
record_wants(const struct record *record, struct text *out)
{
    const struct op *op = record->bad;
    struct span column;
    bool is_single;

    must(op != NULL);
    column = column_of(record, op->column);
    is_single = !op_is_list(op);
    if (is_single && op->value.trims)
        column = trim_span(column);
    if (record->has_conflict)
        text_format(out, "another field of its oneof is set, too");
    else if (column.n_bytes == 0 && op->on_empty == EMPTY_REJECT)
        text_format(out, "it may not be empty");
    else if (!is_single)
        add_items(record, op, column, out);
    else
        must(add_value(record, &op->value, column, NULL, out));
}

#include <string.h>

#include "record/compile.h"
#include "record/json_value.h"

/* What comes before lists, texts and messages. */
enum { LENGTH_MOST = 5 };

static size_t
tag_bytes(const struct schema_field *field)
{
    size_t n = 1;

    for (uint32_t number = field->number >> 4; number; number >>= 7)
        n++;
    return n;
}

static bool
is_text(enum scalar_type type)
{
    return type == SCALAR_STRING || type == SCALAR_BYTES;
}

/* A name, escaped, with its quotes, colon and comma. */
static size_t
json_name_bytes(const struct schema_field *field)
{
    return strlen(field->name) * JSON_BYTE_MOST + 4;
}

static void
size_json(const struct schema_field *field, struct op *op, size_t *around_bytes)
{
    op->item_bytes = is_text(field->type) ? JSON_QUOTES_MOST : JSON_NUMBER_MOST;
    op->text_factor = is_text(field->type) ? JSON_BYTE_MOST : 0;
    *around_bytes = json_name_bytes(field) + 2;
    if (!field->is_repeated)
        *around_bytes += op->item_bytes;
}

static void
size_map(const struct schema_field *field, struct op *op)
{
    const struct schema_field *key = &field->message->fields[0];
    const struct schema_field *value = &field->message->fields[1];

    op->item_bytes = tag_bytes(field) + LENGTH_MOST + 2 +
                     scalar_most_packed(key->type) +
                     scalar_most_packed(value->type);
    op->text_factor = is_text(key->type) || is_text(value->type);
}

void
compile_sizes(enum value_format format, const struct schema_field *field,
    struct op *op, size_t *around_bytes)
{
    *around_bytes = 0;
    if (format == VALUE_JSON) {
        size_json(field, op, around_bytes);
        return;
    }
    if (field->is_map) {
        size_map(field, op);
        return;
    }
    op->item_bytes = scalar_most_packed(field->type);
    op->text_factor = is_text(field->type);
    if (!field->is_repeated)
        *around_bytes = tag_bytes(field) + op->item_bytes;
    else if (field->is_packed)
        *around_bytes = tag_bytes(field) + LENGTH_MOST;
    else
        op->item_bytes += tag_bytes(field);
}

size_t
compile_message_bytes(enum value_format format,
    const struct schema_field *field)
{
    return format == VALUE_JSON ? json_name_bytes(field) + 2
                                : tag_bytes(field) + LENGTH_MOST;
}

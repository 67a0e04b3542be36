#include "schema/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schema/schema_build.h"

/* --------------------------------------------------------------- memory --- */

struct schema_block {
    struct schema_block *next;
    size_t used_bytes, room_bytes;
    max_align_t bytes[];
};

enum { BLOCK_BYTES = 16 << 10 };

void *
schema_keep(struct schema *schema, size_t n, size_t each_bytes)
{
    struct schema_block *block = schema->blocks;
    size_t n_bytes, align = _Alignof(max_align_t);
    void *at;

    must(!__builtin_mul_overflow(n, each_bytes, &n_bytes));
    n_bytes = (n_bytes + align - 1) / align * align;
    if (!block || block->room_bytes - block->used_bytes < n_bytes) {
        size_t room = n_bytes > BLOCK_BYTES ? n_bytes : BLOCK_BYTES;

        block = mem_zero(1, sizeof(*block) + room);
        block->room_bytes = room;
        block->next = schema->blocks;
        schema->blocks = block;
    }
    at = (char *)block->bytes + block->used_bytes;
    block->used_bytes += n_bytes;
    return at;
}

char *
schema_keep_text(struct schema *schema, const char *text, size_t n_bytes)
{
    char *kept = schema_keep(schema, n_bytes + 1, 1);

    memcpy(kept, text, n_bytes);
    return kept;
}

void
schema_free(struct schema *schema)
{
    struct schema_block *next;

    if (!schema)
        return;
    for (struct schema_block *block = schema->blocks; block; block = next) {
        next = block->next;
        free(block);
    }
    free(schema->types);
    free(schema);
}

/* --------------------------------------------------------------- finding ---
 */

bool
schema_is_name(const char *text, bool has_points)
{
    bool is_first = true;

    for (; *text; text++) {
        char low = (char)(*text | 0x20);

        if (*text == '.' && has_points && !is_first)
            is_first = true;
        else if ((low >= 'a' && low <= 'z') || *text == '_' ||
                 (*text >= '0' && *text <= '9' && !is_first))
            is_first = false;
        else
            return false;
    }
    return !is_first;
}

static int
compare_with_type(const void *full_name, const void *type)
{
    return strcmp(full_name, ((const struct schema_type *)type)->full_name);
}

const struct schema_type *
schema_find_type(const struct schema *schema, const char *full_name)
{
    return schema->n_types == 0
               ? NULL
               : bsearch(full_name, schema->types, schema->n_types,
                     sizeof(*schema->types), compare_with_type);
}

const struct schema_message *
schema_find_message(const struct schema *schema, const char *full_name)
{
    const struct schema_type *type = schema_find_type(schema, full_name);

    return type && type->message && !type->message->is_map_entry ? type->message
                                                                 : NULL;
}

const struct schema_message *
schema_message_at(const struct schema *schema, size_t i)
{
    must(i < schema->n_messages);
    return schema->messages[i];
}

size_t
schema_n_messages(const struct schema *schema)
{
    return schema->n_messages;
}

const struct schema_field *
schema_find_field(const struct schema_message *message, const char *name,
    size_t n_bytes)
{
    for (size_t i = 0; i < message->n_fields; i++) {
        const char *its = message->fields[i].name;

        if (strlen(its) == n_bytes && memcmp(its, name, n_bytes) == 0)
            return &message->fields[i];
    }
    return NULL;
}

const struct schema_field *
schema_field_of(const struct schema_message *message, uint32_t number)
{
    size_t low = 0, high = message->n_fields;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (message->fields[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < message->n_fields && message->fields[low].number == number
               ? &message->fields[low]
               : NULL;
}

const struct schema_value *
schema_find_value(const struct schema_enum *values, const char *name,
    size_t n_bytes)
{
    size_t low = 0, high = values->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *its = values->by_name[middle]->name;
        int order = strncmp(its, name, n_bytes);

        if (order == 0 && its[n_bytes] == '\0')
            return values->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct schema_value *
schema_value_of(const struct schema_enum *values, int32_t number)
{
    size_t low = 0, high = values->n_numbers;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (values->by_number[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < values->n_numbers && values->by_number[low]->number == number
               ? values->by_number[low]
               : NULL;
}

/* ---------------------------------------------------------------- telling ---
 */

static char *
type_word(const struct schema_field *field)
{
    if (field->type == SCALAR_MESSAGE)
        return mem_format("%s %s", field->is_group ? "group" : "message",
            field->message->full_name);
    if (field->type == SCALAR_ENUM)
        return mem_format("enum %s", field->values->full_name);
    return mem_text(scalar_type_word(field->type));
}

char *
schema_type_text(const struct schema_field *field)
{
    char *text, *word, *key;

    if (field->is_map) {
        key = type_word(&field->message->fields[0]);
        word = type_word(&field->message->fields[1]);
        text = mem_format("map<%s, %s>", key, word);
        free(key);
        free(word);
        return text;
    }
    word = type_word(field);
    if (!field->is_repeated)
        return word;
    text = mem_format("repeated %s", word);
    free(word);
    return text;
}

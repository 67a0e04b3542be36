#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "record/mapping_read.h"

/* --------------------------------------------------------------- fields --- */

static const char *const field_keys[N_FIELD_KEYS] = {
    [FIELD_COLUMN] = "column",
    [FIELD_CONSTANT] = "constant",
    [FIELD_SPLIT] = "split",
    [FIELD_PAIR] = "pair",
    [FIELD_TRIM] = "trim",
    [FIELD_EMPTY] = "empty",
    [FIELD_ENCODING] = "encoding",
    [FIELD_RANGE] = "range",
    [FIELD_OUTSIDE] = "outside",
    [FIELD_BAD_ITEM] = "bad_item",
    [FIELD_TIME] = "time",
    [FIELD_UNIT] = "unit",
    [FIELD_TYPE] = "type",
};

const char *
field_key_word(enum field_key key)
{
    return field_keys[key];
}

static int
check_source(struct spec_reader *reader, const struct field_spec *field,
    const struct yaml_node *value)
{
    const struct yaml_node *column = field->given[FIELD_COLUMN];
    const struct yaml_node *constant = field->given[FIELD_CONSTANT];

    if (column && constant)
        return yaml_refuse(reader->file, constant, reader->err,
            "field \"%s\" has both a column and a constant; leave out one",
            field->path->text);
    if (!column && !constant)
        return yaml_refuse(reader->file, value, reader->err,
            "field \"%s\" needs column: NAME, or constant: VALUE",
            field->path->text);
    if (column)
        return spec_text(reader, column, "column", "a column's name");
    if (constant->kind != YAML_IS_TEXT || constant->is_nothing)
        return yaml_refuse(reader->file, constant, reader->err,
            "constant needs one value, as it would stand in a column");
    return 0;
}

static int
read_field_keys(struct spec_reader *reader, struct field_spec *field,
    const struct yaml_node *value)
{
    struct spec_key names[N_FIELD_KEYS];
    size_t found;

    for (size_t i = 0; i < N_FIELD_KEYS; i++)
        names[i] = (struct spec_key){.name = field_keys[i]};
    for (size_t i = 0; i < value->n; i++) {
        for (found = 0; found < N_FIELD_KEYS; found++)
            if (strcmp(value->keys[i]->text, field_keys[found]) == 0)
                break;
        if (found == N_FIELD_KEYS)
            return spec_refuse_key(reader, value->keys[i], "a field", names,
                N_FIELD_KEYS);
        field->given[found] = value->items[i];
    }
    return check_source(reader, field, value);
}

static int
take_fields(struct spec_reader *reader, const struct yaml_node *value)
{
    struct mapping_spec *spec = reader->spec;
    const struct yaml_node *item;
    struct field_spec *field;

    if (value->kind != YAML_IS_MAP || value->n == 0)
        return yaml_refuse(reader->file, value, reader->err,
            "fields lists the message's fields, each as \"field: column\" or "
            "\"field: {column: NAME, ...}\"");
    spec->fields = mem_zero(value->n, sizeof(*spec->fields));
    for (size_t i = 0; i < value->n; i++) {
        field = &spec->fields[spec->n_fields++];
        field->path = value->keys[i];
        item = value->items[i];
        if (item->kind == YAML_IS_MAP) {
            if (read_field_keys(reader, field, item))
                return -1;
            continue;
        }
        if (item->kind != YAML_IS_TEXT || item->is_nothing || !*item->text)
            return yaml_refuse(reader->file, item, reader->err,
                "field \"%s\" needs a column: %s: NAME, or %s: {column: NAME, "
                "...}",
                field->path->text, field->path->text, field->path->text);
        field->given[FIELD_COLUMN] = item;
    }
    return 0;
}

/* --------------------------------------------------------------- record --- */

static int
take_record_format(struct spec_reader *reader, const struct yaml_node *value)
{
    static const char *const words[] = {"protobuf", "json", "raw"};
    int found = spec_word(reader->file, value, "format", words, 3, reader->err);

    reader->spec->format = (enum value_format)(found < 0 ? 0 : found);
    return found < 0 ? -1 : 0;
}

static int
take_proto(struct spec_reader *reader, const struct yaml_node *value)
{
    reader->spec->proto = value;
    return spec_text(reader, value, "proto", "the name of a .proto file");
}

static int
take_descriptor(struct spec_reader *reader, const struct yaml_node *value)
{
    reader->spec->descriptor = value;
    return spec_text(reader, value, "descriptor",
        "the name of a file made by protoc --include_imports "
        "--descriptor_set_out");
}

static int
take_imports(struct spec_reader *reader, const struct yaml_node *value)
{
    reader->spec->imports = value;
    return spec_list(reader, value, "imports", "[../proto]");
}

static int
take_message(struct spec_reader *reader, const struct yaml_node *value)
{
    reader->spec->message = value;
    return spec_text(reader, value, "message",
        "a message's full name, such as shop.Order");
}

static int
take_raw_column(struct spec_reader *reader, const struct yaml_node *value)
{
    reader->spec->raw_column = value;
    return spec_text(reader, value, "column", "a column's name");
}

static int
take_flags(struct spec_reader *reader, const struct yaml_node *value)
{
    uint64_t flags;

    if (value->kind != YAML_IS_TEXT || units_parse_count(value->text, &flags) ||
        flags > UINT32_MAX)
        return yaml_refuse(reader->file, value, reader->err,
            "flags is a number from 0 to 4294967295");
    reader->spec->flags = (uint32_t)flags;
    return 0;
}

/* Keys that belong to another format. */
static int
refuse_foreign(struct spec_reader *reader, const struct yaml_node *record)
{
    static const char *const of_protobuf[] = {
        "proto", "descriptor", "imports", "message"};
    const struct yaml_node *found;

    for (size_t i = 0; i < 4; i++) {
        found = yaml_find(record, of_protobuf[i]);
        if (found && reader->spec->format != VALUE_PROTOBUF)
            return yaml_refuse(reader->file, found, reader->err,
                "%s is for format: protobuf; leave it out, or the format",
                of_protobuf[i]);
    }
    found = yaml_find(record, "fields");
    if (found && reader->spec->format == VALUE_RAW)
        return yaml_refuse(reader->file, found, reader->err,
            "a raw value has no fields; it is the bytes of one column: column: "
            "NAME");
    if (reader->spec->raw_column && reader->spec->format != VALUE_RAW)
        return yaml_refuse(reader->file, reader->spec->raw_column, reader->err,
            "column is for format: raw; under fields, say which column each "
            "field is");
    return 0;
}

static int
check_record(struct spec_reader *reader, const struct yaml_node *record)
{
    const struct mapping_spec *spec = reader->spec;

    if (refuse_foreign(reader, record))
        return -1;
    if (spec->format == VALUE_RAW && !spec->raw_column)
        return yaml_refuse(reader->file, record, reader->err,
            "a raw value needs the column that it is: column: NAME");
    if (spec->format != VALUE_RAW && !spec->fields)
        return yaml_refuse(reader->file, record, reader->err,
            "record needs fields: which column each field is");
    if (spec->format != VALUE_PROTOBUF)
        return 0;
    if (spec->proto && spec->descriptor)
        return yaml_refuse(reader->file, spec->descriptor, reader->err,
            "the message comes from proto or from descriptor, not from both; "
            "leave out one");
    if (spec->imports && !spec->proto)
        return yaml_refuse(reader->file, spec->imports, reader->err,
            "imports is for proto; a descriptor holds its imports already");
    if (!spec->proto && !spec->descriptor)
        return yaml_refuse(reader->file, record, reader->err,
            "record needs proto: FILE.proto, or descriptor: FILE.pb; for "
            "values without a .proto there are format: json and format: raw");
    return 0;
}

int
spec_take_record(struct spec_reader *reader, const struct yaml_node *value)
{
    static const struct spec_key keys[] = {
        {"format", take_record_format},
        {"proto", take_proto},
        {"descriptor", take_descriptor},
        {"imports", take_imports},
        {"message", take_message},
        {"column", take_raw_column},
        {"flags", take_flags},
        {"fields", take_fields},
    };

    reader->spec->record = value;
    if (spec_section(reader, value, "record", keys,
            sizeof(keys) / sizeof(keys[0])))
        return -1;
    return check_record(reader, value);
}

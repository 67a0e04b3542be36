#include "record/mapping_spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/units.h"

/* One reading of one file. */
struct reader {
    const struct yaml_file *file;
    struct mapping_spec *spec;
    struct err *err;
};

/* A key of a section and who takes its value. */
struct section_key {
    const char *name;
    int (*take)(struct reader *reader, const struct yaml_node *value);
};

/* ---------------------------------------------------------------- words --- */

int
spec_word(const struct yaml_file *file, const struct yaml_node *node,
    const char *name, const char *const *words, size_t n, struct err *err)
{
    struct suggestion near;
    struct text list = {0};

    if (node->kind != YAML_IS_TEXT)
        return yaml_refuse(file, node, err, "%s is one word, no list and no map",
            name);
    for (size_t i = 0; i < n; i++)
        if (strcmp(node->text, words[i]) == 0)
            return (int)i;
    near = (struct suggestion){.word = node->text, strlen(node->text)};
    for (size_t i = 0; i < n; i++) {
        suggestion_offer(&near, words[i]);
        text_format(&list, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ",
            words[i]);
    }
    yaml_refuse(file, node, err, "%s: \"%.60s\" is not known; it is %s%s%s%s",
        name, node->text, list.data, near.best ? "; did you mean \"" : "",
        near.best ? near.best : "", near.best ? "\"?" : "");
    text_release(&list);
    return -1;
}

/* A text that says something. */
static int
check_text(struct reader *reader, const struct yaml_node *node,
    const char *name, const char *what)
{
    if (node->kind == YAML_IS_TEXT && !node->is_nothing && *node->text)
        return 0;
    return yaml_refuse(reader->file, node, reader->err, "%s needs %s", name,
        what);
}

static int
read_bool(struct reader *reader, const struct yaml_node *node, const char *name,
    bool *out)
{
    static const char *const words[] = {"false", "true"};
    int found = spec_word(reader->file, node, name, words, 2, reader->err);

    *out = found == 1;
    return found < 0 ? -1 : 0;
}

/* A list of texts, none of them empty. */
static int
check_list(struct reader *reader, const struct yaml_node *node,
    const char *name, const char *example)
{
    if (node->kind != YAML_IS_LIST || node->n == 0)
        return yaml_refuse(reader->file, node, reader->err,
            "%s needs a list, such as %s", name, example);
    for (size_t i = 0; i < node->n; i++)
        if (check_text(reader, node->items[i], name, "names in its list"))
            return -1;
    return 0;
}

static int
refuse_key(struct reader *reader, const struct yaml_node *key,
    const char *section, const struct section_key *keys, size_t n)
{
    struct suggestion near = {.word = key->text, strlen(key->text)};
    struct text list = {0};

    for (size_t i = 0; i < n; i++) {
        suggestion_offer(&near, keys[i].name);
        text_format(&list, "%s%s", i ? ", " : "", keys[i].name);
    }
    if (near.best)
        yaml_refuse(reader->file, key, reader->err,
            "unknown key \"%.60s\" in %s; did you mean \"%s\"?", key->text,
            section, near.best);
    else
        yaml_refuse(reader->file, key, reader->err,
            "unknown key \"%.60s\" in %s; there are %s", key->text, section,
            list.data);
    text_release(&list);
    return -1;
}

static int
read_section(struct reader *reader, const struct yaml_node *map,
    const char *section, const struct section_key *keys, size_t n)
{
    size_t found;

    if (map->kind != YAML_IS_MAP)
        return yaml_refuse(reader->file, map, reader->err,
            "%s holds keys, each as \"name: value\"", section);
    for (size_t i = 0; i < map->n; i++) {
        for (found = 0; found < n; found++)
            if (strcmp(map->keys[i]->text, keys[found].name) == 0)
                break;
        if (found == n)
            return refuse_key(reader, map->keys[i], section, keys, n);
        if (keys[found].take && keys[found].take(reader, map->items[i]))
            return -1;
    }
    return 0;
}

/* ---------------------------------------------------------------- input --- */

static int
take_input_format(struct reader *reader, const struct yaml_node *value)
{
    static const char *const words[] = {"tsv", "csv"};
    int found =
        spec_word(reader->file, value, "format", words, 2, reader->err);

    reader->spec->lines.has_quotes = found == 1;
    return found < 0 ? -1 : 0;
}

static int
take_delimiter(struct reader *reader, const struct yaml_node *value)
{
    const char *text = value->text;
    char byte;

    if (value->kind != YAML_IS_TEXT || value->is_nothing ||
        (strlen(text) != 1 && strcmp(text, "\\t") != 0))
        return yaml_refuse(reader->file, value, reader->err,
            "delimiter is one byte in quotes, such as \";\", or \"\\t\" for "
            "a tab");
    byte = *text == '\\' && text[1] ? '\t' : *text;
    if (byte == '"' || byte == '\n' || byte == '\r' || byte == '\0')
        return yaml_refuse(reader->file, value, reader->err,
            "delimiter can be no quote and no line end");
    reader->spec->lines.delimiter = byte;
    return 0;
}

static int
take_columns(struct reader *reader, const struct yaml_node *value)
{
    if (check_list(reader, value, "columns", "[id, name, price]"))
        return -1;
    for (size_t i = 0; i < value->n; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(value->items[i]->text, value->items[j]->text) == 0 &&
                strcmp(value->items[i]->text, "_") != 0)
                return yaml_refuse(reader->file, value->items[i], reader->err,
                    "column \"%.60s\" stands here twice; a column that is not "
                    "used may be called _, any number of times",
                    value->items[i]->text);
    reader->spec->columns = value;
    return 0;
}

static int
take_header(struct reader *reader, const struct yaml_node *value)
{
    return read_bool(reader, value, "header", &reader->spec->has_header);
}

static int
take_skip_header(struct reader *reader, const struct yaml_node *value)
{
    return read_bool(reader, value, "skip_header", &reader->spec->skips_first);
}

static int
take_input(struct reader *reader, const struct yaml_node *value)
{
    static const struct section_key keys[] = {
        {"format", take_input_format},
        {"delimiter", take_delimiter},
        {"columns", take_columns},
        {"header", take_header},
        {"skip_header", take_skip_header},
    };
    struct mapping_spec *spec = reader->spec;

    spec->input = value;
    if (read_section(reader, value, "input", keys,
            sizeof(keys) / sizeof(keys[0])))
        return -1;
    if (spec->columns && spec->has_header)
        return yaml_refuse(reader->file, yaml_find(value, "header"),
            reader->err,
            "header: true takes the names from each file's first line, and "
            "columns says them, too; leave out one, or say skip_header: true "
            "instead of header");
    if (spec->skips_first && spec->has_header)
        return yaml_refuse(reader->file, yaml_find(value, "skip_header"),
            reader->err,
            "header: true reads the first line as names already; leave out "
            "skip_header");
    return 0;
}

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
check_source(struct reader *reader, const struct field_spec *field,
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
        return check_text(reader, column, "column", "a column's name");
    if (constant->kind != YAML_IS_TEXT || constant->is_nothing)
        return yaml_refuse(reader->file, constant, reader->err,
            "constant needs one value, as it would stand in a column");
    return 0;
}

static int
read_field_keys(struct reader *reader, struct field_spec *field,
    const struct yaml_node *value)
{
    struct section_key names[N_FIELD_KEYS];
    size_t found;

    for (size_t i = 0; i < N_FIELD_KEYS; i++)
        names[i] = (struct section_key){.name = field_keys[i]};
    for (size_t i = 0; i < value->n; i++) {
        for (found = 0; found < N_FIELD_KEYS; found++)
            if (strcmp(value->keys[i]->text, field_keys[found]) == 0)
                break;
        if (found == N_FIELD_KEYS)
            return refuse_key(reader, value->keys[i], "a field", names,
                N_FIELD_KEYS);
        field->given[found] = value->items[i];
    }
    return check_source(reader, field, value);
}

static int
take_fields(struct reader *reader, const struct yaml_node *value)
{
    struct mapping_spec *spec = reader->spec;
    const struct yaml_node *item;
    struct field_spec *field;

    if (value->kind != YAML_IS_MAP || value->n == 0)
        return yaml_refuse(reader->file, value, reader->err,
            "fields holds the message's fields, each as \"field: column\" or "
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
take_record_format(struct reader *reader, const struct yaml_node *value)
{
    static const char *const words[] = {"protobuf", "json", "raw"};
    int found =
        spec_word(reader->file, value, "format", words, 3, reader->err);

    reader->spec->format = (enum value_format)(found < 0 ? 0 : found);
    return found < 0 ? -1 : 0;
}

static int
take_proto(struct reader *reader, const struct yaml_node *value)
{
    reader->spec->proto = value;
    return check_text(reader, value, "proto", "the name of a .proto file");
}

static int
take_descriptor(struct reader *reader, const struct yaml_node *value)
{
    reader->spec->descriptor = value;
    return check_text(reader, value, "descriptor",
        "the name of a file made by protoc --include_imports "
        "--descriptor_set_out");
}

static int
take_imports(struct reader *reader, const struct yaml_node *value)
{
    reader->spec->imports = value;
    return check_list(reader, value, "imports", "[../proto]");
}

static int
take_message(struct reader *reader, const struct yaml_node *value)
{
    reader->spec->message = value;
    return check_text(reader, value, "message",
        "a message's full name, such as shop.Order");
}

static int
take_raw_column(struct reader *reader, const struct yaml_node *value)
{
    reader->spec->raw_column = value;
    return check_text(reader, value, "column", "a column's name");
}

static int
take_flags(struct reader *reader, const struct yaml_node *value)
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
refuse_foreign(struct reader *reader, const struct yaml_node *record)
{
    static const char *const of_protobuf[] = {"proto", "descriptor", "imports",
        "message"};
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
            "a raw value has no fields; it is one column's bytes: column: "
            "NAME");
    if (reader->spec->raw_column && reader->spec->format != VALUE_RAW)
        return yaml_refuse(reader->file, reader->spec->raw_column, reader->err,
            "column is for format: raw; say under fields which column is "
            "which field");
    return 0;
}

static int
check_record(struct reader *reader, const struct yaml_node *record)
{
    const struct mapping_spec *spec = reader->spec;

    if (refuse_foreign(reader, record))
        return -1;
    if (spec->format == VALUE_RAW && !spec->raw_column)
        return yaml_refuse(reader->file, record, reader->err,
            "a raw value needs the column that it is: column: NAME");
    if (spec->format != VALUE_RAW && !spec->fields)
        return yaml_refuse(reader->file, record, reader->err,
            "record needs fields: which column is which field");
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

static int
take_record(struct reader *reader, const struct yaml_node *value)
{
    static const struct section_key keys[] = {
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
    if (read_section(reader, value, "record", keys,
            sizeof(keys) / sizeof(keys[0])))
        return -1;
    return check_record(reader, value);
}

/* -------------------------------------------------------- key and route --- */

static int
take_key(struct reader *reader, const struct yaml_node *value)
{
    reader->spec->key = value;
    return check_text(reader, value, "key",
        "text with columns in braces, such as \"user:{id}\"");
}

static int
take_route_hash(struct reader *reader, const struct yaml_node *value)
{
    static const char *const words[] = {"key"};

    return spec_word(reader->file, value, "hash", words, 1, reader->err) < 0
               ? -1
               : 0;
}

static int
take_route_column(struct reader *reader, const struct yaml_node *value)
{
    reader->spec->route_column = value;
    return check_text(reader, value, "column", "a column's name");
}

static int
take_route(struct reader *reader, const struct yaml_node *value)
{
    static const struct section_key keys[] = {
        {"column", take_route_column}, {"hash", take_route_hash}};

    if (value->kind != YAML_IS_MAP || value->n != 1)
        return yaml_refuse(reader->file, value, reader->err,
            "route is {column: NAME}, whose values are the names of servers, "
            "or {hash: key}");
    return read_section(reader, value, "route", keys, 2);
}

/* ------------------------------------------------------------- the file --- */

static int
read_root(struct reader *reader, const struct yaml_node *root)
{
    static const struct section_key keys[] = {
        {"input", take_input},
        {"record", take_record},
        {"key", take_key},
        {"route", take_route},
        {"servers", NULL}, /* the job's, which has read them */
        {"load", NULL},
    };
    static const char *const wanted[][2] = {
        {"record", "what is stored: proto, message, fields"},
        {"key", "the key of each line, such as key: \"user:{id}\""},
        {"route",
            "the shard of each line: {column: NAME}, or {hash: key}"},
    };

    if (read_section(reader, root, "a mapping", keys,
            sizeof(keys) / sizeof(keys[0])))
        return -1;
    for (size_t i = 0; i < 3; i++)
        if (!yaml_find(root, wanted[i][0]))
            return yaml_refuse(reader->file, root, reader->err,
                "a mapping needs \"%s\": %s", wanted[i][0], wanted[i][1]);
    return 0;
}

int
mapping_read(const struct yaml_file *file, struct mapping_spec *spec,
    struct err *err)
{
    struct reader reader = {file, spec, err};
    const struct yaml_node *root = yaml_root(file);

    *spec = (struct mapping_spec){.file = file};
    if (!root) {
        err_set(err, ERR_USAGE,
            "%s: nothing is in it; a mapping holds input, record, key and "
            "route",
            yaml_name(file));
        return -1;
    }
    if (read_root(&reader, root)) {
        mapping_spec_release(spec);
        return -1;
    }
    if (!spec->lines.delimiter)
        spec->lines.delimiter = spec->lines.has_quotes ? ',' : '\t';
    return 0;
}

void
mapping_spec_release(struct mapping_spec *spec)
{
    free(spec->fields);
    *spec = (struct mapping_spec){0};
}

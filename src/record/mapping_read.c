#include "record/mapping_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---------------------------------------------------------------- input --- */

static int
take_input_format(struct spec_reader *reader, const struct yaml_node *value)
{
    static const char *const words[] = {"tsv", "csv"};
    int found = spec_word(reader->file, value, "format", words, 2, reader->err);

    reader->spec->lines.has_quotes = found == 1;
    return found < 0 ? -1 : 0;
}

static int
take_delimiter(struct spec_reader *reader, const struct yaml_node *value)
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
            "delimiter cannot be a quote or a line end");
    reader->spec->lines.delimiter = byte;
    return 0;
}

static int
take_columns(struct spec_reader *reader, const struct yaml_node *value)
{
    if (spec_list(reader, value, "columns", "[id, name, price]"))
        return -1;
    for (size_t i = 0; i < value->n; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(value->items[i]->text, value->items[j]->text) == 0 &&
                strcmp(value->items[i]->text, "_") != 0)
                return yaml_refuse(reader->file, value->items[i], reader->err,
                    "column \"%.60s\" is listed twice; columns that are not "
                    "used may all be called _",
                    value->items[i]->text);
    reader->spec->columns = value;
    return 0;
}

static int
take_header(struct spec_reader *reader, const struct yaml_node *value)
{
    return spec_bool(reader, value, "header", &reader->spec->has_header);
}

static int
take_skip_header(struct spec_reader *reader, const struct yaml_node *value)
{
    return spec_bool(reader, value, "skip_header", &reader->spec->skips_first);
}

static int
take_input(struct spec_reader *reader, const struct yaml_node *value)
{
    static const struct spec_key keys[] = {
        {"format", take_input_format},
        {"delimiter", take_delimiter},
        {"columns", take_columns},
        {"header", take_header},
        {"skip_header", take_skip_header},
    };
    struct mapping_spec *spec = reader->spec;

    spec->input = value;
    if (spec_section(reader, value, "input", keys,
            sizeof(keys) / sizeof(keys[0])))
        return -1;
    if (spec->columns && spec->has_header)
        return yaml_refuse(reader->file, yaml_find(value, "header"),
            reader->err,
            "header: true takes the names from each file's first line, but "
            "columns gives them, too; leave out one, or say skip_header: true "
            "instead of header");
    if (spec->skips_first && spec->has_header)
        return yaml_refuse(reader->file, yaml_find(value, "skip_header"),
            reader->err,
            "header: true reads the first line as names already; leave out "
            "skip_header");
    return 0;
}

/* -------------------------------------------------------- key and route --- */

static int
take_key(struct spec_reader *reader, const struct yaml_node *value)
{
    reader->spec->key = value;
    return spec_text(reader, value, "key",
        "text with columns in braces, such as \"user:{id}\"");
}

static int
take_route_hash(struct spec_reader *reader, const struct yaml_node *value)
{
    static const char *const words[] = {"key"};

    return spec_word(reader->file, value, "hash", words, 1, reader->err) < 0
               ? -1
               : 0;
}

static int
take_route_column(struct spec_reader *reader, const struct yaml_node *value)
{
    reader->spec->route_column = value;
    return spec_text(reader, value, "column", "a column's name");
}

static int
take_route(struct spec_reader *reader, const struct yaml_node *value)
{
    static const struct spec_key keys[] = {
        {"column", take_route_column}, {"hash", take_route_hash}};

    if (value->kind != YAML_IS_MAP || value->n != 1)
        return yaml_refuse(reader->file, value, reader->err,
            "route is {column: NAME}, whose values are the names of servers, "
            "or {hash: key}");
    return spec_section(reader, value, "route", keys, 2);
}

/* ------------------------------------------------------------- the file --- */

static int
read_root(struct spec_reader *reader, const struct yaml_node *root)
{
    static const struct spec_key keys[] = {
        {"input", take_input},
        {"record", spec_take_record},
        {"key", take_key},
        {"route", take_route},
        {"servers", NULL}, /* the job's, which has read them */
        {"load", NULL},
    };
    static const char *const wanted[][2] = {
        {"record", "what is stored: proto, message, fields"},
        {"key", "the key of each line, such as key: \"user:{id}\""},
        {"route", "the shard of each line: {column: NAME}, or {hash: key}"},
    };

    if (spec_section(reader, root, "a mapping", keys,
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
    struct spec_reader reader = {file, spec, err};
    const struct yaml_node *root = yaml_root(file);

    *spec = (struct mapping_spec){.file = file};
    if (!root) {
        err_set(err, ERR_USAGE,
            "%s: it is empty; a mapping holds input, record, key and route",
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

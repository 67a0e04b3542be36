/*
 * Opens a mapping: its file read, its message found, all of it compiled.
 */
#include <stdlib.h>
#include <string.h>

#include "base/builtin.h"
#include "base/file_read.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "base/text.h"
#include "record/compile.h"
#include "record/mapping_spec.h"
#include "record/plan.h"
#include "schema/protoc.h"

/* --------------------------------------------------------------- schema --- */

/* A file beside the mapping's; absolute names stay. The caller frees it. */
static char *
beside(const struct mapping *mapping, const char *name)
{
    const char *slash = strrchr(mapping->name, '/');

    if (*name == '/' || !slash)
        return mem_text(name);
    return mem_format("%.*s/%s", (int)(slash - mapping->name), mapping->name,
        name);
}

/* "FILE:LINE:COLUMN: " in front of it. */
static void
wrap_place(const struct mapping_spec *spec, const struct yaml_node *node,
    struct err *err)
{
    char *place = yaml_place(spec->file, node);

    err_wrap(err, "%s", place);
    free(place);
}

static int
read_descriptor(const struct mapping_spec *spec, const struct mapping *mapping,
    struct text *out, struct err *err)
{
    char *path = beside(mapping, spec->descriptor->text);
    struct err why;
    int status = file_read(path, "descriptor", SCHEMA_MAX_BYTES, out, &why);

    if (status)
        yaml_refuse(spec->file, spec->descriptor, err,
            "%s; protoc --include_imports --descriptor_set_out=FILE.pb "
            "FILE.proto makes one",
            why.text);
    free(path);
    return status;
}

static int
run_protoc(const struct mapping_spec *spec, const struct mapping *mapping,
    struct text *out, struct err *err)
{
    size_t n = spec->imports ? spec->imports->n : 0;
    char **imports = mem_zero(n, sizeof(*imports));
    char *path = beside(mapping, spec->proto->text);
    int status;

    for (size_t i = 0; i < n; i++)
        imports[i] = beside(mapping, spec->imports->items[i]->text);
    status = protoc_run(path, (const char *const *)imports, n, out, err);
    if (status)
        wrap_place(spec, spec->proto, err);
    for (size_t i = 0; i < n; i++)
        free(imports[i]);
    free(imports);
    free(path);
    return status;
}

static int
open_schema(const struct mapping_choice *choice,
    const struct mapping_spec *spec, struct mapping *mapping, struct err *err)
{
    const struct yaml_node *node =
        spec->descriptor ? spec->descriptor : spec->proto;
    struct text bytes = {0};
    int status;

    if (!choice->path) {
        mapping->schema = schema_new(builtin_descriptor,
            builtin_descriptor_bytes, "built-in descriptor", err);
        return mapping->schema ? 0 : -1;
    }
    status = spec->descriptor ? read_descriptor(spec, mapping, &bytes, err)
                              : run_protoc(spec, mapping, &bytes, err);
    if (status == 0) {
        mapping->schema = schema_new(bytes.data ? bytes.data : "",
            bytes.n_bytes, node->text, err);
        if (!mapping->schema)
            wrap_place(spec, node, err);
    }
    text_release(&bytes);
    return mapping->schema ? 0 : -1;
}

/* The last part of a full name. */
static const char *
short_name(const char *full_name)
{
    const char *point = strrchr(full_name, '.');

    return point ? point + 1 : full_name;
}

static int
refuse_message(const struct mapping_spec *spec, const struct mapping *mapping,
    struct err *err)
{
    const char *name = spec->message ? spec->message->text : "";
    size_t n = schema_n_messages(mapping->schema);
    struct suggestion near = {.word = name, strlen(name)};
    struct text list = {0};
    const char *full, *best = NULL;

    for (size_t i = 0; i < n; i++) {
        full = schema_message_at(mapping->schema, i)->full_name;
        if (strcmp(short_name(full), name) == 0)
            best = full;
        suggestion_offer(&near, full);
        if (list.n_bytes < 150)
            text_format(&list, "%s%s", i ? ", " : "", full);
    }
    if (!best)
        best = near.best;
    if (!spec->message)
        yaml_refuse(spec->file, spec->record, err,
            "record needs message: NAME; there are %s", list.data);
    else if (best)
        yaml_refuse(spec->file, spec->message, err,
            "there is no message \"%.100s\"; did you mean \"%s\"?", name, best);
    else
        yaml_refuse(spec->file, spec->message, err,
            "there is no message \"%.100s\"; there %s %s", name,
            n == 1 ? "is" : "are", list.data ? list.data : "none");
    text_release(&list);
    return -1;
}

static int
find_message(const struct mapping_choice *choice,
    const struct mapping_spec *spec, struct mapping *mapping, struct err *err)
{
    if (spec->format == VALUE_RAW)
        return 0;
    if (spec->format == VALUE_JSON) {
        mapping->message = compile_json(spec, mapping, err);
        return mapping->message ? 0 : -1;
    }
    if (open_schema(choice, spec, mapping, err))
        return -1;
    if (spec->message)
        mapping->message =
            schema_find_message(mapping->schema, spec->message->text);
    return mapping->message ? 0 : refuse_message(spec, mapping, err);
}

/* ----------------------------------------------------------------- open --- */

static int
open_mapping(const struct mapping_choice *choice, struct mapping *mapping,
    struct err *err)
{
    struct mapping_spec spec;
    int status;

    if (!choice->file)
        mapping->own_file =
            choice->path ? yaml_read(choice->path, "mapping", err)
                         : yaml_parse("built-in mapping", builtin_mapping,
                               builtin_mapping_bytes, err);
    mapping->file = choice->file ? choice->file : mapping->own_file;
    if (!mapping->file || mapping_read(mapping->file, &spec, err))
        return -1;
    status = find_message(choice, &spec, mapping, err) ||
             compile(choice, &spec, mapping, err);
    mapping_spec_release(&spec);
    return status ? -1 : 0;
}

struct mapping *
mapping_open(const struct mapping_choice *choice, struct err *err)
{
    struct mapping *mapping = mem_zero(1, sizeof(*mapping));

    mapping->name = mem_text(choice->path ? choice->path : "built-in");
    if (open_mapping(choice, mapping, err) == 0)
        return mapping;
    mapping_free(mapping);
    return NULL;
}

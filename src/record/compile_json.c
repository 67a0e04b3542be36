#include <stdlib.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

#include "base/mem.h"
#include "record/compile.h"

/* An object while its members are gathered. */
struct node {
    struct span name;
    const struct field_spec *spec; /* of a value; NULL: an object */
    struct node **members;
    size_t n;
};

static void
node_free(struct node *node)
{
    for (size_t i = 0; i < node->n; i++)
        node_free(node->members[i]);
    free(node->members);
    free(node);
}

static struct node *
find_member(const struct node *node, struct span name)
{
    for (size_t i = 0; i < node->n; i++)
        if (node->members[i]->name.n_bytes == name.n_bytes &&
            memcmp(node->members[i]->name.at, name.at, name.n_bytes) == 0)
            return node->members[i];
    return NULL;
}

static struct node *
add_member(struct node *node, struct span name)
{
    struct node *member = mem_zero(1, sizeof(*member));

    member->name = name;
    node->members =
        mem_grow(node->members, node->n + 1, sizeof(*node->members));
    node->members[node->n++] = member;
    return member;
}

/* The path's value, in objects that are there or come to be. */
static int
add_path(struct node *root, const struct mapping_spec *spec,
    const struct field_spec *field, struct err *err)
{
    const char *at = field->path->text;
    struct node *node = root, *next;
    struct span name;

    for (size_t depth = 1;; depth++) {
        name = (struct span){at, strcspn(at, ".")};
        at += name.n_bytes;
        if (name.n_bytes == 0)
            return yaml_refuse(spec->file, field->path, err,
                "\"%s\" is not a field: a name is missing before or after a "
                "dot",
                field->path->text);
        if (depth > FIELD_MAX_DEPTH)
            return yaml_refuse(spec->file, field->path, err,
                "a field can be nested in at most %d objects", FIELD_MAX_DEPTH);
        next = find_member(node, name);
        if (next && (!*at || next->spec))
            return yaml_refuse(spec->file, field->path, err,
                "\"%.*s\" is both a value and an object; give one of them "
                "another name",
                (int)(name.at + name.n_bytes - field->path->text),
                field->path->text);
        node = next ? next : add_member(node, name);
        if (!*at++)
            break;
    }
    node->spec = field;
    return 0;
}

static int
read_type(const struct mapping_spec *spec, const struct field_spec *field,
    enum scalar_type *out, struct err *err)
{
    static const char *const words[] = {
        "string", "int", "uint", "double", "bool"};
    static const enum scalar_type types[] = {
        SCALAR_STRING, SCALAR_INT64, SCALAR_UINT64, SCALAR_DOUBLE, SCALAR_BOOL};
    int found = 0;

    if (field->given[FIELD_TYPE])
        found = spec_word(spec->file, field->given[FIELD_TYPE], "type", words,
            5, err);
    if (found < 0)
        return -1;
    *out = types[found];
    return 0;
}

static size_t
place(size_t *struct_bytes, size_t n_bytes)
{
    size_t at = (*struct_bytes + 7) / 8 * 8;

    *struct_bytes = at + n_bytes;
    return at;
}

/* The node's message, whose struct begins as every message's does. */
static const struct schema_message *
make_message(struct mapping *mapping, const struct mapping_spec *spec,
    const struct node *node, struct err *err)
{
    struct schema_message *message = mapping_keep(mapping, 1, sizeof(*message));
    struct schema_field *fields =
        mapping_keep(mapping, node->n, sizeof(*fields));

    message->full_name = "the object";
    message->fields = fields;
    message->n_fields = node->n;
    message->struct_bytes = sizeof(ProtobufCMessage);
    for (size_t i = 0; i < node->n; i++) {
        const struct node *member = node->members[i];
        struct schema_field *field = &fields[i];

        field->name =
            mapping_keep_text(mapping, member->name.at, member->name.n_bytes);
        field->number = (uint32_t)i + 1;
        field->has_presence = true;
        field->type = SCALAR_MESSAGE;
        if (!member->spec)
            field->message = make_message(mapping, spec, member, err);
        if (member->spec ? read_type(spec, member->spec, &field->type, err)
                         : !field->message)
            return NULL;
        field->is_repeated =
            member->spec && member->spec->given[FIELD_SPLIT] != NULL;
        field->offset = place(&message->struct_bytes,
            field->is_repeated ? sizeof(void *) : scalar_bytes(field->type));
        field->quantifier_offset =
            place(&message->struct_bytes, sizeof(size_t));
    }
    return message;
}

const struct schema_message *
compile_json(const struct mapping_spec *spec, struct mapping *mapping,
    struct err *err)
{
    struct node *root = mem_zero(1, sizeof(*root));
    const struct schema_message *message = NULL;
    size_t i = 0;

    while (i < spec->n_fields &&
           add_path(root, spec, &spec->fields[i], err) == 0)
        i++;
    if (i == spec->n_fields)
        message = make_message(mapping, spec, root, err);
    node_free(root);
    return message;
}

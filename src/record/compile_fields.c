#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "base/text.h"
#include "record/compile.h"

/* ------------------------------------------------------- which field --- */

static void
list_fields(struct text *out, const struct schema_message *message)
{
    enum { SHOWN = 12 };

    for (size_t i = 0; i < message->n_fields && i < SHOWN; i++)
        text_format(out, "%s%s", i ? ", " : "", message->fields[i].name);
    if (message->n_fields > SHOWN)
        text_format(out, " and %zu more", message->n_fields - SHOWN);
    if (message->n_fields == 0)
        text_format(out, "no fields");
}

static int
refuse_unknown(struct compiler *compiler, const struct yaml_node *path,
    const struct schema_message *message, struct span name)
{
    struct suggestion near = {.word = name.at, name.n_bytes};
    struct text fields = {0};

    for (size_t i = 0; i < message->n_fields; i++)
        suggestion_offer(&near, message->fields[i].name);
    list_fields(&fields, message);
    if (near.best)
        yaml_refuse(compiler->spec->file, path, compiler->err,
            "message %s has no field \"%.*s\"; did you mean \"%s\"?",
            message->full_name, (int)name.n_bytes, name.at, near.best);
    else
        yaml_refuse(compiler->spec->file, path, compiler->err,
            "message %s has no field \"%.*s\"; it has %s", message->full_name,
            (int)name.n_bytes, name.at, fields.data);
    text_release(&fields);
    return -1;
}

/* The struct of a message, after all others. */
static size_t
add_message(struct compiler *compiler, size_t parent,
    const struct schema_field *field, const struct schema_message *type)
{
    struct plan *plan = compiler->plan;
    struct plan_message *message;

    plan->messages =
        mem_grow(plan->messages, plan->n_messages + 1, sizeof(*plan->messages));
    message = &plan->messages[plan->n_messages];
    *message = (struct plan_message){.type = type,
        .field = field,
        .parent = parent,
        .offset = (plan->scratch_bytes + 15) / 16 * 16,
        .is_required = field && field->is_required};
    if (field) {
        message->pointer_offset = plan->messages[parent].offset + field->offset;
        plan->fixed_bytes += compile_message_bytes(plan->format, field);
    }
    plan->scratch_bytes = message->offset + type->struct_bytes;
    return plan->n_messages++;
}

static size_t
enter_message(struct compiler *compiler, size_t parent,
    const struct schema_field *field)
{
    struct plan *plan = compiler->plan;

    for (size_t i = 1; i < plan->n_messages; i++)
        if (plan->messages[i].parent == parent &&
            plan->messages[i].field == field)
            return i;
    return add_message(compiler, parent, field, field->message);
}

/* What cannot be the last part of a path. */
static int
check_value(struct compiler *compiler, const struct yaml_node *path,
    const struct schema_field *field)
{
    char *type = schema_type_text(field);
    int status = 0;

    if (field->is_map && field->message->fields[1].type == SCALAR_MESSAGE)
        status = yaml_refuse(compiler->spec->file, path, compiler->err,
            "\"%s\" is %s %s: maps of messages cannot be filled from a line; "
            "leave it out",
            path->text, compile_article(type), type);
    else if (field->type == SCALAR_MESSAGE && field->is_repeated &&
             !field->is_map)
        status = yaml_refuse(compiler->spec->file, path, compiler->err,
            "\"%s\" is %s %s: lists of messages cannot be filled from a line; "
            "leave it out",
            path->text, compile_article(type), type);
    else if (field->type == SCALAR_MESSAGE && !field->is_map)
        status = yaml_refuse(compiler->spec->file, path, compiler->err,
            "\"%s\" is %s %s: say which columns its fields are, such as %s.%s: "
            "COLUMN",
            path->text, compile_article(type), type, path->text,
            field->message->n_fields ? field->message->fields[0].name
                                     : "FIELD");
    free(type);
    return status;
}

/* What can have no further part. */
static int
check_message(struct compiler *compiler, const struct yaml_node *path,
    const struct schema_field *field, const char *end)
{
    int n_bytes = (int)(end - path->text);
    char *type;

    if (field->type == SCALAR_MESSAGE && !field->is_repeated)
        return 0;
    type = schema_type_text(field);
    yaml_refuse(compiler->spec->file, path, compiler->err,
        field->type == SCALAR_MESSAGE && field->is_repeated && !field->is_map
            ? "\"%.*s\" is %s %s: fields inside a list of messages cannot be "
              "filled from a line"
            : "\"%.*s\" is %s %s: it has no fields",
        n_bytes, path->text, compile_article(type), type);
    free(type);
    return -1;
}

/* The field at the end of the path, and the message it is in. */
static int
find_field(struct compiler *compiler, const struct yaml_node *path,
    size_t *message, const struct schema_field **field)
{
    const struct plan *plan = compiler->plan;
    const char *at = path->text;
    struct span name;

    *message = 0;
    for (size_t depth = 1;; depth++) {
        name = (struct span){at, strcspn(at, ".")};
        at += name.n_bytes;
        if (name.n_bytes == 0)
            return yaml_refuse(compiler->spec->file, path, compiler->err,
                "\"%s\" is not a field: a name is missing before or after a "
                "dot",
                path->text);
        *field = schema_find_field(plan->messages[*message].type, name.at,
            name.n_bytes);
        if (!*field)
            return refuse_unknown(compiler, path, plan->messages[*message].type,
                name);
        if ((*field)->is_group)
            return yaml_refuse(compiler->spec->file, path, compiler->err,
                "\"%s\" is a group, an outdated kind of field that this "
                "program cannot write; leave it out",
                path->text);
        if (!*at)
            return check_value(compiler, path, *field);
        if (check_message(compiler, path, *field, at))
            return -1;
        if (depth == FIELD_MAX_DEPTH)
            return yaml_refuse(compiler->spec->file, path, compiler->err,
                "a field can be nested in at most %d messages",
                FIELD_MAX_DEPTH);
        *message = enter_message(compiler, *message, *field);
        at++;
    }
}

/* ------------------------------------------------------------- oneofs --- */

static size_t
find_oneof(struct compiler *compiler, size_t message, const char *name)
{
    struct plan *plan = compiler->plan;

    for (size_t i = 0; i < plan->n_oneofs; i++)
        if (compiler->oneofs[i].message == message &&
            strcmp(compiler->oneofs[i].name, name) == 0)
            return i;
    compiler->oneofs = mem_grow(compiler->oneofs, plan->n_oneofs + 1,
        sizeof(*compiler->oneofs));
    compiler->oneofs[plan->n_oneofs] =
        (struct compiled_oneof){.message = message, .name = name};
    return plan->n_oneofs++;
}

/* Those that the field and the messages around it are members of. */
static void
set_oneofs(struct compiler *compiler, struct op *op,
    const struct schema_field *field)
{
    const struct plan_message *message;
    size_t at = op->message, depth = 1;

    for (size_t i = at; i > 0; i = compiler->plan->messages[i].parent)
        depth++;
    op->oneofs = mapping_keep(compiler->mapping, depth, sizeof(*op->oneofs));
    for (;;) {
        if (field->oneof)
            op->oneofs[op->n_oneofs++] = (struct oneof_part){
                find_oneof(compiler, at, field->oneof), field->number};
        if (at == 0)
            break;
        message = &compiler->plan->messages[at];
        field = message->field;
        at = message->parent;
    }
}

/* A constant sets its member in every line. */
static int
note_constant(struct compiler *compiler, const struct op *op,
    const struct schema_field *field)
{
    struct compiled_oneof *oneof;

    if (!field->oneof)
        return 0;
    oneof = &compiler->oneofs[op->oneofs[0].oneof];
    if (oneof->constant_member && oneof->constant_member != field->number)
        return yaml_refuse(compiler->spec->file, op->mark, compiler->err,
            "two constants are members of oneof %s, of which only one can be "
            "set",
            oneof->name);
    oneof->constant_member = field->number;
    return 0;
}

/* --------------------------------------------------------------- ops --- */

static struct op *
add_op(struct op **ops, size_t *n)
{
    *ops = mem_grow(*ops, *n + 1, sizeof(**ops));
    (*ops)[*n] = (struct op){0};
    return &(*ops)[(*n)++];
}

static void
place_op(struct compiler *compiler, struct op *op, size_t message,
    const struct schema_field *field)
{
    size_t offset = compiler->plan->messages[message].offset;

    op->message = message;
    op->offset = offset + field->offset;
    op->quantifier_offset = offset + field->quantifier_offset;
    op->is_presence = message != 0 && !op->constant.at;
    set_oneofs(compiler, op, field);
    /* the two fastest note no presence */
    if (op->is_presence || op->n_oneofs)
        op->shape = op->shape == OP_DOUBLE   ? OP_SINGLE
                    : op->shape == OP_UINT32 ? OP_LIST
                                             : op->shape;
}

static int
add_field(struct compiler *compiler, const struct field_spec *spec)
{
    struct plan *plan = compiler->plan;
    const struct yaml_node *column = spec->given[FIELD_COLUMN];
    const struct yaml_node *constant = spec->given[FIELD_CONSTANT];
    const struct schema_field *field = NULL;
    size_t message, around;
    struct op *op;

    if (find_field(compiler, spec->path, &message, &field))
        return -1;
    op = column ? add_op(&plan->ops, &plan->n_ops)
                : add_op(&plan->constants, &plan->n_constants);
    op->mark = column ? column : constant;
    op->column_name = column ? column->text : spec->path->text;
    if (column && compile_column(compiler, column, column->text,
                      strlen(column->text), &op->column))
        return -1;
    if (constant)
        op->constant = (struct span){constant->text, strlen(constant->text)};
    if (compile_reading(compiler, spec, field, op))
        return -1;
    place_op(compiler, op, message, field);
    compile_sizes(plan->format, field, op, &around);
    plan->fixed_bytes += around;
    return constant ? note_constant(compiler, op, field) : 0;
}

/* ------------------------------------------------------ what is missing --- */

static bool
is_filled(const struct plan *plan, size_t message,
    const struct schema_field *field)
{
    size_t at = plan->messages[message].offset + field->offset;

    for (size_t i = 0; i < plan->n_ops; i++)
        if (plan->ops[i].offset == at)
            return true;
    for (size_t i = 0; i < plan->n_constants; i++)
        if (plan->constants[i].offset == at)
            return true;
    for (size_t i = 1; i < plan->n_messages; i++)
        if (plan->messages[i].pointer_offset == at)
            return true;
    return false;
}

static int
check_required(struct compiler *compiler)
{
    const struct plan *plan = compiler->plan;
    const struct schema_message *type;

    for (size_t i = 0; i < plan->n_messages; i++) {
        type = plan->messages[i].type;
        for (size_t j = 0; j < type->n_fields; j++)
            if (type->fields[j].is_required &&
                !is_filled(plan, i, &type->fields[j]))
                return yaml_refuse(compiler->spec->file,
                    yaml_find(compiler->spec->record, "fields"), compiler->err,
                    "message %s requires the field \"%s\"; say which column "
                    "it is, or give it a constant",
                    type->full_name, type->fields[j].name);
    }
    return 0;
}

/* Messages that hold nothing but constants are always there. */
static void
find_always_there(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_messages; i++)
        plan->messages[i].is_always_there = true;
    for (size_t i = 0; i < plan->n_ops; i++)
        plan->messages[plan->ops[i].message].is_always_there = false;
    for (size_t i = plan->n_messages; i-- > 1;)
        if (!plan->messages[i].is_always_there)
            plan->messages[plan->messages[i].parent].is_always_there = false;
    plan->messages[0].is_always_there = true;
}

int
compile_fields(struct compiler *compiler)
{
    const struct mapping_spec *spec = compiler->spec;

    add_message(compiler, 0, NULL, compiler->mapping->message);
    for (size_t i = 0; i < spec->n_fields; i++)
        if (add_field(compiler, &spec->fields[i]))
            return -1;
    find_always_there(compiler->plan);
    return check_required(compiler);
}

#include "record/compile.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "record/json_value.h"
#include "record/record.h"
#include "record/scratch.h"

/* ------------------------------------------------------------------ key --- */

static int
refuse_key(struct compiler *compiler, const char *why)
{
    return yaml_refuse(compiler->spec->file, compiler->spec->key, compiler->err,
        "key \"%.80s\": %s", compiler->spec->key->text, why);
}

static void
add_part(struct plan *plan, struct span text)
{
    plan->key = mem_grow(plan->key, plan->n_key + 1, sizeof(*plan->key));
    plan->key[plan->n_key++] = text;
    plan->key_text_bytes += text.n_bytes;
}

/* Literal text up to the next column; {{ and }} are braces. */
static int
take_literal(struct compiler *compiler, const char **at)
{
    struct text text = {0};

    while (**at && (**at != '{' || (*at)[1] == '{')) {
        if (**at == '}' && (*at)[1] != '}') {
            text_release(&text);
            return refuse_key(compiler,
                "a } closes nothing; write }} for a brace");
        }
        if ((unsigned char)**at <= ' ' || **at == 0x7f) {
            text_release(&text);
            return refuse_key(compiler, "a key cannot contain blanks or "
                                        "control characters; leave them out");
        }
        text_add(&text, *at, 1);
        *at += **at == '{' || **at == '}' ? 2 : 1;
    }
    if (text.n_bytes >= KEY_MAX_BYTES) {
        text_release(&text);
        return refuse_key(compiler, "a key has at most 250 bytes");
    }
    if (text.n_bytes)
        add_part(compiler->plan,
            (struct span){
                mapping_keep_text(compiler->mapping, text.data, text.n_bytes),
                text.n_bytes});
    text_release(&text);
    return 0;
}

static int
take_column(struct compiler *compiler, const char **at)
{
    struct plan *plan = compiler->plan;
    const char *name = *at + 1;
    size_t n_bytes = strcspn(name, "{}"), column = 0;

    if (name[n_bytes] != '}')
        return refuse_key(compiler,
            "a { is not closed; a column is {NAME}, and {{ is a brace");
    if (n_bytes == 0)
        return refuse_key(compiler, "{} does not name a column");
    if (compile_column(compiler, compiler->spec->key, name, n_bytes, &column))
        return -1;
    add_part(plan, (struct span){0});
    plan->key_columns = mem_grow(plan->key_columns, plan->n_key_columns + 1,
        sizeof(*plan->key_columns));
    plan->key_columns[plan->n_key_columns++] = column;
    *at = name + n_bytes + 1;
    return 0;
}

static int
compile_key(struct compiler *compiler)
{
    const char *at = compiler->spec->key->text;
    bool has_column = false;

    compiler->plan->key_text = at;
    while (*at) {
        if (take_literal(compiler, &at))
            return -1;
        if (!*at)
            break;
        if (take_column(compiler, &at))
            return -1;
        has_column = true;
    }
    if (!has_column)
        return refuse_key(compiler, "it contains no column, so all lines would "
                                    "have the same key; write {NAME}");
    return 0;
}

/* ------------------------------------------------------------- together --- */

/* In the order of their reasons; those of one in the order of the file. */
static void
sort_ops(struct plan *plan)
{
    struct op op;
    size_t j;

    for (size_t i = 1; i < plan->n_ops; i++) {
        op = plan->ops[i];
        for (j = i; j > 0 && plan->ops[j - 1].reason > op.reason; j--)
            plan->ops[j] = plan->ops[j - 1];
        plan->ops[j] = op;
    }
    while (plan->n_single < plan->n_ops &&
           !op_is_list(&plan->ops[plan->n_single]))
        plan->n_single++;
}

/* Each is read once, here, so that it cannot fail later. */
static int
check_constants(struct compiler *compiler)
{
    struct plan *plan = compiler->plan;
    size_t n = plan->n_constants;
    struct record_warnings warnings = {0};
    struct parse_state state = {.warnings = &warnings, .strict = true};
    struct op_store store = {0};
    const struct op *bad = NULL;
    const char *word;

    plan->n_constants = 0; /* a record without them */
    state.record = record_new(compiler->mapping, NULL);
    state.record->pack_room = 0;
    for (size_t i = 0; i < n && !bad; i++)
        if (!fill_op(&state, &plan->constants[i], &store,
                plan->constants[i].constant))
            bad = &plan->constants[i];
    plan->fixed_bytes += state.record->pack_room;
    record_free(state.record);
    plan->n_constants = n;
    free(store.items);
    free(store.entries);
    free(store.bytes);
    if (!bad)
        return 0;
    word = scalar_type_word(bad->value.type);
    return yaml_refuse(compiler->spec->file, bad->mark, compiler->err,
        "constant: \"%.60s\" is not a valid value for \"%s\", %s %s",
        bad->constant.at, bad->column_name,
        op_is_list(bad) ? "a list of" : compile_article(word), word);
}

static void
fix_oneofs(struct compiler *compiler)
{
    struct plan *plan = compiler->plan;

    plan->oneof_start =
        mapping_keep(compiler->mapping, plan->n_oneofs, sizeof(size_t));
    for (size_t i = 0; i < plan->n_oneofs; i++)
        plan->oneof_start[i] = compiler->oneofs[i].constant_member;
}

/*
 * What a line's item takes at most, by its bytes: the text of a column as
 * often as there are fields made of it; of lists, each item takes as many
 * bytes as it has at least, with what is between it and the next one.
 */
static void
set_room(struct plan *plan)
{
    size_t *factors = mem_zero(plan->columns.n_needed, sizeof(*factors));
    size_t lines = KEY_MAX_BYTES + plan->fixed_bytes, most = 1;
    bool may_be_empty;

    if (plan->format == VALUE_RAW)
        factors[plan->raw_column] = 1;
    for (size_t i = 0; i < plan->n_ops; i++) {
        const struct op *op = &plan->ops[i];
        size_t *factor = &factors[op->column];

        *factor += op->text_factor;
        if (op->on_empty == EMPTY_DEFAULT && op->text_factor)
            lines += op->default_value.bytes.n_bytes * op->text_factor;
        lines += op->item_bytes;
        if (!op->split.n_bytes)
            continue;
        may_be_empty =
            op->shape == OP_LIST &&
            (op->value.type == SCALAR_STRING || op->value.type == SCALAR_BYTES);
        *factor += may_be_empty ? op->item_bytes : (op->item_bytes + 1) / 2;
    }
    for (size_t i = 0; i < plan->columns.n_needed; i++)
        if (factors[i] > most)
            most = factors[i];
    free(factors);
    plan->room = (struct mapping_room){lines, most};
}

static int
compile_value(struct compiler *compiler)
{
    const struct yaml_node *raw = compiler->spec->raw_column;

    if (compiler->plan->format == VALUE_RAW)
        return compile_column(compiler, raw, raw->text, strlen(raw->text),
            &compiler->plan->raw_column);
    if (compile_fields(compiler))
        return -1;
    fix_oneofs(compiler);
    sort_ops(compiler->plan);
    return check_constants(compiler);
}

static int
compile_all(struct compiler *compiler)
{
    const struct mapping_spec *spec = compiler->spec;
    struct plan *plan = compiler->plan;

    plan->format = spec->format;
    plan->flags = spec->flags;
    plan->routes_by_hash = !spec->route_column;
    if (compile_columns(compiler) || compile_key(compiler))
        return -1;
    if (spec->route_column &&
        compile_column(compiler, spec->route_column, spec->route_column->text,
            strlen(spec->route_column->text), &plan->route_column))
        return -1;
    if (compile_value(compiler))
        return -1;
    set_room(plan);
    return 0;
}

int
compile(const struct mapping_choice *choice, const struct mapping_spec *spec,
    struct mapping *mapping, struct err *err)
{
    struct compiler compiler = {
        .choice = choice,
        .spec = spec,
        .mapping = mapping,
        .plan = &mapping->plan,
        .err = err,
    };
    int status = compile_all(&compiler);

    free(compiler.oneofs);
    return status;
}

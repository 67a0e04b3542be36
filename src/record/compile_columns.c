/*
 * Which columns there are, and which of them a mapping needs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "base/text.h"
#include "record/compile.h"

static int
refuse_column(struct compiler *compiler, const struct yaml_node *node,
    struct span name)
{
    const struct column_spec *columns = &compiler->plan->columns;
    struct suggestion near = {.word = name.at, name.n_bytes};
    struct text list = {0};
    const char *whose =
        compiler->choice->n_columns ? "--columns" : "input.columns";

    for (size_t i = 0; i < columns->n_names; i++) {
        suggestion_offer(&near, columns->names[i]);
        if (strcmp(columns->names[i], "_") != 0 && list.n_bytes < 150)
            text_format(&list, "%s%s", list.n_bytes ? ", " : "",
                columns->names[i]);
    }
    if (near.best)
        yaml_refuse(compiler->spec->file, node, compiler->err,
            "%s has no column \"%.*s\"; did you mean \"%s\"?", whose,
            (int)name.n_bytes, name.at, near.best);
    else
        yaml_refuse(compiler->spec->file, node, compiler->err,
            "%s has no column \"%.*s\"; it has %s", whose, (int)name.n_bytes,
            name.at, list.data ? list.data : "none with a name");
    text_release(&list);
    return -1;
}

static bool
is_name(const char *text, struct span name)
{
    return strlen(text) == name.n_bytes &&
           memcmp(text, name.at, name.n_bytes) == 0;
}

/* "field "fare" (trips.yml:9)": what names a column there. */
static char *
use_of(struct compiler *compiler, const struct yaml_node *node)
{
    const struct mapping_spec *spec = compiler->spec;
    const char *path = compiler->mapping->name;
    const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *word = node == spec->key            ? "the key"
                       : node == spec->route_column ? "the route"
                                                    : "the record";
    char *made, *use;

    made = mem_format("%s (%s:%zu)", word, file, node->line);
    for (size_t i = 0; i < spec->n_fields; i++) {
        if (spec->fields[i].given[FIELD_COLUMN] != node)
            continue;
        free(made);
        made = mem_format("field \"%s\" (%s:%zu)", spec->fields[i].path->text,
            file, node->line);
        break;
    }
    use = mapping_keep_text(compiler->mapping, made, strlen(made));
    free(made);
    return use;
}

int
compile_column(struct compiler *compiler, const struct yaml_node *node,
    const char *name, size_t n_bytes, size_t *out)
{
    struct column_spec *columns = &compiler->plan->columns;
    struct span span = {name, n_bytes};
    bool is_there = columns->names == NULL;

    for (size_t i = 0; i < columns->n_names && !is_there; i++)
        is_there = is_name(columns->names[i], span);
    if (is_name("_", span))
        return yaml_refuse(compiler->spec->file, node, compiler->err,
            "_ is not the name of a column; give it a name where the columns "
            "are listed");
    if (!is_there)
        return refuse_column(compiler, node, span);
    for (*out = 0; compiler->needed && *out < columns->n_needed; ++*out)
        if (is_name(compiler->needed[*out], span))
            return 0;
    compiler->needed = mem_grow(compiler->needed, columns->n_needed + 1,
        sizeof(*compiler->needed));
    compiler->uses = mem_grow(compiler->uses, columns->n_needed + 1,
        sizeof(*compiler->uses));
    compiler->uses[columns->n_needed] = use_of(compiler, node);
    compiler->needed[columns->n_needed++] =
        mapping_keep_text(compiler->mapping, name, n_bytes);
    columns->needed = compiler->needed;
    columns->uses = compiler->uses;
    return 0;
}

static const char **
copy_names(struct compiler *compiler, size_t n)
{
    return mapping_keep(compiler->mapping, n, sizeof(const char *));
}

int
compile_columns(struct compiler *compiler)
{
    const struct mapping_choice *choice = compiler->choice;
    const struct mapping_spec *spec = compiler->spec;
    struct column_spec *columns = &compiler->plan->columns;
    const char **names = NULL;

    columns->format = spec->lines;
    columns->skips_first = spec->skips_first || choice->skip_header;
    if (choice->n_columns) {
        names = copy_names(compiler, choice->n_columns);
        for (size_t i = 0; i < choice->n_columns; i++)
            names[i] = mapping_keep_text(compiler->mapping, choice->columns[i],
                strlen(choice->columns[i]));
        columns->n_names = choice->n_columns;
        columns->skips_first |= spec->has_header;
    } else if (spec->columns) {
        names = copy_names(compiler, spec->columns->n);
        for (size_t i = 0; i < spec->columns->n; i++)
            names[i] = spec->columns->items[i]->text;
        columns->n_names = spec->columns->n;
    } else if (!spec->has_header) {
        return yaml_refuse(spec->file,
            spec->input ? spec->input : yaml_root(spec->file), compiler->err,
            "the columns are not given: write input: {columns: [...]}, or "
            "input: {header: true} when the first line of each file names "
            "them");
    } else {
        columns->skips_first = false; /* it is read */
    }
    columns->names = names;
    return 0;
}

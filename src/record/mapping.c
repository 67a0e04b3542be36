#include "record/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/compile.h"
#include "record/plan.h"

void *
mapping_keep(struct mapping *mapping, size_t n, size_t each_bytes)
{
    void *memory = mem_zero(n, each_bytes);

    mapping->kept =
        mem_grow(mapping->kept, mapping->n_kept + 1, sizeof(*mapping->kept));
    mapping->kept[mapping->n_kept++] = memory;
    return memory;
}

char *
mapping_keep_text(struct mapping *mapping, const char *text, size_t n_bytes)
{
    char *kept = mapping_keep(mapping, n_bytes + 1, 1);

    memcpy(kept, text, n_bytes);
    return kept;
}

static void
release_ops(struct op *ops, size_t n)
{
    for (size_t i = 0; i < n; i++)
        time_format_free((struct time_format *)(uintptr_t)ops[i].value.time);
    free(ops);
}

void
mapping_free(struct mapping *mapping)
{
    if (!mapping)
        return;
    release_ops(mapping->plan.ops, mapping->plan.n_ops);
    release_ops(mapping->plan.constants, mapping->plan.n_constants);
    free((void *)(uintptr_t)mapping->plan.columns.needed);
    free((void *)(uintptr_t)mapping->plan.columns.uses);
    free(mapping->plan.messages);
    free(mapping->plan.key);
    free(mapping->plan.key_columns);
    for (size_t i = 0; i < mapping->n_kept; i++)
        free(mapping->kept[i]);
    free(mapping->kept);
    schema_free(mapping->schema);
    yaml_close(mapping->own_file);
    free(mapping->name);
    free(mapping);
}

/* -------------------------------------------------------------- looking --- */

const char *
mapping_name(const struct mapping *mapping)
{
    return mapping->name;
}

const struct line_format *
mapping_line_format(const struct mapping *mapping)
{
    return &mapping->plan.columns.format;
}

bool
mapping_has_header(const struct mapping *mapping)
{
    return !mapping->plan.columns.names || mapping->plan.columns.skips_first;
}

uint32_t
mapping_flags(const struct mapping *mapping)
{
    return mapping->plan.flags;
}

bool
mapping_routes_by_hash(const struct mapping *mapping)
{
    return mapping->plan.routes_by_hash;
}

struct mapping_room
mapping_room(const struct mapping *mapping)
{
    return mapping->plan.room;
}

const struct column_spec *
mapping_columns(const struct mapping *mapping)
{
    return &mapping->plan.columns;
}

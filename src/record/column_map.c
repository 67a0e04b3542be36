#include "record/column_map.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "base/text.h"

/* What a message shows of a first line. */
enum { NAME_COLUMNS = 40, NAMES_COLUMNS = 90 };

struct column_map {
    const struct column_spec *spec;
    bool wants_line;
    size_t n; /* the file's columns */
    size_t *at;
    char **own; /* names, when they are from the file; n_own of them */
    size_t n_own;
};

/* Where the only column of this name is; how often it is there. */
static size_t
find(const char *const *names, size_t n, const char *name, size_t *at)
{
    size_t found = 0;

    for (size_t i = n; i-- > 0;) {
        if (strcmp(names[i], name) != 0)
            continue;
        *at = i;
        found++;
    }
    return found;
}

struct column_map *
column_map_new(const struct column_spec *spec)
{
    struct column_map *map = mem_zero(1, sizeof(*map));

    map->spec = spec;
    map->wants_line = !spec->names || spec->skips_first;
    map->at = mem_zero(spec->n_needed, sizeof(*map->at));
    map->n = spec->n_names;
    for (size_t i = 0; spec->names && i < spec->n_needed; i++)
        must(find(spec->names, spec->n_names, spec->needed[i], &map->at[i]));
    return map;
}

void
column_map_free(struct column_map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->n_own; i++)
        free(map->own[i]);
    free(map->own);
    free(map->at);
    free(map);
}

bool
column_map_wants_line(const struct column_map *map)
{
    return map->wants_line;
}

/* ------------------------------------------------------ the first line --- */

static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Blanks around a name are not part of it. */
static char *
name_of(struct span span)
{
    while (span.n_bytes && is_blank(span.at[0])) {
        span.at++;
        span.n_bytes--;
    }
    while (span.n_bytes && is_blank(span.at[span.n_bytes - 1]))
        span.n_bytes--;
    return mem_format("%.*s", (int)span.n_bytes, span.at);
}

static int
take_names(struct column_map *map, const char *line, size_t n_bytes,
    struct err *err)
{
    struct splitter *splitter = splitter_new(&map->spec->format);
    struct span *spans;
    const char *why;

    map->n = split_line(splitter, line, n_bytes, NULL, 0, &why);
    if (map->n && memchr(line, '\0', n_bytes)) {
        map->n = 0;
        why = "NUL byte";
    }
    if (map->n == 0) {
        err_set(err, ERR_USAGE, "the first line, which names the columns: %s",
            why);
        splitter_free(splitter);
        return -1;
    }
    spans = mem_new(map->n * sizeof(*spans));
    map->own = mem_zero(map->n, sizeof(*map->own));
    map->n_own = split_line(splitter, line, n_bytes, spans, map->n, &why);
    for (size_t i = 0; i < map->n_own; i++)
        map->own[i] = name_of(spans[i]);
    free(spans);
    splitter_free(splitter);
    return 0;
}

/* "lat", "lon", ... as many as there is room for. */
static void
add_names(const struct column_map *map, struct text *out)
{
    for (size_t i = 0; i < map->n_own; i++) {
        if (out->n_bytes > NAMES_COLUMNS) {
            text_format(out, ", ... (%zu)", map->n_own);
            return;
        }
        text_format(out, "%s\"", i ? ", " : "");
        columns_add(out, map->own[i], NAME_COLUMNS);
        text_format(out, "\"");
    }
}

/* Two spellings of one name? "Order ID" and "order_id" are. */
static bool
is_alike(const char *a, const char *b)
{
    static const char idle[] = " \t_-";

    for (;; a++, b++) {
        a += strspn(a, idle);
        b += strspn(b, idle);
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
    }
}

/* What may be meant: another delimiter, or a column of a like name. */
static void
add_advice(const struct column_map *map, const char *name, struct text *out)
{
    const char *other = map->n_own == 1 ? strpbrk(map->own[0], ",;|\t") : NULL;
    struct suggestion near = {.word = name, .n_bytes = strlen(name)};

    if (other && *other == '\t') {
        text_format(out, "; is delimiter: \"\\t\" meant?");
        return;
    }
    if (other) {
        text_format(out, "; is delimiter: \"%c\" meant?", *other);
        return;
    }
    for (size_t i = 0; i < map->n_own; i++)
        suggestion_offer(&near, map->own[i]);
    for (size_t i = map->n_own; i-- > 0;)
        if (*map->own[i] && is_alike(name, map->own[i]))
            near.best = map->own[i];
    if (!near.best)
        return;
    text_format(out, "; did you mean \"");
    columns_add(out, near.best, NAME_COLUMNS);
    text_format(out, "\"?");
}

static int
no_column(const struct column_map *map, size_t needed, struct err *err)
{
    const char *name = map->spec->needed[needed];
    struct text text = {0};

    add_names(map, &text);
    if (map->spec->uses)
        text_format(&text, "; %.110s needs it", map->spec->uses[needed]);
    add_advice(map, name, &text);
    err_set(err, ERR_USAGE,
        "the first line has no column \"%.100s\"; it names %s", name,
        text.data);
    text_release(&text);
    return -1;
}

int
column_map_read(struct column_map *map, const char *line, size_t n_bytes,
    struct err *err)
{
    const struct column_spec *spec = map->spec;
    const char *const *names;
    size_t n;

    must(map->wants_line);
    map->wants_line = false;
    if (spec->names)
        return 0;
    if (take_names(map, line, n_bytes, err))
        return -1;
    names = (const char *const *)map->own;
    for (size_t i = 0; i < spec->n_needed; i++) {
        n = find(names, map->n, spec->needed[i], &map->at[i]);
        if (n == 0)
            return no_column(map, i, err);
        if (n > 1) {
            err_set(err, ERR_USAGE,
                "column \"%.100s\" is in the first line %zu times, so it is "
                "not clear which one is meant",
                spec->needed[i], n);
            return -1;
        }
    }
    return 0;
}

/* -------------------------------------------------------------- looking --- */

size_t
column_map_n(const struct column_map *map)
{
    return map->n;
}

size_t
column_map_at(const struct column_map *map, size_t i)
{
    must(i < map->spec->n_needed);
    return map->at[i];
}

const char *
column_map_name(const struct column_map *map, size_t i)
{
    if (i >= map->n)
        return "";
    if (!map->spec->names)
        return map->own[i];
    return strcmp(map->spec->names[i], "_") == 0 ? "" : map->spec->names[i];
}

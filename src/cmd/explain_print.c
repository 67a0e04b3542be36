#include "cmd/explain_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/units.h"
#include "infer/key.h"
#include "memc/item.h"

/* The widest that the column of names is, and the width of what is wanted. */
enum { MOST_NAME_COLUMNS = 32, INDENT = 2, MOST_WANTS_COLUMNS = 100 };

/* A row of what a line becomes: an arrow, a title and a text. */
#define ROW_FORMAT "  %-2s %-6s "
enum { ROW_COLUMNS = 12, MOST_ROWS = 20 };

/* Of the item in memcached: its key and value, and what memcached adds
 * (docs/contract.md 1). */
static size_t
whole_bytes(const struct explained *explained, uint32_t flags)
{
    return explained->key.n_bytes + explained->value_bytes +
           (size_t)ITEM_OVERHEAD_BYTES + (flags ? ITEM_FLAGS_BYTES : 0);
}

/* ------------------------------------------------------------ the lines --- */

/* In the room that is left after `used` columns. */
static void
add_span(struct text *out, struct span span, size_t room, size_t used)
{
    char *text = mem_format("%.*s", (int)span.n_bytes, span.at);

    columns_add(out, text, used + 10 < room ? room - used : 10);
    free(text);
}

static void
add_spaces(struct text *out, size_t n)
{
    while (n-- > 0)
        text_add(out, " ", 1);
}

static size_t
shown_name_columns(const char *name)
{
    size_t n = columns_of(name);

    return n < MOST_NAME_COLUMNS ? n : MOST_NAME_COLUMNS;
}

/* "column 7", where it has no name. */
static char *
name_of(const struct explained *explained, size_t i)
{
    const char *name = i < column_map_n(explained->map)
                           ? column_map_name(explained->map, i)
                           : "";

    return *name && strcmp(name, "_") != 0 ? mem_text(name)
                                           : mem_format("column %zu", i + 1);
}

static bool
is_culprit(const struct explained *explained, const char *name)
{
    return explained->culprit && strcmp(explained->culprit, name) == 0;
}

/* "12,50  <- here: no double": if it is too long, the text of the line is cut.
 */
static void
add_culprit(struct text *out, const struct explained *explained,
    struct span column, size_t room, size_t used)
{
    static const char mark[] = "<- here: ";
    struct text wants = {0};
    size_t n;

    n = columns_add(&wants, explained->wants.data, MOST_WANTS_COLUMNS);
    if (column.n_bytes > 0)
        add_span(out, column, room, used + 2 + sizeof(mark) - 1 + n);
    else
        text_format(out, "(empty)");
    text_format(out, "  %s%s", mark, wants.data);
    text_release(&wants);
}

/* "  fare_amount  12.50" */
static void
add_columns(struct text *out, const struct explained *explained, size_t room)
{
    size_t width = 0;
    char *name;

    for (size_t i = 0; i < explained->n_columns; i++) {
        name = name_of(explained, i);
        if (shown_name_columns(name) > width)
            width = shown_name_columns(name);
        free(name);
    }
    for (size_t i = 0; i < explained->n_columns; i++) {
        size_t shown;

        name = name_of(explained, i);
        add_spaces(out, INDENT);
        shown = columns_add(out, name, MOST_NAME_COLUMNS);
        if (explained->columns[i].n_bytes > 0 || is_culprit(explained, name))
            add_spaces(out, width - shown + 2);
        if (is_culprit(explained, name))
            add_culprit(out, explained, explained->columns[i], room,
                INDENT + width + 2);
        else
            add_span(out, explained->columns[i], room, INDENT + width + 2);
        text_format(out, "\n");
        free(name);
    }
}

static void
add_row(struct text *out, const char *title, const char *text, size_t room)
{
    text_format(out, ROW_FORMAT, "->", title);
    columns_add(out, text, room - ROW_COLUMNS);
    text_format(out, "\n");
}

/*
 * The same, for a text that should not be cut: broken at blanks, but not after
 * the name of a field, over MOST_ROWS lines at most.
 */
static void
add_wrapped(struct text *out, const char *title, const char *text, size_t room)
{
    struct text shown = {0};
    const char *at;
    size_t n;

    columns_add(&shown, text, (room - ROW_COLUMNS) * MOST_ROWS);
    for (at = shown.data; strlen(at) > room - ROW_COLUMNS; at += n) {
        for (n = room - ROW_COLUMNS;
             n > 0 && (at[n] != ' ' || at[n - 1] == ':'); n--)
            continue;
        if (n == 0)
            break;
        text_format(out, ROW_FORMAT "%.*s\n", at == shown.data ? "->" : "",
            at == shown.data ? title : "", (int)n, at);
        n++; /* its blank */
    }
    text_format(out, ROW_FORMAT, at == shown.data ? "->" : "",
        at == shown.data ? title : "");
    columns_add(out, at, room - ROW_COLUMNS);
    text_format(out, "\n");
    text_release(&shown);
}

/* -------------------------------------------------------- what becomes ---- */

static void
add_result(struct text *out, const struct settings *settings,
    const struct explained *explained, size_t room)
{
    struct text line = {0};
    char a[UNITS_TEXT_BYTES], b[UNITS_TEXT_BYTES];

    if (explained->key.n_bytes > 0)
        add_row(out, "key", explained->key.data, room);
    if (explained->shard) {
        text_format(&line, "%s at %s", explained->shard,
            explained->server->address->text);
        add_row(out, "shard", line.data, room);
    }
    if (explained->value) {
        text_clear(&line);
        text_add(&line, "", 0);
        if (record_print(settings->input.mapping, &line, explained->value,
                explained->value_bytes))
            die("a packed value does not unpack");
        add_wrapped(out, "value", line.n_bytes ? line.data : "(nothing in it)",
            room);
        text_clear(&line);
        text_format(&line, "%s: key %zu, value %s",
            units_of(explained->key.n_bytes + explained->value_bytes, "byte",
                a),
            explained->key.n_bytes, units_count(explained->value_bytes, b));
        add_row(out, "size", line.data, room);
    }
    text_release(&line);
}

/* The names of the shards, where none has the name in the line. */
static void
add_no_shard(struct text *out, const struct settings *settings,
    const struct explained *explained, size_t room)
{
    struct text line = {0};

    text_format(&line, "none is named \"%.*s\"; there %s",
        (int)explained->route.n_bytes, explained->route.at,
        settings->servers.n_shards == 1 ? "is" : "are");
    for (size_t i = 0; i < settings->servers.n_shards; i++)
        text_format(&line, "%s %s", i ? "," : "",
            settings->servers.shards[i].name);
    add_row(out, "shard", line.data, room);
    text_release(&line);
}

static void
add_notes(struct text *out, const struct settings *settings,
    const struct explained *explained, size_t room)
{
    const struct record_warnings *warnings = &explained->warnings;
    char *text;

    if (explained->reason == REASON_UNKNOWN_TYPE)
        add_no_shard(out, settings, explained, room);
    if (!explained->value)
        return;
    if (warnings->is_out_of_range)
        add_row(out, "note", "a number is outside its range (out_of_range)",
            room);
    if (warnings->skipped_items > 0) {
        text = mem_format("%u bad item%s left out of a list (skipped_app)",
            (unsigned)warnings->skipped_items,
            warnings->skipped_items == 1 ? "" : "s");
        add_row(out, "note", text, room);
        free(text);
    }
    if (whole_bytes(explained, settings->input.flags) > ITEM_SIZE_MAX_DEFAULT)
        add_row(out, "note",
            "too_large for a memcached that was not given a larger -I", room);
}

/* "line 7: rejected as bad_number: lat" */
static void
add_title(struct text *out, const struct explained *explained)
{
    char n[UNITS_TEXT_BYTES];

    text_format(out, "line %s: ", units_count(explained->line, n));
    if (explained->is_blank)
        text_format(out, "blank, left out");
    else if (explained->reason == REASON_NONE)
        text_format(out, "would be stored");
    else
        text_format(out, "rejected as %s%s%s", reason_word(explained->reason),
            *explained->detail ? ": " : "", explained->detail);
    text_format(out, "\n");
}

void
explain_print(struct text *out, const struct settings *settings,
    const struct explained *explained, size_t room)
{
    add_title(out, explained);
    if (explained->is_blank)
        return;
    if (explained->n_columns > 0) {
        add_columns(out, explained, room);
    } else {
        add_spaces(out, INDENT);
        add_span(out, explained->text, room, INDENT);
        text_format(out, "\n");
    }
    add_result(out, settings, explained, room);
    add_notes(out, settings, explained, room);
}

/* The same key at another server is another key. */
static uint64_t
hash_key(const struct explained *explained)
{
    return hash_bytes(explained->key.data, explained->key.n_bytes) ^
           hash_bytes(&explained->server, sizeof(explained->server));
}

void
explain_count(struct explain_counts *counts, const struct explained *explained)
{
    counts->lines++;
    counts->blank += explained->is_blank;
    counts->rejected += explained->reason != REASON_NONE;
    if (explained->is_blank || explained->reason != REASON_NONE)
        return;
    if (counts->n_keys == counts->room) {
        counts->room = counts->room ? 2 * counts->room : 16;
        counts->keys =
            mem_grow(counts->keys, counts->room, sizeof(*counts->keys));
    }
    counts->keys[counts->n_keys++] = hash_key(explained);
}

void
explain_counts_release(struct explain_counts *counts)
{
    free(counts->keys);
    *counts = (struct explain_counts){0};
}

void
explain_total(struct text *out, const struct explain_counts *counts)
{
    char a[UNITS_TEXT_BYTES], b[UNITS_TEXT_BYTES], c[UNITS_TEXT_BYTES];
    uint64_t stored = counts->lines - counts->blank - counts->rejected;
    size_t n_lost;

    if (counts->lines == 0) {
        text_format(out, "It has no lines.\n");
        return;
    }
    text_format(out, "\n%s: %s would be stored, %s rejected",
        units_of(counts->lines, "line", a), units_count(stored, b),
        units_count(counts->rejected, c));
    if (counts->blank > 0)
        text_format(out, ", %s blank", units_count(counts->blank, a));
    text_format(out, ".\n");
    n_lost = counts->n_keys - count_different(counts->keys, counts->n_keys);
    if (n_lost > 0)
        text_format(out,
            "%s of them would overwrite others of the same key: give a key "
            "that differs.\n",
            units_count(n_lost, a));
}

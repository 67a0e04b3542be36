#include "infer/emit.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/columns.h"
#include "base/mem.h"
#include "base/units.h"
#include "infer/texts.h"
#include "value/number.h"

/* Where a memcached listens by default. */
#define ADDRESS "127.0.0.1:11211"

/* What a comment shows of names. */
enum { SHOWN_COLUMNS = 56, COMMENT_BYTES = 78 };

/* A command to paste is not cut. */
enum { COMMAND_COLUMNS = 4096 };

/* ----------------------------------------------------------------- YAML --- */

/* Does it mean itself in YAML, without quotes? */
static bool
is_plain(const char *word)
{
    static const char *const others[] = {
        "true", "false", "yes", "no", "on", "off", "y", "n", "null"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcasecmp(word, others[i]) == 0)
            return false;
    if (!is_letter(*word))
        return false;
    for (; *word; word++)
        if (!is_letter(*word) && number_digit(*word) > 9 &&
            !strchr("_-.", *word))
            return false;
    return true;
}

static void
add_quoted(struct text *out, const char *word)
{
    text_format(out, "\"");
    for (; *word; word++) {
        if (*word == '"' || *word == '\\')
            text_format(out, "\\%c", *word);
        else if (*word == '\t')
            text_format(out, "\\t");
        else
            text_add(out, word, 1);
    }
    text_format(out, "\"");
}

static void
add_word(struct text *out, const char *word)
{
    if (is_plain(word))
        text_format(out, "%s", word);
    else
        add_quoted(out, word);
}

static void
add_byte(struct text *out, char byte)
{
    add_quoted(out, (char[]){byte, '\0'});
}

/* --------------------------------------------------------------- fields --- */

/* An empty text is the same whether it is stored or left out. */
static bool
skips_empty(const struct guess_column *column)
{
    const struct kind *kind = &column->kind;

    if (kind->is_list)
        return false; /* no items, and no need to say so */
    if (column->is_in_key)
        return false; /* an empty one rejects its line */
    return kind->of == KIND_TEXT || kind->of == KIND_BYTES ||
           column->facts.n_empty > 0;
}

static bool
is_optional(const struct guess_column *column)
{
    return skips_empty(column) && column->kind.of != KIND_TEXT &&
           column->kind.of != KIND_BYTES;
}

void
emit_type(struct text *out, const struct guess_column *column)
{
    text_format(out, "%s%s",
        column->kind.is_list  ? "repeated "
        : is_optional(column) ? "optional "
                              : "",
        column->kind.type);
}

static void
add_options(struct text *out, const struct guess_column *column)
{
    const struct kind *kind = &column->kind;

    if (kind->is_list) {
        text_format(out, ", split: ");
        add_byte(out, kind->split);
    }
    if (kind->trims)
        text_format(out, ", trim: true");
    if (kind->is_list && kind->n_misfits > 0)
        text_format(out, ", bad_item: skip");
    if (kind->of == KIND_TIME) {
        text_format(out, ", time: \"%s\"", times_format(kind->format));
        if (strcmp(times_unit(kind->format), "s") != 0)
            text_format(out, ", unit: %s", times_unit(kind->format));
    }
    if (skips_empty(column))
        text_format(out, ", empty: skip");
}

/* Over several lines, broken at blanks. */
static void
add_comment(struct text *out, int indent, const char *text)
{
    size_t most = COMMENT_BYTES - (size_t)indent, n;

    for (; strlen(text) > most; text += n + 1) {
        for (n = most; n > 0 && text[n] != ' '; n--)
            continue;
        if (n == 0)
            break;
        text_format(out, "%*s# %.*s\n", indent, "", (int)n, text);
    }
    text_format(out, "%*s# %s\n", indent, "", text);
}

static void
add_field(struct text *out, const struct guess *guess, size_t i)
{
    const struct guess_column *column = &guess->columns[i];
    struct text description = {0}, options = {0};

    describe_column(&description, guess, i);
    add_comment(out, 4, description.data);
    text_release(&description);
    text_format(out, "    ");
    add_word(out, column->field);
    text_format(out, ": ");
    add_options(&options, column);
    if (options.n_bytes > 0)
        text_format(out, "{column: ");
    add_word(out, column->name);
    if (options.n_bytes > 0)
        text_format(out, "%s}", options.data);
    text_format(out, "\n");
    text_release(&options);
}

/* ------------------------------------------------------------- sections --- */

static void
add_lines(struct text *out, size_t n, size_t of)
{
    char a[UNITS_TEXT_BYTES], b[UNITS_TEXT_BYTES];

    text_format(out, "%s of %s lines", units_count(n, a), units_count(of, b));
}

static void
add_title(struct text *out, const struct guess *guess,
    const struct emit_names *names)
{
    struct text head = {0};
    char n[UNITS_TEXT_BYTES];

    text_format(&head, "What the columns of ");
    columns_add(&head, names->data, SHOWN_COLUMNS);
    text_format(&head,
        " mean, for memc_load: a guess from its first %s. Read it, correct "
        "it, and see what would be stored:",
        units_of(guess->dialect.n_rows, "line", n));
    add_comment(out, 0, head.data);
    text_release(&head);
    text_format(out, "#   memc_load explain --mapping ");
    columns_add(out, names->mapping, COMMAND_COLUMNS);
    text_format(out, " ");
    columns_add(out, names->data, COMMAND_COLUMNS);
    text_format(out,
        "\n# Everything that can be written here: man memc_load-mapping.\n");
}

static void
add_columns(struct text *out, const struct guess *guess)
{
    size_t width = 0, n;

    text_format(out, "  columns: [");
    for (size_t i = 0; i < guess->n_columns; i++) {
        n = strlen(guess->columns[i].name) + 4;
        width += n;
        if (i > 0)
            text_format(out, ",%s", width > 66 ? "\n    " : " ");
        if (width > 66)
            width = n;
        add_word(out, guess->columns[i].name);
    }
    text_format(out, "]\n");
}

static void
add_input(struct text *out, const struct guess *guess)
{
    const struct dialect *dialect = &guess->dialect;
    bool is_csv = dialect->format.has_quotes;
    char delimiter = dialect->format.delimiter;

    text_format(out, "\ninput:\n");
    text_format(out, "  # %zu columns in ", guess->n_columns);
    add_lines(out, dialect->n_fitting, dialect->n_rows);
    text_format(out, "\n  format: %s # %s\n", is_csv ? "csv" : "tsv",
        is_csv ? "columns may be in quotes" : "quotes are text");
    if (delimiter != (is_csv ? ',' : '\t')) {
        text_format(out, "  delimiter: ");
        add_byte(out, delimiter);
        text_format(out, "\n");
    }
    text_format(out, "  # %s%s\n", guess->header_why,
        guess->header_is_sure ? "" : ": a guess");
    if (guess->header == HEADER_NAMES) {
        text_format(out, "  header: true # the first line of each file names "
                         "the columns\n");
        return;
    }
    if (guess->header == HEADER_SKIPPED)
        text_format(out,
            "  skip_header: true # the first line is not a record\n");
    text_format(out, "  # names for them, from the left; \"_\" is a column "
                     "that is not used\n");
    add_columns(out, guess);
}

static void
add_record(struct text *out, const struct guess *guess,
    const struct emit_names *names)
{
    text_format(out, "\nrecord:\n  # the message that each line becomes, in ");
    columns_add(out, names->proto, SHOWN_COLUMNS);
    text_format(out, " beside this file\n  proto: ");
    add_word(out, names->proto);
    text_format(out, "\n  message: %s\n", names->message);
    text_format(out,
        "  # field of the message: its column, or {column: its column, and "
        "how to read\n"
        "  # it}. \"empty: skip\" leaves the field out where the column is "
        "empty; without\n"
        "  # it an empty number, time or bool rejects the line. What nobody "
        "needs can be\n  # deleted, here and in the .proto.\n  fields:\n");
    for (size_t i = 0; i < guess->n_columns; i++)
        add_field(out, guess, i);
}

void
emit_key(struct text *out, const struct guess *guess)
{
    for (size_t i = 0; i < guess->key.n; i++)
        text_format(out, "%s{%s}", i > 0 ? ":" : "",
            guess->columns[guess->key.columns[i]].name);
}

void
emit_no_key(struct text *out, const struct guess *guess)
{
    const struct facts *first = NULL, *facts;
    char n[UNITS_TEXT_BYTES], line[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < guess->key.n; i++) {
        facts = &guess->columns[guess->key.columns[i]].facts;
        if (facts->no_key_line > 0 &&
            (!first || facts->no_key_line < first->no_key_line))
            first = facts;
    }
    if (!first)
        return;
    units_count(first->no_key_line, line);
    if (guess->key.n_unfit > 1)
        text_format(out, "%s have no such key, line %s the first: they",
            units_of(guess->key.n_unfit, "line", n), line);
    else
        text_format(out, "line %s", line);
    text_format(out, " would be rejected (%s)",
        first->is_no_key_empty ? "empty_key" : "bad_key");
}

void
emit_lost(struct text *out, const struct guess *guess)
{
    if (guess->key.n_lost == 0)
        return;
    add_lines(out, guess->key.n_lost, guess->n_lines);
    text_format(out, " would overwrite others: give a key that differs");
}

static void
add_key(struct text *out, const struct guess *guess)
{
    struct text key = {0}, lost = {0};

    text_format(out, "\n# The key of an item in memcached: columns in braces, "
                     "and any other text (as\n# in \"trip:{id}\"). A guess: it "
                     "differs in ");
    add_lines(out, guess->key.n_different, guess->n_lines);
    text_format(out,
        guess->key.n_lost == 0
            ? ".\n"
            : ";\n# of lines with the same key the last one stays.\n");
    emit_no_key(&lost, guess);
    if (lost.n_bytes > 0)
        add_comment(out, 0, lost.data);
    text_clear(&lost);
    emit_lost(&lost, guess);
    if (lost.n_bytes > 0)
        add_comment(out, 0, lost.data);
    text_release(&lost);
    emit_key(&key, guess);
    must(key.data); /* guess_make() finds one, or fails */
    text_format(out, "key: ");
    add_quoted(out, key.data);
    text_format(out, "\n");
    text_release(&key);
}

void
emit_mapping(struct text *out, const struct guess *guess,
    const struct emit_names *names)
{
    add_title(out, guess, names);
    add_input(out, guess);
    add_record(out, guess, names);
    add_key(out, guess);
    text_format(out,
        "\n# A hash of the key picks the server of a line. With more of them, "
        "as "
        "in\n# [\"" ADDRESS "\", \"10.0.0.2:11211\"], they share the keys.\n"
        "route: {hash: key}\n"
        "servers:\n"
        "  cache: \"" ADDRESS "\"\n");
}

void
emit_proto(struct text *out, const struct guess *guess,
    const struct emit_names *names)
{
    text_format(out, "// What a line of ");
    columns_add(out, names->data, SHOWN_COLUMNS);
    text_format(out, " is stored as; ");
    columns_add(out, names->mapping, SHOWN_COLUMNS);
    text_format(out,
        " says which\n// column each field is made of. Readers need this file: "
        "keep the numbers once\n// data is stored, rename as you like.\n"
        "syntax = \"proto3\";\n\nmessage %s {\n",
        names->message);
    for (size_t i = 0; i < guess->n_columns; i++) {
        const struct guess_column *column = &guess->columns[i];

        text_format(out, "  ");
        emit_type(out, column);
        text_format(out, " %s = %zu;", column->field, i + 1);
        if (column->kind.of == KIND_TIME)
            text_format(out, " // %s since 1970, UTC",
                strcmp(times_unit(column->kind.format), "us") == 0
                    ? "microseconds"
                    : "seconds");
        else if (is_optional(column))
            text_format(out, " // not there where the column is empty");
        text_format(out, "\n");
    }
    text_format(out, "}\n");
}

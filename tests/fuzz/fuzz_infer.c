/*
 * What `init` makes of a text: a guess of any text is one or an error, the
 * mapping made of it is YAML with all of its sections, and lines are cut as
 * the line reader of a load cuts them.
 *
 * Head: the most bytes of a line, whether the text is all of a file. Rest:
 * text.
 */
// LDFLAGS: -Wl,--wrap=source_read
// FUZZ: -max_len=2048
#include "base/yaml.h"
#include "fuzz/fuzz.h"
#include "infer/emit.h"
#include "infer/guess.h"
#include "infer/rows.h"
#include "source/lines.h"

enum { MOST_LINES = 200, BLOCK_LINES = 7 };

/* --- the source: all at once ---------------------------------------------- */
struct script {
    const char *text;
    size_t n;
};

enum source_state __wrap_source_read(struct source *source, char *buffer,
    size_t room, size_t *n_bytes, struct err *err);

enum source_state
__wrap_source_read(struct source *source, char *buffer, size_t room,
    size_t *n_bytes, struct err *err)
{
    struct script *script = (struct script *)source;
    size_t n = script->n < room ? script->n : room;

    (void)err;
    *n_bytes = n;
    if (n == 0)
        return SOURCE_END;
    memcpy(buffer, script->text, n);
    script->text += n;
    script->n -= n;
    return SOURCE_MORE;
}

/* --- lines ---------------------------------------------------------------- */
static bool
is_blank(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] != ' ' && text[i] != '\t')
            return false;
    return true;
}

/* One line of a load: the rows' next one must be the same. */
static void
check_line(struct rows *rows, struct splitter *splitter,
    const struct line_block *block, size_t i)
{
    static struct span wanted[ROWS_MOST_COLUMNS];
    const struct line *line = &block->lines[i];
    const char *text = block->text + line->at, *why;
    struct table_row row;
    size_t n = 0;

    if (line->fault == LINE_WHOLE && is_blank(text, line->n_bytes))
        return;
    must(rows_next(rows, &row));
    must(row.line == line_number(block, i));
    if (line->fault == LINE_WHOLE && !memchr(text, '\0', line->n_bytes))
        n = split_line(splitter, text, line->n_bytes, wanted, ROWS_MOST_COLUMNS,
            &why);
    must(row.n_columns == n);
    for (size_t k = 0; k < n && k < ROWS_MOST_COLUMNS; k++)
        must(row.columns[k].n_bytes == wanted[k].n_bytes &&
             memcmp(row.columns[k].at, wanted[k].at, wanted[k].n_bytes) == 0);
}

static void
check_lines(const struct head *head, size_t max_line_bytes)
{
    struct line_format format = {.delimiter = ',', .has_quotes = true};
    struct script script = {head->bytes, head->n_bytes};
    struct line_reader *reader =
        line_reader_new((struct source *)&script, max_line_bytes);
    struct rows *rows = rows_new(head, &format, SIZE_MAX, max_line_bytes);
    struct splitter *splitter = splitter_new(&format);
    struct line lines[BLOCK_LINES];
    uint32_t numbers[BLOCK_LINES];
    struct line_block block = {.room_bytes = line_room(max_line_bytes),
        .lines = lines,
        .room_lines = BLOCK_LINES,
        .numbers = numbers};
    enum source_state state;
    struct table_row row;
    struct err err;

    block.text = mem_new(block.room_bytes);
    line_reader_quotes(reader, format.delimiter);
    do {
        state = line_reader_fill(reader, &block, &err);
        for (size_t i = 0; i < block.n_lines; i++)
            check_line(rows, splitter, &block, i);
    } while (state == SOURCE_MORE);
    must(!rows_next(rows, &row));
    free(block.text);
    splitter_free(splitter);
    rows_free(rows);
    line_reader_free(reader);
}

/* --- what is made of them --------------------------------------------------*/
static void
check_mapping(const struct guess *guess)
{
    static const char *const keys[] = {
        "input", "record", "key", "route", "servers"};
    struct emit_names names = {.data = "a\nb.csv",
        .mapping = "a.yml",
        .proto = "a.proto",
        .message = "A"};
    struct text mapping = {0}, proto = {0};
    struct yaml_file *file;
    struct err err;

    emit_mapping(&mapping, guess, &names);
    emit_proto(&proto, guess, &names);
    file = yaml_parse("a.yml", mapping.data, mapping.n_bytes, &err);
    if (!file)
        die("%s", err.text);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        must(yaml_find(yaml_root(file), keys[i]));
    must(yaml_find(yaml_find(yaml_root(file), "record"), "fields")->n ==
         guess->n_columns);
    must(strcmp(proto.data + proto.n_bytes - 2, "}\n") == 0);
    yaml_close(file);
    text_release(&mapping);
    text_release(&proto);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct feed feed = {data, n};
    size_t max_line_bytes = 1 + feed_byte(&feed) * 4;
    bool is_all = feed_byte(&feed) % 2 == 0;
    struct head head = {.is_all = is_all};
    struct guess guess;
    struct err err;

    if (feed.n >= 3 && memcmp(feed.at, "\xef\xbb\xbf", 3) == 0)
        return 0; /* head.c leaves it out */
    head.bytes = exact_copy(feed.at, feed.n);
    head.n_bytes = feed.n;
    if (is_all)
        check_lines(&head, max_line_bytes);
    if (guess_make(&guess, &head, MOST_LINES, max_line_bytes, &err) == 0)
        check_mapping(&guess);
    else
        must(err.code == ERR_DATA);
    guess_release(&guess);
    free(head.bytes);
    return 0;
}

/* From libyaml's events to a tree. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/file_read.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"
#include "base/yaml_tree.h"

/* Each alias looks through them. */
enum { MAX_ANCHORS = 100 };

struct anchor {
    char *name;
    const struct yaml_node *node; /* NULL until all of it is read */
};

struct yaml_reader {
    struct yaml_file *file;
    yaml_parser_t parser;
    const char *bytes;
    size_t n_bytes;
    struct anchor anchors[MAX_ANCHORS];
    size_t n_anchors;
    unsigned depth;
    struct err *err;
};

/* --- where an error is ----------------------------------------------------*/

static int refuse_at(const struct yaml_reader *reader, yaml_mark_t mark,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

static int
refuse_at(const struct yaml_reader *reader, yaml_mark_t mark,
    const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    yaml_refuse_at(reader->file, mark.line + 1, mark.column + 1, reader->err,
        format, ap);
    va_end(ap);
    return -1;
}

/* An error of libyaml's reader has an offset only. */
static yaml_mark_t
mark_at(const struct yaml_reader *reader, size_t offset)
{
    yaml_mark_t mark = {.index = offset};

    for (size_t i = 0; i < offset && i < reader->n_bytes; i++) {
        mark.column++;
        if (reader->bytes[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return mark;
}

/* libyaml counts characters, without a byte order mark. */
static char
byte_at(const struct yaml_reader *reader, yaml_mark_t mark)
{
    const char *bytes = reader->bytes;
    size_t n_bytes = reader->n_bytes, n_characters = 0;
    size_t at = n_bytes >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    for (; at < n_bytes; at++) {
        if (((unsigned char)bytes[at] & 0xc0) == 0x80)
            continue;
        if (n_characters++ == mark.index)
            return bytes[at];
    }
    return '\0';
}

/* What to do about what newcomers run into; "" where the problem says it. */
static const char *
advice(const struct yaml_reader *reader, const char *problem)
{
    if (strcmp(problem, "found character that cannot start any token") == 0)
        return byte_at(reader, reader->parser.problem_mark) == '\t'
                   ? " (a tab: indent with spaces)"
                   : " (put a text that begins like this in quotes)";
    if (strcmp(problem, "did not find expected key") == 0)
        return " (put a text with { or } in it in quotes, and begin the keys "
               "of one map in one column)";
    if (strcmp(problem, "mapping values are not allowed in this context") == 0)
        return " (put a text with \": \" in it in quotes, and indent what "
               "belongs to a key)";
    return "";
}

static int
refuse_syntax(const struct yaml_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "not YAML";

    if (parser->error == YAML_MEMORY_ERROR)
        die("out of memory");
    if (parser->error == YAML_READER_ERROR)
        return refuse_at(reader, mark_at(reader, parser->problem_offset), "%s",
            problem);
    return refuse_at(reader, parser->problem_mark, "%s%s%s%s", problem,
        parser->context ? " " : "", parser->context ? parser->context : "",
        advice(reader, problem));
}

/* --- the tree -------------------------------------------------------------*/

static struct own *
add_node(struct yaml_file *file, enum yaml_kind kind, yaml_mark_t mark)
{
    struct own *own = mem_zero(1, sizeof(*own));

    own->node.kind = kind;
    own->node.line = mark.line + 1;
    own->node.column = mark.column + 1;
    own->next = file->nodes;
    file->nodes = own;
    return own;
}

static void
add_item(struct own *own, const struct yaml_node *key,
    const struct yaml_node *item)
{
    struct yaml_node *node = &own->node;

    if (node->n == own->n_room) {
        own->n_room = own->n_room ? 2 * own->n_room : 4;
        own->items = mem_grow(own->items, own->n_room, sizeof(*own->items));
        node->items = own->items;
        if (node->kind == YAML_IS_MAP) {
            own->keys = mem_grow(own->keys, own->n_room, sizeof(*own->keys));
            node->keys = own->keys;
        }
    }
    own->items[node->n] = item;
    if (key)
        own->keys[node->n] = key;
    node->n++;
}

/* Two keys may be one node, by an alias: the index distinguishes them. */
struct key_at {
    const char *text;
    size_t index;
};

static int
compare_keys(const void *a, const void *b)
{
    const struct key_at *left = a, *right = b;
    int order = strcmp(left->text, right->text);

    if (order)
        return order;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* By sorting: a file may hold hundreds of thousands. */
static int
check_keys(const struct yaml_reader *reader, const struct yaml_node *map)
{
    struct key_at *sorted = mem_zero(map->n + 1, sizeof(*sorted));
    size_t first = 0, second = map->n;

    for (size_t i = 0; i < map->n; i++)
        sorted[i] = (struct key_at){map->keys[i]->text, i};
    qsort(sorted, map->n, sizeof(*sorted), compare_keys);
    for (size_t i = 1; i < map->n; i++) {
        if (sorted[i].index < second &&
            strcmp(sorted[i - 1].text, sorted[i].text) == 0) {
            first = sorted[i - 1].index;
            second = sorted[i].index;
        }
    }
    free(sorted);
    if (second == map->n)
        return 0;
    return yaml_refuse(reader->file, map->keys[second], reader->err,
        "\"%.100s\" is given twice (first on line %zu)",
        map->keys[second]->text, map->keys[first]->line);
}

/* --- reading it -----------------------------------------------------------*/

/* The caller deletes the event. */
static int
next(struct yaml_reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return 0;
    return refuse_syntax(reader);
}

/* Its name alone, so far. NULL with the reader's err. */
static struct anchor *
add_anchor(struct yaml_reader *reader, const yaml_char_t *name,
    yaml_mark_t mark)
{
    struct anchor *anchor = &reader->anchors[reader->n_anchors];

    if (reader->n_anchors == MAX_ANCHORS) {
        refuse_at(reader, mark, "more than %d anchors (&name)", MAX_ANCHORS);
        return NULL;
    }
    reader->n_anchors++;
    anchor->name = mem_text((const char *)name);
    return anchor;
}

static const struct yaml_node *
find_anchor(const struct yaml_reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;

    for (size_t i = reader->n_anchors; i-- > 0;) {
        const struct anchor *anchor = &reader->anchors[i];

        if (strcmp(anchor->name, name) != 0)
            continue;
        if (!anchor->node)
            refuse_at(reader, event->start_mark,
                "*%.100s is inside the value that it stands for", name);
        return anchor->node;
    }
    refuse_at(reader, event->start_mark, "*%.100s: no &%.100s before it", name,
        name);
    return NULL;
}

static const struct yaml_node *
read_text(struct yaml_reader *reader, const yaml_event_t *event, bool is_key)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t n_bytes = event->data.scalar.length;
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct own *own;

    if (strlen(text) != n_bytes) {
        refuse_at(reader, event->start_mark, "%s",
            is_key ? "a key must be a word" : "a NUL byte in the value");
        return NULL;
    }
    own = add_node(reader->file, YAML_IS_TEXT, event->start_mark);
    own->text = mem_text(text);
    own->node.text = own->text;
    own->node.is_quoted = !is_plain;
    own->node.is_nothing =
        is_plain &&
        (n_bytes == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
    return &own->node;
}

static const struct yaml_node *read_node(struct yaml_reader *reader,
    const yaml_event_t *event, bool is_key);

/* The pairs of a map, until its end. */
static int
read_pairs(struct yaml_reader *reader, struct own *map)
{
    const struct yaml_node *key = NULL;

    for (;;) {
        const struct yaml_node *node = NULL;
        yaml_event_t event;

        if (next(reader, &event))
            return -1;
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return check_keys(reader, &map->node);
        }
        node = read_node(reader, &event, !key);
        if (node && !key && node->kind != YAML_IS_TEXT) {
            refuse_at(reader, event.start_mark, "a key must be a word");
            node = NULL;
        }
        yaml_event_delete(&event);
        if (!node)
            return -1;
        if (key)
            add_item(map, key, node);
        key = key ? NULL : node;
    }
}

static int
read_items(struct yaml_reader *reader, struct own *list)
{
    for (;;) {
        const struct yaml_node *item;
        yaml_event_t event;

        if (next(reader, &event))
            return -1;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return 0;
        }
        item = read_node(reader, &event, false);
        yaml_event_delete(&event);
        if (!item)
            return -1;
        add_item(list, NULL, item);
    }
}

static const struct yaml_node *
read_collection(struct yaml_reader *reader, const yaml_event_t *event)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    struct own *own;
    int status;

    if (reader->depth == YAML_MAX_DEPTH) {
        refuse_at(reader, event->start_mark, "nested more than %d deep",
            YAML_MAX_DEPTH);
        return NULL;
    }
    own = add_node(reader->file, is_map ? YAML_IS_MAP : YAML_IS_LIST,
        event->start_mark);
    reader->depth++;
    status = is_map ? read_pairs(reader, own) : read_items(reader, own);
    reader->depth--;
    return status ? NULL : &own->node;
}

/* NULL with the reader's err. */
static const struct yaml_node *
read_node(struct yaml_reader *reader, const yaml_event_t *event, bool is_key)
{
    const yaml_char_t *name;
    const struct yaml_node *node;
    struct anchor *anchor = NULL;

    if (event->type == YAML_ALIAS_EVENT)
        return find_anchor(reader, event);
    name = event->type == YAML_SCALAR_EVENT ? event->data.scalar.anchor
           : event->type == YAML_MAPPING_START_EVENT
               ? event->data.mapping_start.anchor
               : event->data.sequence_start.anchor;
    if (name) {
        anchor = add_anchor(reader, name, event->start_mark);
        if (!anchor)
            return NULL;
    }
    node = event->type == YAML_SCALAR_EVENT ? read_text(reader, event, is_key)
                                            : read_collection(reader, event);
    if (anchor)
        anchor->node = node;
    return node;
}

/* The events of a stream: its start, documents, its end. */
static int
read_stream(struct yaml_reader *reader)
{
    yaml_event_type_t type = YAML_NO_EVENT;
    bool has_document = false;
    int status = 0;

    while (status == 0 && type != YAML_STREAM_END_EVENT) {
        yaml_event_t event;

        if (next(reader, &event))
            return -1;
        type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT) {
            if (has_document)
                status = refuse_at(reader, event.start_mark,
                    "a second document begins here; a file has one");
            has_document = true;
        } else if (type == YAML_SCALAR_EVENT ||
                   type == YAML_SEQUENCE_START_EVENT ||
                   type == YAML_MAPPING_START_EVENT ||
                   type == YAML_ALIAS_EVENT) {
            reader->file->root = read_node(reader, &event, false);
            status = reader->file->root ? 0 : -1;
        }
        yaml_event_delete(&event);
    }
    return status;
}

/* --- the whole file -------------------------------------------------------*/

struct yaml_file *
yaml_parse(const char *name, const char *bytes, size_t n_bytes, struct err *err)
{
    struct yaml_reader reader = {.file = mem_zero(1, sizeof(*reader.file)),
        .bytes = bytes,
        .n_bytes = n_bytes,
        .err = err};
    int status;

    reader.file->name = mem_text(name);
    if (!yaml_parser_initialize(&reader.parser))
        die("out of memory");
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes,
        n_bytes);
    status = read_stream(&reader);
    yaml_parser_delete(&reader.parser);
    for (size_t i = 0; i < reader.n_anchors; i++)
        free(reader.anchors[i].name);
    if (status == 0)
        return reader.file;
    yaml_close(reader.file);
    return NULL;
}

struct yaml_file *
yaml_read(const char *path, const char *what, struct err *err)
{
    struct yaml_file *file = NULL;
    struct text text = {0};

    if (file_read(path, what, YAML_MAX_BYTES, &text, err) == 0)
        file = yaml_parse(path, text.data, text.n_bytes, err);
    text_release(&text);
    return file;
}

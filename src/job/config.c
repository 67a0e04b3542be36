#include "job/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/suggest.h"

struct config {
    const char *path;
    struct text text;
    yaml_document_t document;
    struct settings *settings;
};

/* --- where an error is ----------------------------------------------------*/

static char *
place(const struct config *config, yaml_mark_t mark)
{
    return mem_format("%s:%zu:%zu", config->path, mark.line + 1,
        mark.column + 1);
}

static int refuse(const struct config *config, yaml_mark_t mark,
    struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int
refuse(const struct config *config, yaml_mark_t mark, struct err *err,
    const char *format, ...)
{
    char *where = place(config, mark), *message;
    va_list ap;

    va_start(ap, format);
    if (vasprintf(&message, format, ap) < 0)
        die("out of memory");
    va_end(ap);
    err_set(err, ERR_USAGE, "%s: %s", where, message);
    free(message);
    free(where);
    return -1;
}

/* A reader error has an offset only. */
static yaml_mark_t
mark_at(const struct config *config, size_t offset)
{
    yaml_mark_t mark = {.index = offset};

    for (size_t i = 0; i < offset && i < config->text.n_bytes; i++) {
        mark.column++;
        if (config->text.data[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return mark;
}

static int
refuse_syntax(const struct config *config, const yaml_parser_t *parser,
    struct err *err)
{
    const char *problem = parser->problem ? parser->problem : "not YAML";

    if (parser->error == YAML_MEMORY_ERROR)
        die("out of memory");
    if (parser->error == YAML_READER_ERROR)
        return refuse(config, mark_at(config, parser->problem_offset), err,
            "%s", problem);
    return refuse(config, parser->problem_mark, err, "%s%s%s", problem,
        parser->context ? " " : "", parser->context ? parser->context : "");
}

/* --- nodes ----------------------------------------------------------------*/

static const yaml_node_t *
node_at(struct config *config, int index)
{
    return yaml_document_get_node(&config->document, index);
}

static const char *
scalar(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

/* `key:` with nothing behind it. */
static bool
is_nothing(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE &&
           node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (node->data.scalar.length == 0 || strcmp(scalar(node), "~") == 0 ||
               strcmp(scalar(node), "null") == 0);
}

static int
check_key(struct config *config, const yaml_node_t *map,
    const yaml_node_pair_t *pair, struct err *err)
{
    const yaml_node_t *key = node_at(config, pair->key);

    if (key->type != YAML_SCALAR_NODE ||
        strlen(scalar(key)) != key->data.scalar.length)
        return refuse(config, key->start_mark, err, "a key is a word");
    for (const yaml_node_pair_t *other = map->data.mapping.pairs.start;
         other < pair; other++) {
        const yaml_node_t *first = node_at(config, other->key);

        if (strcmp(scalar(first), scalar(key)) == 0)
            return refuse(config, key->start_mark, err,
                "\"%s\" stands here twice (first on line %zu)", scalar(key),
                first->start_mark.line + 1);
    }
    return 0;
}

/* Calls each for every pair of a map, once its key is known to be good. */
static int
for_each_pair(struct config *config, const yaml_node_t *map,
    int (*each)(struct config *config, const yaml_node_t *key,
        const yaml_node_t *value, struct err *err),
    struct err *err)
{
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        if (check_key(config, map, pair, err) ||
            each(config, node_at(config, pair->key),
                node_at(config, pair->value), err))
            return -1;
    }
    return 0;
}

/* --- the load section -----------------------------------------------------*/

static int
take_scalar(struct config *config, const struct option *option,
    const yaml_node_t *node, struct err *err)
{
    if (node->type != YAML_SCALAR_NODE)
        return refuse(config, node->start_mark, err,
            option->repeats ? "%s: a text is wanted in the list"
                            : "%s takes one value, no list and no map",
            option->name);
    if (is_nothing(node))
        return refuse(config, node->start_mark, err, "%s needs a value: %s",
            option->name, option->arg ? option->arg : "true or false");
    if (strlen(scalar(node)) != node->data.scalar.length)
        return refuse(config, node->start_mark, err,
            "%s: a NUL byte in the value", option->name);
    settings_add(config->settings, option, scalar(node),
        place(config, node->start_mark));
    return 0;
}

static int
take_value(struct config *config, const struct option *option,
    const yaml_node_t *node, struct err *err)
{
    if (!option->repeats || node->type == YAML_SCALAR_NODE)
        return take_scalar(config, option, node, err);
    if (node->type != YAML_SEQUENCE_NODE)
        return refuse(config, node->start_mark, err,
            "%s takes a value or a list of them, no map", option->name);
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        if (take_scalar(config, option, node_at(config, *item), err))
            return -1;
    }
    return 0;
}

static int
refuse_option(struct config *config, const yaml_node_t *key, struct err *err)
{
    struct suggestion near = {
        .word = scalar(key), .n_bytes = key->data.scalar.length};

    for (const struct option *option = options; option->name; option++) {
        if (!option->is_cli_only)
            suggestion_offer(&near, option->name);
    }
    if (near.best)
        return refuse(config, key->start_mark, err,
            "unknown key \"%.100s\"; did you mean \"%s\"?", scalar(key),
            near.best);
    return refuse(config, key->start_mark, err, "unknown key \"%.100s\"",
        scalar(key));
}

static int
take_option(struct config *config, const yaml_node_t *key,
    const yaml_node_t *value, struct err *err)
{
    const struct option *option =
        option_find(FOR_LOAD, scalar(key), key->data.scalar.length);

    if (!option)
        return refuse_option(config, key, err);
    if (option->is_cli_only)
        return refuse(config, key->start_mark, err,
            "\"%s\" makes sense on the command line only", option->name);
    return take_value(config, option, value, err);
}

/* --- the whole file -------------------------------------------------------*/

static bool
is_of_mapping(const char *key)
{
    static const char *const keys[] = {
        "input", "record", "key", "route", "servers"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

static int
take_section(struct config *config, const yaml_node_t *key,
    const yaml_node_t *value, struct err *err)
{
    const char *name = scalar(key);
    struct suggestion near = {.word = name, .n_bytes = key->data.scalar.length};

    if (strcmp(name, "load") == 0) {
        if (is_nothing(value))
            return 0;
        if (value->type != YAML_MAPPING_NODE)
            return refuse(config, value->start_mark, err,
                "load: holds options, each as \"name: value\"");
        return for_each_pair(config, value, take_option, err);
    }
    if (is_of_mapping(name))
        return refuse(config, key->start_mark, err,
            "\"%s\" belongs to a mapping, which this version does not know "
            "yet",
            name);
    if (option_find(FOR_LOAD, name, near.n_bytes))
        return refuse(config, key->start_mark, err,
            "unknown key \"%s\"; options stand under \"load:\"", name);
    suggestion_offer(&near, "load");
    return refuse(config, key->start_mark, err, "unknown key \"%.100s\"%s",
        name, near.best ? "; did you mean \"load\"?" : "");
}

static int
take_document(struct config *config, struct err *err)
{
    const yaml_node_t *root = yaml_document_get_root_node(&config->document);

    if (!root || is_nothing(root))
        return 0;
    if (root->type != YAML_MAPPING_NODE)
        return refuse(config, root->start_mark, err,
            "a config file begins with \"load:\"");
    return for_each_pair(config, root, take_section, err);
}

/* What follows the first document: it must be nothing. */
static int
check_end(struct config *config, yaml_parser_t *parser, struct err *err)
{
    yaml_document_t second;
    const yaml_node_t *root;
    int status = 0;

    if (!yaml_parser_load(parser, &second))
        return refuse_syntax(config, parser, err);
    root = yaml_document_get_root_node(&second);
    if (root)
        status = refuse(config, second.start_mark, err,
            "a second document begins here; a config file has one");
    yaml_document_delete(&second);
    return status;
}

static void
start(yaml_parser_t *parser, const struct config *config)
{
    if (!yaml_parser_initialize(parser))
        die("out of memory");
    yaml_parser_set_input_string(parser,
        (const unsigned char *)config->text.data, config->text.n_bytes);
}

/*
 * No setting lies deep, and libyaml takes time in the square of the depth: 12 s
 * for a hundred thousand brackets. Whatever else is wrong, parse() finds.
 */
static int
check_depth(const struct config *config, struct err *err)
{
    yaml_parser_t parser;
    yaml_event_t event;
    yaml_event_type_t type = YAML_NO_EVENT;
    int depth = 0, status = 0;

    start(&parser, config);
    while (status == 0 && type != YAML_STREAM_END_EVENT &&
           yaml_parser_parse(&parser, &event)) {
        type = event.type;
        if (type == YAML_SEQUENCE_START_EVENT ||
            type == YAML_MAPPING_START_EVENT)
            depth++;
        if (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT)
            depth--;
        if (depth > CONFIG_MAX_DEPTH)
            status = refuse(config, event.start_mark, err,
                "nested more than %d deep", CONFIG_MAX_DEPTH);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return status;
}

static int
parse(struct config *config, struct err *err)
{
    yaml_parser_t parser;
    int status;

    if (check_depth(config, err))
        return -1;
    start(&parser, config);
    if (yaml_parser_load(&parser, &config->document)) {
        status = take_document(config, err);
        if (status == 0)
            status = check_end(config, &parser, err);
        yaml_document_delete(&config->document);
    } else {
        status = refuse_syntax(config, &parser, err);
    }
    yaml_parser_delete(&parser);
    return status;
}

/* All of it, or what is too much: at most a byte over the limit. */
static int
read_whole(int fd, struct text *text)
{
    char buffer[16384];

    text_add(text, "", 0);
    while (text->n_bytes <= CONFIG_MAX_BYTES) {
        size_t left = CONFIG_MAX_BYTES + 1 - text->n_bytes;
        ssize_t n =
            read(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        text_add(text, buffer, (size_t)n);
    }
    return 0;
}

int
config_read(const char *path, struct settings *settings, struct err *err)
{
    struct config config = {.path = path, .settings = settings};
    int fd = open(path, O_RDONLY | O_CLOEXEC), status = -1;

    if (fd < 0) {
        err_set_errno(err, ERR_USAGE, "cannot open config %s", path);
        return -1;
    }
    if (read_whole(fd, &config.text))
        err_set_errno(err, ERR_USAGE, "cannot read config %s", path);
    else if (config.text.n_bytes > CONFIG_MAX_BYTES)
        err_set(err, ERR_USAGE, "config %s is larger than 1 MiB", path);
    else
        status = parse(&config, err);
    close(fd);
    text_release(&config.text);
    return status;
}

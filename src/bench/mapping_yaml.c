#include "bench/mapping_yaml.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "bench/quote.h"

/* Aliases of aliases of aliases can stand for more nodes than fit into memory.
 */
enum { MAX_NODES = 100000 };

struct yaml_writer {
    struct text *out;
    char *directory; /* of the file, absolute */
    size_t n_left;
};

/* --------------------------------------------------------------- nodes --- */

static bool
is_negative_number(const char *text)
{
    return text[0] == '-' && text[1] >= '0' && text[1] <= '9' &&
           text[strspn(text, "-0123456789.")] == '\0';
}

static void
add_text(struct yaml_writer *writer, const struct yaml_node *node)
{
    if (node->is_nothing)
        text_format(writer->out, "~");
    else if (is_negative_number(node->text))
        text_format(writer->out, "%s", node->text);
    else
        quote_yaml(writer->out, node->text);
}

static int add_flow(struct yaml_writer *writer, const struct yaml_node *node);

static int
add_flow_items(struct yaml_writer *writer, const struct yaml_node *node)
{
    for (size_t i = 0; i < node->n; i++) {
        text_format(writer->out, "%s", i ? ", " : "");
        if (node->kind == YAML_IS_MAP) {
            add_text(writer, node->keys[i]);
            text_format(writer->out, ": ");
        }
        if (add_flow(writer, node->items[i]))
            return -1;
    }
    return 0;
}

/* On one line. -1 when there are more than MAX_NODES. */
static int
add_flow(struct yaml_writer *writer, const struct yaml_node *node)
{
    bool is_map = node->kind == YAML_IS_MAP;
    int status;

    if (writer->n_left == 0)
        return -1;
    writer->n_left--;
    if (node->kind == YAML_IS_TEXT) {
        add_text(writer, node);
        return 0;
    }
    text_format(writer->out, is_map ? "{" : "[");
    status = add_flow_items(writer, node);
    text_format(writer->out, is_map ? "}" : "]");
    return status;
}

/* ------------------------------------------------------------ sections --- */

static void
add_path(struct yaml_writer *writer, const struct yaml_node *node)
{
    char *path = mem_format("%s/%s", writer->directory, node->text);

    quote_yaml(writer->out, node->text[0] == '/' ? node->text : path);
    free(path);
}

/* Is this key of `record:` a path, or a list of them? */
static bool
is_path(const char *key)
{
    return strcmp(key, "proto") == 0 || strcmp(key, "descriptor") == 0 ||
           strcmp(key, "imports") == 0;
}

static void
add_paths(struct yaml_writer *writer, const struct yaml_node *list)
{
    text_format(writer->out, "[");
    for (size_t i = 0; i < list->n; i++) {
        text_format(writer->out, "%s", i ? ", " : "");
        if (list->items[i]->kind == YAML_IS_TEXT)
            add_path(writer, list->items[i]);
    }
    text_format(writer->out, "]");
}

/* A line for each field. */
static int
add_lines(struct yaml_writer *writer, const struct yaml_node *map)
{
    for (size_t i = 0; i < map->n; i++) {
        text_format(writer->out, "\n    ");
        add_text(writer, map->keys[i]);
        text_format(writer->out, ": ");
        if (add_flow(writer, map->items[i]))
            return -1;
    }
    return 0;
}

static int
add_pair(struct yaml_writer *writer, const char *section,
    const struct yaml_node *key, const struct yaml_node *value)
{
    bool has_path = strcmp(section, "record") == 0 && is_path(key->text);
    int status = 0;

    text_format(writer->out, "  ");
    add_text(writer, key);
    text_format(writer->out, ":");
    if (value->kind == YAML_IS_MAP && value->n > 0) {
        status = add_lines(writer, value);
    } else {
        text_format(writer->out, " ");
        if (has_path && value->kind == YAML_IS_LIST)
            add_paths(writer, value);
        else if (has_path && value->kind == YAML_IS_TEXT)
            add_path(writer, value);
        else
            status = add_flow(writer, value);
    }
    text_format(writer->out, "\n");
    return status;
}

static int
add_section(struct yaml_writer *writer, const char *name,
    const struct yaml_node *value)
{
    text_format(writer->out, "%s:", name);
    if (value->kind != YAML_IS_MAP || value->n == 0) {
        text_format(writer->out, " ");
        if (add_flow(writer, value))
            return -1;
        text_format(writer->out, "\n");
        return 0;
    }
    text_format(writer->out, "\n");
    for (size_t i = 0; i < value->n; i++) {
        if (add_pair(writer, name, value->keys[i], value->items[i]))
            return -1;
    }
    return 0;
}

/* The directory of that file, absolute. */
static char *
directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == path ? mem_text("/")
                      : slash ? mem_format("%.*s", (int)(slash - path), path)
                              : mem_text(".");
    char *absolute = realpath(directory, NULL);

    if (!absolute)
        return directory;
    free(directory);
    return absolute;
}

int
mapping_yaml_add(struct text *out, const struct settings *settings,
    struct err *err)
{
    static const char *const names[] = {"input", "record", "key", "route"};
    const struct yaml_node *root = settings->input.mapping_file
                                       ? yaml_root(settings->input.mapping_file)
                                       : NULL;
    struct yaml_writer writer = {.out = out, .n_left = MAX_NODES};
    int status = 0;

    if (!root)
        return 0;
    writer.directory = directory_of(settings->input.mapping_path);
    for (size_t i = 0; status == 0 && i < 4; i++) {
        const struct yaml_node *value = yaml_find(root, names[i]);

        if (value)
            status = add_section(&writer, names[i], value);
    }
    free(writer.directory);
    if (status)
        err_set(err, ERR_USAGE,
            "the mapping %s has more than %d nodes when its aliases are "
            "written out: use fewer aliases",
            settings->input.mapping_path, MAX_NODES);
    return status;
}

/* ------------------------------------------------------------- servers --- */

static int
add_word(struct text *out, const char *word, struct err *err)
{
    if (!utf8_is_valid(word, strlen(word))) {
        err_set(err, ERR_USAGE,
            "the name or an address of a shard is not UTF-8, as a config file "
            "must be");
        return -1;
    }
    quote_yaml(out, word);
    return 0;
}

static int
add_shard(struct text *out, const struct shard_spec *spec, struct err *err)
{
    bool is_pool = spec->n_addresses > 1;

    text_format(out, "  ");
    if (add_word(out, spec->name, err))
        return -1;
    text_format(out, is_pool ? ": [" : ": ");
    for (size_t i = 0; i < spec->n_addresses; i++) {
        text_format(out, "%s", i ? ", " : "");
        if (add_word(out, spec->addresses[i].text, err))
            return -1;
    }
    text_format(out, is_pool ? "]\n" : "\n");
    return 0;
}

int
servers_yaml_add(struct text *out, const struct settings *settings,
    struct err *err)
{
    if (!settings->servers.has_section)
        return 0;
    text_format(out, "servers:\n");
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        if (add_shard(out, &settings->servers.shards[i], err))
            return -1;
    }
    return 0;
}

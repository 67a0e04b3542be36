#include "settings/shards.h"

#include <stdlib.h>
#include <string.h>

#include "base/builtin.h"
#include "base/mem.h"
#include "base/text.h"

static bool
has_default_record(const struct settings *settings)
{
    return !settings->input.mapping_path;
}

/* --- named by options -----------------------------------------------------*/

static struct shard_spec *
find(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        if (strcmp(settings->servers.shards[i].name, name) == 0)
            return &settings->servers.shards[i];
    }
    return NULL;
}

static void
append(struct shard_spec **specs, size_t *n, struct shard_spec spec)
{
    *specs = mem_grow(*specs, *n + 1, sizeof(**specs));
    (*specs)[(*n)++] = spec;
}

int
settings_set_shard(struct settings *settings, const char *spec, struct err *err)
{
    struct shard_spec shard = {0}, *old;

    if (shard_spec_parse(&shard, has_default_record(settings), spec, err))
        return -1;
    old = find(settings, shard.name);
    if (old) {
        shard_spec_release(old);
        *old = shard;
    } else {
        append(&settings->servers.shards, &settings->servers.n_shards, shard);
    }
    return 0;
}

/* --- the section `servers:` -----------------------------------------------*/

static int
refuse_shape(const struct yaml_file *file, const struct yaml_node *node,
    struct err *err)
{
    return yaml_refuse(file, node, err,
        "servers: holds shards, each as \"NAME: HOST:PORT\" or \"NAME: "
        "[HOST:PORT, HOST:PORT]\"");
}

static int
read_address(struct shard_spec *spec, const struct yaml_file *file,
    const struct yaml_node *node, struct err *err)
{
    char *place;

    if (node->kind != YAML_IS_TEXT || node->is_nothing)
        return refuse_shape(file, node, err);
    if (shard_spec_add_address(spec, node->text, strlen(node->text), err) == 0)
        return 0;
    place = yaml_place(file, node);
    err_wrap(err, "%s: %s", place, spec->name);
    free(place);
    return -1;
}

static int
read_shard(struct shard_spec *spec, bool is_default_record,
    const struct yaml_file *file, const struct yaml_node *key,
    const struct yaml_node *value, struct err *err)
{
    if (shard_spec_set_name(spec, is_default_record, key->text,
            strlen(key->text), err)) {
        char *place = yaml_place(file, key);

        err_wrap(err, "%s", place);
        free(place);
        return -1;
    }
    if (value->kind == YAML_IS_TEXT)
        return read_address(spec, file, value, err);
    if (value->kind != YAML_IS_LIST || value->n == 0)
        return refuse_shape(file, value, err);
    for (size_t i = 0; i < value->n; i++) {
        if (read_address(spec, file, value->items[i], err))
            return -1;
    }
    return 0;
}

int
settings_read_servers(struct settings *settings, const struct yaml_file *file,
    const struct yaml_node *servers, struct err *err)
{
    struct server_settings *to = &settings->servers;

    if (servers->kind != YAML_IS_MAP || servers->n == 0)
        return refuse_shape(file, servers, err);
    shard_specs_free(to->default_shards, to->n_default_shards);
    to->default_shards = mem_zero(servers->n, sizeof(*to->default_shards));
    to->n_default_shards = servers->n;
    for (size_t i = 0; i < servers->n; i++) {
        if (read_shard(&to->default_shards[i], has_default_record(settings),
                file, servers->keys[i], servers->items[i], err))
            return -1;
    }
    return 0;
}

/* --- which hold -----------------------------------------------------------*/

/* Those of the default record. */
static void
read_builtin_servers(struct settings *settings)
{
    struct err err;
    struct yaml_file *file = yaml_parse("built-in mapping", builtin_mapping,
        builtin_mapping_bytes, &err);
    const struct yaml_node *servers =
        file ? yaml_find(yaml_root(file), "servers") : NULL;

    if (!servers || settings_read_servers(settings, file, servers, &err))
        die("built-in mapping: %s", file ? "servers" : err.text);
    yaml_close(file);
}

static bool
is_default(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->servers.n_default_shards; i++) {
        if (strcmp(settings->servers.default_shards[i].name, name) == 0)
            return true;
    }
    return false;
}

static int
check_shards(const struct settings *settings, struct err *err)
{
    if (settings->servers.n_shards > 0)
        return 0;
    err_set(err, ERR_USAGE,
        "%s names no servers: add a section \"servers: {NAME: HOST:PORT}\" or "
        "give --shard NAME=HOST:PORT",
        settings->input.mapping_path);
    return -1;
}

int
settings_add_default_shards(struct settings *settings, struct err *err)
{
    struct server_settings *servers = &settings->servers;
    struct shard_spec *specs = NULL;
    size_t n = 0;

    if (servers->n_default_shards == 0 && has_default_record(settings))
        read_builtin_servers(settings);
    for (size_t i = 0; i < servers->n_shards; i++) {
        if (!is_default(settings, servers->shards[i].name))
            return 0;
    }
    /* in the order of the defaults, whatever was named first */
    for (size_t i = 0; i < servers->n_default_shards; i++) {
        struct shard_spec *spec = &servers->default_shards[i];
        struct shard_spec *named = find(settings, spec->name);

        append(&specs, &n, named ? *named : *spec);
        if (!named)
            *spec = (struct shard_spec){0};
    }
    shard_specs_free(servers->default_shards, servers->n_default_shards);
    servers->default_shards = NULL;
    servers->n_default_shards = 0;
    free(servers->shards); /* what it held has moved */
    servers->shards = specs;
    servers->n_shards = n;
    return check_shards(settings, err);
}

int
settings_check_one_shard(const struct settings *settings, struct err *err)
{
    struct text names = {0};

    if (settings->servers.n_shards == 1)
        return 0;
    for (size_t i = 0; i < settings->servers.n_shards; i++)
        text_format(&names, "%s%s", i ? ", " : "",
            settings->servers.shards[i].name);
    err_set(err, ERR_USAGE,
        "route: {hash: key} spreads keys over the addresses of one shard, but "
        "there are %zu: %s; put all addresses into one: \"servers: {NAME: "
        "[HOST:PORT, HOST:PORT]}\" or --shard NAME=HOST:PORT,HOST:PORT",
        settings->servers.n_shards, names.data);
    text_release(&names);
    return -1;
}

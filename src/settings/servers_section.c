/* `servers:` of a config or mapping file: the default shards. */
#include <stdlib.h>
#include <string.h>

#include "base/builtin.h"
#include "base/mem.h"
#include "settings/shard_specs.h"

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
read_shard(struct shard_spec *spec, const struct settings *settings,
    const struct yaml_file *file, const struct yaml_node *key,
    const struct yaml_node *value, struct err *err)
{
    if (shard_spec_set_name(spec, settings, key->text, strlen(key->text),
            err)) {
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
    if (servers->kind != YAML_IS_MAP || servers->n == 0)
        return refuse_shape(file, servers, err);
    shard_specs_release(settings->servers.default_shards,
        settings->servers.n_default_shards);
    settings->servers.default_shards =
        mem_zero(servers->n, sizeof(*settings->servers.default_shards));
    settings->servers.n_default_shards = servers->n;
    for (size_t i = 0; i < servers->n; i++) {
        if (read_shard(&settings->servers.default_shards[i], settings, file,
                servers->keys[i], servers->items[i], err))
            return -1;
    }
    return 0;
}

void
settings_read_builtin_servers(struct settings *settings)
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

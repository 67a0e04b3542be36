#include "settings/config.h"

#include <string.h>

#include "base/suggest.h"
#include "settings/option_table.h"
#include "settings/shards.h"

static const char *const section_names[N_SECTIONS] = {
    [SECTION_INPUT] = "input",
    [SECTION_RECORD] = "record",
    [SECTION_KEY] = "key",
    [SECTION_ROUTE] = "route",
    [SECTION_SERVERS] = "servers",
    [SECTION_LOAD] = "load",
};

/* --- sections -------------------------------------------------------------*/

static int
refuse_section(const struct config *config, const struct yaml_node *key,
    struct err *err)
{
    struct suggestion near = {.word = key->text, .n_bytes = strlen(key->text)};

    if (option_find(FOR_LOAD, key->text, near.n_bytes))
        return yaml_refuse(config->file, key, err,
            "unknown key \"%s\"; options stand under \"load:\"", key->text);
    for (size_t i = 0; i < N_SECTIONS; i++)
        suggestion_offer(&near, section_names[i]);
    if (near.best)
        return yaml_refuse(config->file, key, err,
            "unknown key \"%.100s\"; did you mean \"%s\"?", key->text,
            near.best);
    return yaml_refuse(config->file, key, err,
        "unknown key \"%.100s\"; a file has the sections input, record, key, "
        "route, servers and load",
        key->text);
}

static int
find_sections(struct config *config, const char *what, struct err *err)
{
    const struct yaml_node *root = yaml_root(config->file);

    if (!root)
        return 0;
    if (root->kind != YAML_IS_MAP)
        return yaml_refuse(config->file, root, err,
            "a %s file has sections: \"load:\" and the like, with what is in "
            "them indented behind",
            what);
    for (size_t i = 0; i < root->n; i++) {
        size_t section = 0;

        while (section < N_SECTIONS &&
               strcmp(root->keys[i]->text, section_names[section]) != 0)
            section++;
        if (section == N_SECTIONS)
            return refuse_section(config, root->keys[i], err);
        config->keys[section] = root->keys[i];
        config->values[section] = root->items[i];
    }
    return 0;
}

int
config_read(struct config *config, const char *path, const char *what,
    struct err *err)
{
    *config = (struct config){.file = yaml_read(path, what, err)};
    return config->file ? find_sections(config, what, err) : -1;
}

void
config_release(struct config *config)
{
    yaml_close(config->file);
    *config = (struct config){0};
}

/* The first of the four, NULL when there is none. */
static const struct yaml_node *
first_of_mapping(const struct config *config)
{
    for (size_t i = SECTION_INPUT; i <= SECTION_ROUTE; i++) {
        if (config->keys[i])
            return config->keys[i];
    }
    return NULL;
}

bool
config_has_mapping(const struct config *config)
{
    return first_of_mapping(config) != NULL;
}

int
config_check_both(const struct config *config, const struct config *mapping,
    struct err *err)
{
    const struct yaml_node *first = first_of_mapping(config);

    for (size_t i = 0; i < N_SECTIONS; i++) {
        if (config->keys[i] && mapping->keys[i])
            return yaml_refuse(config->file, config->keys[i], err,
                "\"%s\" is in %s, too: leave it in one of the two",
                section_names[i], yaml_name(mapping->file));
    }
    if (first && config_has_mapping(mapping))
        return yaml_refuse(config->file, first, err,
            "\"%s\" belongs beside \"%s\", in %s: input, record, key and "
            "route must be in one file",
            first->text, first_of_mapping(mapping)->text,
            yaml_name(mapping->file));
    return 0;
}

/* --- the load section -----------------------------------------------------*/

static int
take_text(const struct config *config, const struct option *option,
    const struct yaml_node *node, struct option_values *values, struct err *err)
{
    if (node->kind != YAML_IS_TEXT)
        return yaml_refuse(config->file, node, err,
            option->repeats ? "%s: the list holds texts only"
                            : "%s takes one value, not a list or a map",
            option->name);
    if (node->is_nothing)
        return yaml_refuse(config->file, node, err, "%s needs a value: %s",
            option->name, option->arg ? option->arg : "true or false");
    option_values_add(values, option, node->text,
        yaml_place(config->file, node));
    return 0;
}

static int
take_value(const struct config *config, const struct option *option,
    const struct yaml_node *node, struct option_values *values, struct err *err)
{
    if (!option->repeats || node->kind == YAML_IS_TEXT)
        return take_text(config, option, node, values, err);
    if (node->kind != YAML_IS_LIST)
        return yaml_refuse(config->file, node, err,
            "%s takes a value or a list of them, not a map", option->name);
    for (size_t i = 0; i < node->n; i++) {
        if (take_text(config, option, node->items[i], values, err))
            return -1;
    }
    return 0;
}

static int
refuse_option(const struct config *config, const struct yaml_node *key,
    struct err *err)
{
    struct suggestion near = {.word = key->text, .n_bytes = strlen(key->text)};

    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        if (!option->is_cli_only)
            suggestion_offer_part(&near, option->name);
    }
    if (near.best)
        return yaml_refuse(config->file, key, err,
            "unknown key \"%.100s\"; did you mean \"%s\"?", key->text,
            near.best);
    return yaml_refuse(config->file, key, err, "unknown key \"%.100s\"",
        key->text);
}

static int
take_option(const struct config *config, const struct yaml_node *key,
    const struct yaml_node *value, struct option_values *values,
    struct err *err)
{
    const struct option *option =
        option_find(FOR_LOAD, key->text, strlen(key->text));

    if (!option)
        return refuse_option(config, key, err);
    if (option->is_cli_only)
        return yaml_refuse(config->file, key, err,
            "\"%s\" makes sense on the command line only", option->name);
    return take_value(config, option, value, values, err);
}

int
config_values(const struct config *config, struct option_values *values,
    struct err *err)
{
    const struct yaml_node *load = config->values[SECTION_LOAD];

    if (!load || load->is_nothing)
        return 0;
    if (load->kind != YAML_IS_MAP)
        return yaml_refuse(config->file, load, err,
            "load: holds options, each as \"name: value\"");
    for (size_t i = 0; i < load->n; i++) {
        if (take_option(config, load->keys[i], load->items[i], values, err))
            return -1;
    }
    return 0;
}

/* --- the servers section --------------------------------------------------*/

int
config_servers(const struct config *config, struct settings *settings,
    struct err *err)
{
    if (!config->values[SECTION_SERVERS])
        return 0;
    settings->servers.has_section = true;
    return settings_read_servers(settings, config->file,
        config->values[SECTION_SERVERS], err);
}

#include <string.h>

#include "base/suggest.h"
#include "base/text.h"
#include "record/mapping_read.h"

int
spec_word(const struct yaml_file *file, const struct yaml_node *node,
    const char *name, const char *const *words, size_t n, struct err *err)
{
    struct suggestion near;
    struct text list = {0};

    if (node->kind != YAML_IS_TEXT)
        return yaml_refuse(file, node, err,
            "%s must be one word, not a list or a map", name);
    for (size_t i = 0; i < n; i++)
        if (strcmp(node->text, words[i]) == 0)
            return (int)i;
    near = (struct suggestion){.word = node->text, strlen(node->text)};
    for (size_t i = 0; i < n; i++) {
        suggestion_offer(&near, words[i]);
        text_format(&list, "%s%s",
            i == 0      ? ""
            : i + 1 < n ? ", "
                        : " or ",
            words[i]);
    }
    yaml_refuse(file, node, err, "%s: \"%.60s\" is not known; it is %s%s%s%s",
        name, node->text, list.data, near.best ? "; did you mean \"" : "",
        near.best ? near.best : "", near.best ? "\"?" : "");
    text_release(&list);
    return -1;
}

/* A text that says something. */
int
spec_text(struct spec_reader *reader, const struct yaml_node *node,
    const char *name, const char *what)
{
    if (node->kind == YAML_IS_TEXT && !node->is_nothing && *node->text)
        return 0;
    return yaml_refuse(reader->file, node, reader->err, "%s needs %s", name,
        what);
}

int
spec_bool(struct spec_reader *reader, const struct yaml_node *node,
    const char *name, bool *out)
{
    static const char *const words[] = {"false", "true"};
    int found = spec_word(reader->file, node, name, words, 2, reader->err);

    *out = found == 1;
    return found < 0 ? -1 : 0;
}

/* A list of texts, none of them empty. */
int
spec_list(struct spec_reader *reader, const struct yaml_node *node,
    const char *name, const char *example)
{
    if (node->kind != YAML_IS_LIST || node->n == 0)
        return yaml_refuse(reader->file, node, reader->err,
            "%s needs a list, such as %s", name, example);
    for (size_t i = 0; i < node->n; i++)
        if (spec_text(reader, node->items[i], name, "names in its list"))
            return -1;
    return 0;
}

int
spec_refuse_key(struct spec_reader *reader, const struct yaml_node *key,
    const char *section, const struct spec_key *keys, size_t n)
{
    struct suggestion near = {.word = key->text, strlen(key->text)};
    struct text list = {0};

    for (size_t i = 0; i < n; i++) {
        suggestion_offer(&near, keys[i].name);
        text_format(&list, "%s%s", i ? ", " : "", keys[i].name);
    }
    if (near.best)
        yaml_refuse(reader->file, key, reader->err,
            "unknown key \"%.60s\" in %s; did you mean \"%s\"?", key->text,
            section, near.best);
    else
        yaml_refuse(reader->file, key, reader->err,
            "unknown key \"%.60s\" in %s; there are %s", key->text, section,
            list.data);
    text_release(&list);
    return -1;
}

int
spec_section(struct spec_reader *reader, const struct yaml_node *map,
    const char *section, const struct spec_key *keys, size_t n)
{
    size_t found;

    if (map->kind != YAML_IS_MAP)
        return yaml_refuse(reader->file, map, reader->err,
            "%s holds keys, each as \"name: value\"", section);
    for (size_t i = 0; i < map->n; i++) {
        for (found = 0; found < n; found++)
            if (strcmp(map->keys[i]->text, keys[found].name) == 0)
                break;
        if (found == n)
            return spec_refuse_key(reader, map->keys[i], section, keys, n);
        if (keys[found].take && keys[found].take(reader, map->items[i]))
            return -1;
    }
    return 0;
}

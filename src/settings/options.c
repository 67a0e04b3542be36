#include "settings/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/yaml.h"
#include "settings/config.h"
#include "settings/option_values.h"

/* --- words -> settings ----------------------------------------------------*/

struct reader {
    unsigned command; /* enum command_flags */
    char *const *words;
    size_t n, at; /* words[at] is the next one */
    enum action action;
    struct option_values values;
    struct words *operands;
};

static int
refuse_unknown(const struct reader *reader, const char *name, int n_bytes,
    struct err *err)
{
    struct suggestion near = {.word = name, .n_bytes = (size_t)n_bytes};

    for (const struct option *option = option_next(NULL); option;
         option = option_next(option)) {
        if (option->commands & reader->command)
            suggestion_offer_part(&near, option->name);
    }
    if (near.best)
        err_set(err, ERR_USAGE, "unknown option --%.*s; did you mean --%s?",
            n_bytes, name, near.best);
    else
        err_set(err, ERR_USAGE, "unknown option --%.*s", n_bytes, name);
    return -1;
}

/* Other commands have it: says which. A name may have several rows. */
static int
refuse_elsewhere(const struct option *option, const char *dashes,
    const char *name, size_t n_bytes, struct err *err)
{
    static const struct {
        unsigned command;
        const char *name;
    } all[] = {{FOR_LOAD, "load"}, {FOR_GET, "get"}, {FOR_VERIFY, "verify"},
        {FOR_BENCH, "bench"}, {FOR_EXPLAIN, "explain"}, {FOR_INIT, "init"}};
    const char *names[sizeof(all) / sizeof(all[0])];
    struct text list = {0};
    unsigned commands = 0;
    size_t n = 0;

    for (const struct option *row = option_next(NULL); row;
         row = option_next(row))
        if (strcmp(row->name, option->name) == 0)
            commands |= row->commands;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (commands & all[i].command)
            names[n++] = all[i].name;
    for (size_t i = 0; i < n; i++)
        text_format(&list, "%s%s",
            i == 0       ? ""
            : i + 1 == n ? " and "
                         : ", ",
            names[i]);
    err_set(err, ERR_USAGE,
        "%s%.*s is not an option of this command; memc_load %s %s it", dashes,
        (int)n_bytes, name, list.data, n == 1 ? "has" : "have");
    text_release(&list);
    return -1;
}

/* Notes a value; an action counts only when it is the first one. */
static void
take(struct reader *reader, const struct option *option, const char *value)
{
    if (option->action == ACTION_RUN)
        option_values_add(&reader->values, option, value, NULL);
    else if (reader->action == ACTION_RUN)
        reader->action = option->action;
}

/*
 * The next word is the value, unless it looks like an option: that would have
 * been swallowed in silence ("--pattern --no-rename", "--log -v").
 */
static int
next_value(struct reader *reader, const struct option *option,
    const char **value, struct err *err)
{
    const char *next =
        reader->at < reader->n ? reader->words[reader->at] : NULL;

    if (!next) {
        err_set(err, ERR_USAGE, "--%s needs a value: %s", option->name,
            option->arg);
        return -1;
    }
    if (next[0] == '-' && (next[1] == '-' || option_find_letter(next[1]))) {
        err_set(err, ERR_USAGE,
            "--%s needs a value: %s (if \"%s\" is meant, write --%s=%s)",
            option->name, option->arg, next, option->name, next);
        return -1;
    }
    reader->at++;
    *value = next;
    return 0;
}

/* "--name", "--name=value", "--name value"; a flag takes "--name=false", which
 * undoes what a config file says. */
static int
read_long(struct reader *reader, const char *name, struct err *err)
{
    size_t n_bytes = strcspn(name, "=");
    const char *value = name[n_bytes] ? name + n_bytes + 1 : NULL;
    const struct option *option = option_find(reader->command, name, n_bytes);

    if (!option)
        return refuse_unknown(reader, name, n_bytes > 100 ? 100 : (int)n_bytes,
            err);
    if (!(option->commands & reader->command)) {
        return refuse_elsewhere(option, "--", option->name, n_bytes, err);
    }
    if (!option->arg && value && option->action != ACTION_RUN) {
        err_set(err, ERR_USAGE, "--%s takes no value", option->name);
        return -1;
    }
    if (option->arg && !value && next_value(reader, option, &value, err))
        return -1;
    take(reader, option, value ? value : "true");
    return 0;
}

/* "-v", "-vq", "-l FILE", "-lFILE". */
static int
read_letters(struct reader *reader, const char *letters, struct err *err)
{
    /* -threads would be -t, and a load that never happens */
    if (letters[1] &&
        option_find(reader->command, letters, strcspn(letters, "="))) {
        err_set(err, ERR_USAGE, "unknown option -%s; did you mean --%s?",
            letters, letters);
        return -1;
    }
    for (; *letters; letters++) {
        const struct option *option = option_find_letter(*letters);
        const char *value = letters + 1;

        if (!option) {
            err_set(err, ERR_USAGE, "unknown option -%c", *letters);
            return -1;
        }
        if (!(option->commands & reader->command)) {
            return refuse_elsewhere(option, "-", letters, 1, err);
        }
        if (!option->arg) {
            take(reader, option, "true");
            continue;
        }
        if (!*value && next_value(reader, option, &value, err))
            return -1;
        take(reader, option, value);
        return 0;
    }
    return 0;
}

static int
read_words(struct reader *reader, struct err *err)
{
    bool only_operands = false;

    while (reader->at < reader->n && reader->action == ACTION_RUN) {
        const char *word = reader->words[reader->at++];

        if (only_operands || word[0] != '-' || !word[1])
            words_add(reader->operands, word);
        else if (strcmp(word, "--") == 0)
            only_operands = true;
        else if (word[1] == '-' ? read_long(reader, word + 2, err)
                                : read_letters(reader, word + 1, err))
            return -1;
    }
    return 0;
}

/* --- values -> settings ---------------------------------------------------*/

static bool
is_given(const struct option_values *values, const struct option *option)
{
    for (size_t i = 0; i < values->n; i++) {
        if (values->items[i].option == option)
            return true;
    }
    return false;
}

/*
 * What a file says. A list that the command line gives, too, is replaced by
 * that one; it must be right all the same.
 */
static int
apply_file(struct settings *settings, const struct config *file,
    const struct option_values *given, struct err *err)
{
    struct option_values values = {0};
    struct settings replaced;
    int status = config_values(file, &values, err);

    settings_defaults(&replaced);
    replaced.input.mapping_path = settings->input.mapping_path
                                      ? mem_text(settings->input.mapping_path)
                                      : NULL;
    for (size_t i = 0; status == 0 && i < values.n; i++) {
        const struct option_value *value_given = &values.items[i];
        bool is_replaced = value_given->option->repeats &&
                           is_given(given, value_given->option);

        status = option_value_apply(value_given,
            is_replaced ? &replaced : settings, err);
        if (status == 0 && !is_replaced)
            settings_note(settings, value_given->option, value_given->value);
    }
    settings_release(&replaced);
    option_values_release(&values);
    return status;
}

/* The last one given is a file's name; NULL when none is. */
static const char *
path_given(const struct option_values *given, const char *option)
{
    for (size_t i = given->n; i-- > 0;) {
        if (strcmp(given->items[i].option->name, option) == 0)
            return given->items[i].value;
    }
    return NULL;
}

/* The settings keep the file that says what the columns mean. */
static void
keep_mapping(struct settings *settings, struct config *file)
{
    free(settings->input.mapping_path);
    settings->input.mapping_path = mem_text(yaml_name(file->file));
    settings->input.mapping_file = file->file;
}

static int
apply_files(struct settings *settings, struct config *config,
    struct config *mapping, const struct option_values *given, struct err *err)
{
    if (mapping->file)
        keep_mapping(settings, mapping);
    else if (config_has_mapping(config))
        keep_mapping(settings, config);
    if (config_check_both(config, mapping, err) ||
        config_servers(config, settings, err) ||
        config_servers(mapping, settings, err) ||
        apply_file(settings, config, given, err) ||
        apply_file(settings, mapping, given, err))
        return -1;
    return 0;
}

/* Those of --config and --mapping. */
static int
read_files(struct settings *settings, const struct option_values *given,
    struct err *err)
{
    const char *config_path = path_given(given, "config");
    const char *mapping_path = path_given(given, "mapping");
    struct config config = {0}, mapping = {0};
    int status = 0;

    if (config_path)
        status = config_read(&config, config_path, "config", err);
    if (status == 0 && mapping_path)
        status = config_read(&mapping, mapping_path, "mapping", err);
    if (status == 0)
        status = apply_files(settings, &config, &mapping, given, err);
    if (config.file != settings->input.mapping_file)
        config_release(&config);
    if (mapping.file != settings->input.mapping_file)
        config_release(&mapping);
    return status;
}

static int
apply(struct settings *settings, const struct option_values *given,
    struct err *err)
{
    if (read_files(settings, given, err))
        return -1;
    for (size_t i = 0; i < given->n; i++) {
        if (option_value_apply(&given->items[i], settings, err))
            return -1;
        settings_note(settings, given->items[i].option, given->items[i].value);
    }
    return 0;
}

/* Would the options take the values that are to be tried? */
static int
check_sweep(const struct sweep *sweep, struct err *err)
{
    const struct option *option =
        option_find(FOR_LOAD, sweep->option, strlen(sweep->option));
    struct settings trial;
    int status = 0;

    must(option);
    settings_defaults(&trial);
    for (size_t i = 0; status == 0 && i < sweep->values.n; i++)
        status = option_set(option, &trial, sweep->values.items[i], err);
    settings_release(&trial);
    if (status)
        err_wrap(err, "--sweep: %s", sweep->option);
    return status;
}

static int
check_sweeps(const struct bench_settings *bench, struct err *err)
{
    for (size_t i = 0; i < bench->n_sweeps; i++)
        if (check_sweep(&bench->sweeps[i], err))
            return -1;
    return 0;
}

int
options_read(struct settings *settings, unsigned command, char *const *words,
    size_t n_words, enum action *action_out, struct err *err)
{
    struct reader reader = {
        .command = command,
        .words = words,
        .n = n_words,
        .action = ACTION_RUN,
        .operands = &settings->input.files,
    };
    int status = read_words(&reader, err);

    settings->purpose = command == FOR_VERIFY ? PURPOSE_VERIFY : PURPOSE_LOAD;
    if (status == 0 && reader.action == ACTION_RUN)
        status = apply(settings, &reader.values, err);
    if (status == 0)
        status = check_sweeps(&settings->bench, err);
    option_values_release(&reader.values);
    *action_out = reader.action;
    return status;
}

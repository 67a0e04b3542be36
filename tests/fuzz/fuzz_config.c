/*
 * settings/config: any file is a list of settings, or an error that says where.
 * Settings and servers are applied and the settings finished as the program
 * does it; whatever fails says FILE:LINE:COLUMN of a place in the file, and
 * nothing leaks (LeakSanitizer looks after each run).
 *
 * No head: the input is the file.
 */
// FUZZ: -max_len=2048
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "settings/config.h"
#include "settings/option_values.h"
#include "settings/options.h"

static char path[64];

/* A file that holds these bytes, at `path`. */
static void
write_file(const uint8_t *data, size_t n)
{
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("config", MFD_CLOEXEC);
        must(fd >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    must(ftruncate(fd, 0) == 0);
    must(pwrite(fd, data, n, 0) == (ssize_t)n);
}

/* ":LINE:COLUMN" at `at` is a place in the file; returns what is behind it. */
static const char *
check_place(const char *at, const uint8_t *data, size_t n)
{
    unsigned long line, column, n_lines = 1;
    char *end;

    /* YAML has other line ends, too: a bare CR, NEL, LS, PS */
    for (size_t i = 0; i < n; i++)
        n_lines += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85 ||
                   (i > 1 && data[i - 2] == 0xe2 && data[i - 1] == 0x80 &&
                       (data[i] == 0xa8 || data[i] == 0xa9));
    must(at[0] == ':' && at[1] >= '1' && at[1] <= '9');
    line = strtoul(at + 1, &end, 10);
    must(end[0] == ':' && end[1] >= '1' && end[1] <= '9');
    column = strtoul(end + 1, &end, 10);
    /* the end of a file is a line behind its last one */
    must(line <= n_lines + 1 && column <= n + 1);
    return end;
}

static void
check_err(const struct err *err, const uint8_t *data, size_t n)
{
    const char *at;

    must(err->code == ERR_USAGE);
    must(strncmp(err->text, path, strlen(path)) == 0);
    at = check_place(err->text + strlen(path), data, n);
    must(strncmp(at, ": ", 2) == 0 && at[2]);
}

static void
check_setting(const struct option_value *setting, const uint8_t *data, size_t n)
{
    must(setting->option && setting->option->type != OPTION_ACTION);
    must(!setting->option->is_cli_only);
    must(strncmp(setting->where, path, strlen(path)) == 0);
    must(!*check_place(setting->where + strlen(path), data, n));
    if (!setting->option->arg)
        return; /* "true" or "false" is judged later */
    must(setting->value);
}

/* What holds for all settings that are accepted. */
static void
check_settings(const struct settings *settings)
{
    must(settings->servers.n_shards > 0);
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        must(*settings->servers.shards[i].name);
        must(settings->servers.shards[i].n_addresses > 0);
        must(settings->servers.shards[i].n_addresses <= SHARD_MAX_ADDRESSES);
        for (size_t j = 0; j < i; j++)
            must(strcmp(settings->servers.shards[i].name,
                     settings->servers.shards[j].name) != 0);
    }
    must(settings->input.patterns.n > 0);
    must(settings->tuning.processes >= 1 && settings->tuning.processes <= 1024);
    must(settings->tuning.threads <= 64);
    must(settings->tuning.connections >= 1 &&
         settings->tuning.connections <= 64);
    must(settings->tuning.batch_lines >= 1 &&
         settings->tuning.batch_lines <= 1000000);
    must(settings->tuning.window_bytes >= 1 << 10 &&
         settings->tuning.window_bytes <= 64 << 20);
    must(settings->input.max_line_bytes >= 64 &&
         settings->input.max_line_bytes <= 512 << 20);
    must(settings->failure.max_error_rate >= 0 &&
         settings->failure.max_error_rate <= 1);
    must(settings->failure.timeout_ms > 0 &&
         settings->failure.retry_delay_ms >= 0);
    must(settings->failure.max_outage_ms >= 0);
    must(settings->input.inflate);
    must(!(settings->output.verbose && settings->output.quiet));
}

/* Every node is looked at: each is in the file. An alias is the node it means,
 * so what was seen is not gone through again. */
static void
check_node(const struct yaml_node *node, const uint8_t *data, size_t n,
    size_t *n_left)
{
    if (*n_left == 0)
        return;
    --*n_left;
    must(node->line >= 1 && node->column >= 1 && node->column <= n + 1);
    must((node->kind == YAML_IS_TEXT) == (node->text != NULL));
    must(node->kind != YAML_IS_TEXT || node->n == 0);
    for (size_t i = 0; i < node->n; i++) {
        if (node->kind == YAML_IS_MAP)
            must(yaml_find(node, node->keys[i]->text) == node->items[i]);
        check_node(node->items[i], data, n, n_left);
    }
}

static void
check_config(const struct config *config, const uint8_t *data, size_t n)
{
    size_t n_left = 10000;

    if (yaml_root(config->file))
        check_node(yaml_root(config->file), data, n, &n_left);
    for (size_t i = 0; i < N_SECTIONS; i++)
        must((config->keys[i] != NULL) == (config->values[i] != NULL));
}

/* As a command does it, with the file as the one and as both. */
static int
read_options(const char *first, const char *second)
{
    const char *words[] = {first, path, second, path};
    enum action action;
    struct err err = {0};
    struct settings settings;
    int status;

    settings_defaults(&settings);
    status = options_read(&settings, FOR_LOAD, (char *const *)words,
        second ? 4 : 2, &action, &err);
    must(status == 0 || err.code == ERR_USAGE);
    if (status == 0 && strcmp(first, "--mapping") == 0)
        must(settings.input.mapping_file &&
             strcmp(settings.input.mapping_path, path) == 0);
    settings_release(&settings);
    return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct option_values given = {0};
    struct config config;
    struct err err = {0};
    struct settings settings;
    int status;

    write_file(data, n);
    settings_defaults(&settings);
    status = config_read(&config, path, "config", &err);
    if (status == 0) {
        check_config(&config, data, n);
        if (config_has_mapping(&config))
            settings.input.mapping_path = mem_text(path);
        status = config_servers(&config, &settings, &err);
    }
    if (status == 0)
        status = config_values(&config, &given, &err);
    for (size_t i = 0; i < given.n; i++)
        check_setting(&given.items[i], data, n);
    for (size_t i = 0; status == 0 && i < given.n; i++)
        status = option_value_apply(&given.items[i], &settings, &err);
    must(read_options("--config", NULL) == status);
    read_options("--mapping", NULL);
    read_options("--mapping", "--config");
    if (status)
        check_err(&err, data, n);
    else if (settings_finish(&settings, &err))
        must(err.code == ERR_USAGE && err.text[0]); /* of no one place */
    else
        check_settings(&settings);
    config_release(&config);
    option_values_release(&given);
    settings_release(&settings);
    return 0;
}

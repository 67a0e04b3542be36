/*
 * Descriptor sets and values that protoc makes, for tests of schemas. Files
 * lie in the test's directory (temp_dir.h). Everything stops the test at once
 * when it fails.
 */
#ifndef UNIT_PROTOC_MADE_H
#define UNIT_PROTOC_MADE_H

#include "base/text.h"
#include "schema/schema.h"
#include "unit/temp_dir.h"

static inline void
read_bytes_of(struct text *out, const char *path)
{
    FILE *file = fopen(path, "re");
    char bytes[4096];
    size_t n;

    assert_non_null(file);
    text_clear(out);
    text_add(out, "", 0);
    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
        text_add(out, bytes, n);
    assert_int_equal(fclose(file), 0);
}

static inline void
run_command(const char *command)
{
    int status = system(command);

    if (status != 0)
        fail_msg("exit status %d: %s", status, command);
}

/* The set of that file of the directory. */
static inline void
protoc_set(struct text *out, const char *proto_name)
{
    char command[512];

    snprintf(command, sizeof(command),
        "protoc -I%s --include_imports --descriptor_set_out=%s/set.pb %s/%s",
        temp_dir, temp_dir, temp_dir, proto_name);
    run_command(command);
    read_bytes_of(out, temp_path("set.pb"));
}

static inline struct schema *
schema_of_bytes(const char *bytes, size_t n_bytes)
{
    /* where a byte read too many is seen */
    char *exact = malloc(n_bytes ? n_bytes : 1);
    struct schema *schema;
    struct err err = {0};

    assert_non_null(exact);
    memcpy(exact, bytes, n_bytes);
    schema = schema_new(exact, n_bytes, "set.pb", &err);
    free(exact);
    if (!schema)
        fail_msg("%s", err.text);
    return schema;
}

/* Of the text of a .proto, which is test.proto then. */
static inline struct schema *
schema_of(const char *proto)
{
    struct text set = {0};
    struct schema *schema;

    temp_file("test.proto", proto);
    protoc_set(&set, "test.proto");
    schema = schema_of_bytes(set.data, set.n_bytes);
    text_release(&set);
    return schema;
}

/* What protoc makes of a message's text, by test.proto. */
static inline void
protoc_encode(struct text *out, const char *message, const char *text)
{
    char command[512];

    temp_file("message.txt", text);
    snprintf(command, sizeof(command),
        "cd %s && protoc -I. --encode=%s test.proto <message.txt >message.bin",
        temp_dir, message);
    run_command(command);
    read_bytes_of(out, temp_path("message.bin"));
}

#endif

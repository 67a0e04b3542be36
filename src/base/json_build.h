/*
 * JSON as the summaries write it (docs/contract.md 8): small additions to
 * jansson, and the one place that includes it. For the files that write a
 * summary, hence the short names. One thread; memory that runs out ends the
 * process.
 */
#ifndef BASE_JSON_BUILD_H
#define BASE_JSON_BUILD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file_write.h"
#include "base/mem.h"
#include "base/text.h"

/* Every number below is rounded to fewer digits, so these print it short. */
enum { DIGITS = 15 };

/* jansson's memory failing is ours. */
static inline json_t *
made(json_t *json)
{
    if (!json)
        die("out of memory (the summary)");
    return json;
}

static inline void
put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, made(value)))
        die("out of memory (the summary)");
}

static inline void
put_count(json_t *object, const char *key, uint64_t n)
{
    put(object, key, json_integer((json_int_t)n));
}

/* Milliseconds are as fine as anyone looks. */
static inline void
put_seconds(json_t *object, const char *key, double seconds)
{
    char text[64];

    snprintf(text, sizeof(text), "%.3f", seconds);
    put(object, key, json_real(strtod(text, NULL)));
}

static inline void
put_rate(json_t *object, const char *key, double rate)
{
    char text[64];

    snprintf(text, sizeof(text), "%.6g", rate);
    put(object, key, json_real(strtod(text, NULL)));
}

/*
 * A name may be any bytes, JSON is Unicode: one that is not UTF-8 is taken as
 * Latin-1, so that every byte from 0x80 on becomes \u00XX.
 */
static inline json_t *
name_json(const char *name)
{
    json_t *value = json_string(name);
    struct text latin = {0};

    if (value)
        return value;
    for (const char *at = name; *at; at++) {
        unsigned char c = (unsigned char)*at;

        if (c < 0x80)
            text_add(&latin, at, 1);
        else
            text_format(&latin, "%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
    }
    value = made(json_stringn(latin.data, latin.n_bytes));
    text_release(&latin);
    return value;
}

/* False when it was no UTF-8. */
static inline bool
put_path(json_t *object, const char *key, const char *path)
{
    json_t *value = name_json(path);

    put(object, key, value);
    return strcmp(json_string_value(value), path) == 0;
}

static inline void
append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, made(value)))
        die("out of memory (the summary)");
}

static inline int
add_dumped(const char *bytes, size_t n_bytes, void *ctx)
{
    text_add(ctx, bytes, n_bytes);
    return 0;
}

/*
 * Plain ASCII, whatever the files are called. Takes over the JSON. Not
 * json_dumps(): short of memory for its result, it leaves strings out and says
 * nothing.
 */
static inline void
add_json(struct text *out, json_t *json)
{
    if (json_dump_callback(json, add_dumped, out,
            JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(DIGITS)))
        die("out of memory (the summary)");
    json_decref(json);
    text_add(out, "\n", 1);
}

/*
 * To a file beside its final name and then renamed, or to standard output for
 * "-". Takes over the JSON.
 */
static inline int
write_json(const char *path, json_t *json, struct err *err)
{
    struct text text = {0};
    int rc;

    add_json(&text, json);
    if (strcmp(path, "-") != 0) {
        rc = file_write(path, text.data, text.n_bytes, err);
    } else {
        rc = fd_write(STDOUT_FILENO, text.data, text.n_bytes);
        if (rc)
            err_set_errno(err, ERR_IO, "cannot write to standard output");
    }
    text_release(&text);
    if (rc)
        err_wrap(err, "the summary");
    return rc;
}

#endif

/*
 * Reads gzip data whole, and compares: for tests of sources, over every
 * inflater. What fails stops the test at once.
 */
#ifndef UNIT_GZIP_READER_H
#define UNIT_GZIP_READER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gz_samples.h"
#include "source/inflater.h"
#include "source/source.h"

enum { DEADLINE_S = 300, MOST_TEXT = 4 << 20 };

struct result {
    enum source_state state;
    struct text text;
    struct err err;
};

/* What came with the buffer must never come out of it. */
static const char ghost[] = "ghost\n";

static inline void
haunt(char *buffer, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buffer[i] = ghost[i % (sizeof(ghost) - 1)];
}

static inline void
read_all(struct result *result, const char *inflate, const void *bytes,
    size_t n, size_t room)
{
    int fd = gz_file(bytes, n);
    struct source *source = source_open(fd, -1, inflate);
    char *buffer = mem_new(room);
    size_t got;

    *result = (struct result){0};
    do {
        haunt(buffer, room);
        result->state = source_read(source, buffer, room, &got, &result->err);
        assert_true(got <= room);
        text_add(&result->text, buffer, got);
        assert_true(result->text.n_bytes < MOST_TEXT);
    } while (result->state == SOURCE_MORE);
    assert_int_equal(source_read(source, buffer, room, &got, &result->err),
        result->state);
    assert_int_equal(got, 0);
    assert_int_equal(source_state_reason(result->state) == NULL,
        result->state == SOURCE_END);
    free(buffer);
    source_close(source);
    close(fd);
}

static inline void
release(struct result *result)
{
    text_release(&result->text);
}

static inline bool
is_prefix(const struct text *part, const struct text *whole)
{
    return part->n_bytes <= whole->n_bytes &&
           (part->n_bytes == 0 ||
               memcmp(part->data, whole->data, part->n_bytes) == 0);
}

static inline bool
is_same(const struct text *a, const struct text *b)
{
    return a->n_bytes == b->n_bytes && is_prefix(a, b);
}

/* want_err NULL: bad deflate data, at the byte where the inflater saw it. */
static inline bool
is_error(const char *err, const char *want_err)
{
    return want_err ? strcmp(err, want_err) == 0
                    : strstr(err, ": bad deflate data") != NULL;
}

static inline void
check_row(const char *name, const struct text *gz, enum source_state state,
    const char *want_text, const char *want_err)
{
    struct result result;

    for (size_t i = 0; inflaters()[i]; i++) {
        read_all(&result, inflaters()[i]->name, gz->data, gz->n_bytes, 100);
        text_add(&result.text, "", 0);
        if (result.state != state || strcmp(result.text.data, want_text) != 0 ||
            !is_error(result.err.text, want_err))
            fail_msg("%s with %s: state %d, text '%s', err '%s'", name,
                inflaters()[i]->name, (int)result.state, result.text.data,
                result.err.text);
        release(&result);
    }
}

#define BYTES(text) (text), sizeof(text) - 1

#endif

/*
 * A text that grows: for messages, tables and files written whole.
 *
 * Zero-initialised is empty. The caller owns it and calls text_release();
 * `data` is always NUL-terminated once something was added, and moves when
 * the text grows. One thread. Memory that runs out ends the process.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

struct text {
    char *data;
    size_t n_bytes;
    size_t room_bytes;
};

void text_add(struct text *text, const char *bytes, size_t n_bytes);
void text_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_clear(struct text *text);
void text_release(struct text *text);

#endif

/*
 * Texts in a place of fixed size. What is too long loses its middle, where
 * "..." takes its place: a message begins with where and ends with why and what
 * to do, and what makes it long is a name in between.
 *
 * UTF-8 characters stay whole. `room` counts the NUL byte and is at least 16.
 * Any thread; errno is preserved, so that "%m" works. Memory that runs out
 * ends the process.
 */
#ifndef BASE_FIT_H
#define BASE_FIT_H

#include <stdarg.h>
#include <stddef.h>

void fit(char *to, size_t room, const char *text);
void fit_format(char *to, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void fit_vformat(char *to, size_t room, const char *format, va_list ap)
    __attribute__((format(printf, 3, 0)));

#endif

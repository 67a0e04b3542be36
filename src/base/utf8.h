/*
 * UTF-8, strictly: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Pure functions, any thread.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The code point at `at`, of whose bytes n_bytes may be looked at (SIZE_MAX
 * for a text that ends in a NUL). Returns how many bytes it takes, 0 when
 * there is none; *code is the byte then.
 */
size_t utf8_decode(const char *at, size_t n_bytes, uint32_t *code);

bool utf8_is_valid(const char *bytes, size_t n_bytes);

#endif

/*
 * Small questions about texts. Pure functions, any thread, no locale.
 */
#ifndef INFER_TEXTS_H
#define INFER_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

static inline bool
is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Leaves out the blanks around. */
static inline void
trim_blanks(const char **at, size_t *n_bytes)
{
    while (*n_bytes > 0 && (**at == ' ' || **at == '\t')) {
        (*at)++;
        (*n_bytes)--;
    }
    while (*n_bytes > 0 &&
           ((*at)[*n_bytes - 1] == ' ' || (*at)[*n_bytes - 1] == '\t'))
        (*n_bytes)--;
}

#endif

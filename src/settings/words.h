/*
 * A list of texts, each of them owned by the list. Zero-initialise; one thread.
 * Cannot fail (out of memory ends the process).
 */
#ifndef SETTINGS_WORDS_H
#define SETTINGS_WORDS_H

#include <stddef.h>

struct words {
    char **items;
    size_t n;
};

/* Adds a copy of the word. */
void words_add(struct words *words, const char *word);

/* Frees all of them; the list is empty afterwards. */
void words_release(struct words *words);

#endif

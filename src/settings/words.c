#include "settings/words.h"

#include <stdlib.h>

#include "base/mem.h"

void
words_add(struct words *words, const char *word)
{
    words->items = mem_grow(words->items, words->n + 1, sizeof(*words->items));
    words->items[words->n++] = mem_text(word);
}

void
words_release(struct words *words)
{
    for (size_t i = 0; i < words->n; i++)
        free(words->items[i]);
    free(words->items);
    *words = (struct words){0};
}

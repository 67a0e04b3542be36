/*
 * How wide a text is on a terminal, and cutting it there.
 *
 * Texts are UTF-8, but may hold anything, as file names do: what cannot be
 * shown (control characters, bytes that are no UTF-8) is shown as '?', one for
 * each byte, so that no name can move the cursor or change a colour. Wide
 * characters take two columns; a combining one is counted as one, which can
 * only make a text narrower than was thought. Whatever the locale. Pure
 * functions, any thread.
 */
#ifndef BASE_COLUMNS_H
#define BASE_COLUMNS_H

#include <stddef.h>

#include "base/text.h"

/* Of the text as columns_add() shows it. */
size_t columns_of(const char *text);

/*
 * Adds the text, at most max_columns of it; what is cut ends in '~'. Returns
 * the columns it takes.
 */
size_t columns_add(struct text *out, const char *text, size_t max_columns);

#endif

/*
 * How wide a text is on a terminal, and making it fit there.
 *
 * Texts are UTF-8, but may hold anything, as file names do. What cannot be
 * shown is escaped: \n, \r, \t, and \x1b and the like for each byte of other
 * control characters, of those that turn the direction of writing, and of what
 * is not UTF-8; so no name can move the cursor, change a colour or begin a line
 * of its own. Wide characters take two columns; a combining one is counted as
 * one, which can only make a text narrower than was thought. Whatever the
 * locale. Pure functions, any thread.
 */
#ifndef BASE_COLUMNS_H
#define BASE_COLUMNS_H

#include <stddef.h>

#include "base/text.h"

/* Of the text as columns_add() shows it. */
size_t columns_of(const char *text);

/*
 * Adds the text in at most max_columns. What is longer loses its middle, where
 * "..." takes its place: names differ at both ends. In less room than
 * COLUMNS_MIDDLE it loses its end instead, for a '~'. Returns the columns it
 * takes.
 */
enum { COLUMNS_MIDDLE = 16 };
size_t columns_add(struct text *out, const char *text, size_t max_columns);

#endif

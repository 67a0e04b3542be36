/*
 * Other programs: run once with a text to read, for what they write.
 *
 * Looked up in PATH and started directly, never by a shell, so no name or
 * text can be taken for a command. What goes in and comes out lies in memory
 * files: nothing waits for a reader, however much it is. One thread; waits
 * for the program, for at most timeout_ms, then kills it, and in any case what
 * it has started and left behind.
 */
#ifndef BASE_TOOL_H
#define BASE_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

/* Is there a program of that name in PATH? */
bool tool_is_there(const char *name);

/*
 * argv ends with NULL. input: NULL for none. Adds standard output to `out`
 * and standard error to `said`. -1 with ERR_IO: it could not be run, was
 * killed, or ended with another status than 0 (err has its first words).
 */
int tool_run(const char *const *argv, const struct text *input,
    int64_t timeout_ms, struct text *out, struct text *said, struct err *err);

#endif

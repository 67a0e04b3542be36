/*
 * What a file of a table holds, guessed from its first lines: columns, their
 * names and kinds, the key.
 *
 * The caller owns the struct and calls guess_release(). One thread; reads only
 * memory.
 */
#ifndef INFER_GUESS_H
#define INFER_GUESS_H

#include <stddef.h>

#include "base/err.h"
#include "infer/guess_result.h"
#include "infer/head.h"

/*
 * -1, ERR_DATA: these lines are not a table, or no column of it can be a key.
 * The text says why and what may help.
 */
int guess_make(struct guess *guess, const struct head *head, size_t n_lines,
    size_t max_line_bytes, struct err *err);
void guess_release(struct guess *guess);

#endif

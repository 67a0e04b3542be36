/*
 * The inputs of a task: which they are, in which order.
 *
 * input_list_make() expands patterns and names (docs/contract.md 2): bytewise
 * order of base names, then paths, each file once (by device and inode, so a
 * symlink and its target count once too). Patterns match no rejects files of
 * earlier loads, unless they name their ending. The list owns its inputs; one
 * thread, the supervisor's.
 */
#ifndef INPUT_LIST_H
#define INPUT_LIST_H

#include <stddef.h>

#include "base/err.h"
#include "input/input.h"
#include "settings/settings.h"

struct input_list {
    struct input *input;
    size_t n;
};

/* -1 when nothing matched (ERR_USAGE) or a directory cannot be read. */
int input_list_make(struct input_list *list, const struct settings *settings,
    struct err *err);
/* Inputs that are open are closed. */
void input_list_release(struct input_list *list);

#endif

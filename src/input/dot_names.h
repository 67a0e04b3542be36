/*
 * Names of files that are done: NAME becomes .NAME, in its directory
 * (docs/contract.md 5). Any thread.
 */
#ifndef INPUT_DOT_NAMES_H
#define INPUT_DOT_NAMES_H

#include <stdbool.h>

/* The last component; of "a/b/" it is all, since no file can be meant. */
const char *name_base(const char *path);

/* What it is called when it is done; the caller frees it. */
char *name_done(const char *path);

/* Is there anything, be it a symlink that leads nowhere? */
bool name_is_there(const char *path);

/* Is it .NAME of a file that is done, so that there is no NAME? */
bool name_is_of_done(const char *path);

/* Is it a symlink to a file that is done and has another name now? */
bool name_led_to_done(const char *path);

#endif

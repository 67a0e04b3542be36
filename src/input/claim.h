/*
 * A file's turn and its end: opened and locked before it is loaded, checked
 * and renamed afterwards (DESIGN A.5).
 *
 * What goes wrong with a file settles that file, with a reason word and a
 * message for people, and stops nothing else; so no function here returns an
 * error. The lock is flock()'s, on the descriptor in file->fd, which the child
 * inherits; it is held until after the rename, so that another loader finds
 * the file either locked or gone. A symlink: its target is locked and checked,
 * the link is renamed. The supervisor's thread only. May block on a slow
 * filesystem.
 */
#ifndef INPUT_CLAIM_H
#define INPUT_CLAIM_H

#include <stdbool.h>

#include "settings/settings.h"
#include "input/list.h"

/*
 * Opens and locks it, and notes in at_start what it is. Standard input is
 * neither opened nor locked. A dry run changes nothing and takes no lock.
 * False: the file is settled, FAILED as `unreadable` or SKIPPED as `locked` or
 * `gone` (renamed, removed or replaced since the list was made).
 */
bool file_open(struct file *file, const struct settings *settings);

/*
 * Opens a file once more that is to be loaded again, by the name that it has
 * now, and locks it, unless it is open still; it is read from its start. False:
 * it is not there any more, or not the same; nothing is settled.
 */
bool file_open_again(struct file *file);

/*
 * The end of a DONE file: the last check, the rename where one is due, and the
 * lock given up. Makes it FAILED as `changed` or `rename` where that goes
 * wrong. Files that keep their name are checked too.
 */
void file_finish(struct file *file);

/* A renamed file is not done after all: it gets its old name back. */
void file_rename_back(struct file *file);

/* Gives up lock and descriptor, if there are any; the name stays. */
void file_close(struct file *file);

/*
 * Descriptors are short, since files that are done hold theirs until it is
 * their turn to be renamed: no file should be opened until some of these are
 * settled that are under way, upon which others are closed.
 */
bool files_must_wait(const struct file_list *list);

/*
 * To be called whenever a file was settled: closes the settled ones that are
 * not DONE, whose names are what they were, and finishes the DONE ones that
 * have only settled files before them, so that names appear in the order of
 * the list.
 */
void files_rename_settled(struct file_list *list);

#endif

/*
 * Who may read the log and the summary: nobody who may not read the inputs.
 *
 * Both may quote names and parts of lines. A file that is made anew gets the
 * rights that all inputs give, as far as the process's umask leaves them; one
 * that is there already and is written on keeps its own. One thread: it changes
 * the umask.
 */
#ifndef CMD_OUTPUT_RIGHTS_H
#define CMD_OUTPUT_RIGHTS_H

#include <sys/stat.h>

#include "settings/settings.h"

/* What all inputs, before they are renamed, give to others, and to the group
 * that a new file of that name has: bits of a mode. */
mode_t output_rights(const char *path, const struct settings *settings);

/* Until the umask is set again to what this returns, files are made with no
 * other rights for group and others. */
mode_t output_rights_narrow(mode_t given);

#endif

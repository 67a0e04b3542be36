/*
 * The rejects files of a run (load/rejects.h), as far as they are planned and
 * told. One thread, the supervisor's.
 */
#ifndef INPUT_REJECT_PATHS_H
#define INPUT_REJECT_PATHS_H

#include "base/err.h"
#include "settings/settings.h"
#include "load/reject_file.h"
#include "input/list.h"

/*
 * Says for each file where its rejects go, and makes sure that none is written
 * over: not by another file's, nor a file that is to be loaded. -1: they would
 * be (ERR_USAGE), or nothing can be written into --rejects (ERR_IO).
 */
int reject_files_plan(struct file_list *list, const struct settings *settings,
    struct err *err);

/* The path of a file that the load of this one has written, and its lines; NULL
 * when there is none. The caller frees it. */
char *reject_file_path(const struct file *file, enum rejects_kind kind,
    uint64_t *n_lines);
/* Likewise of the .tsv or .csv, whichever it is. */
char *reject_text_path(const struct file *file, uint64_t *n_lines);

#endif

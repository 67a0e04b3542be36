/*
 * The rejects files of a run (load/rejects.h), as far as they are planned and
 * told. One thread, the supervisor's.
 */
#ifndef INPUT_REJECT_PATHS_H
#define INPUT_REJECT_PATHS_H

#include "base/err.h"
#include "settings/settings.h"
#include "load/reject_file.h"
#include "load/report.h"
#include "input/list.h"

/*
 * Says for each input where its rejects go, and makes sure that none is written
 * over: not by another input's, nor a file that is to be loaded. -1: they would
 * be (ERR_USAGE), or nothing can be written into --rejects (ERR_IO).
 */
int reject_paths_plan(struct input_list *list, const struct settings *settings,
    struct err *err);

/*
 * The path of a file of bad lines that a load with this stem has written, by
 * its report, and its lines; NULL when there is none. The caller frees it.
 */
char *reject_path(const char *stem, const struct report *report,
    enum rejects_kind kind, uint64_t *n_lines);

#endif

/*
 * The files of a run: which they are, in which order, what became of each.
 *
 * file_list_make() expands patterns and names (DESIGN A.2): bytewise order of
 * base names, then paths, each file once (by device and inode, so a symlink
 * and its target count once too). Patterns match no rejects files of earlier
 * loads, unless they name their ending. Owned by the supervisor, one thread.
 *
 * A file's way: WAITING -> RUNNING -> READ, until the servers were asked
 * (audit/audit.h) -> one of DONE, FAILED, INTERRUPTED, SKIPPED, which are
 * "settled"; a DONE file is renamed when all earlier ones are settled
 * (claim.h), which may still make it FAILED. When a server loses what it held,
 * a settled file may become READ once more and be loaded again
 * (audit/losses.h).
 */
#ifndef INPUT_LIST_H
#define INPUT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "settings/settings.h"
#include "load/report.h"

enum file_status {
    FILE_WAITING,
    FILE_RUNNING,
    FILE_READ,
    FILE_DONE,
    FILE_FAILED,
    FILE_INTERRUPTED,
    FILE_SKIPPED,
};

/* "done", "failed", … as in the summary; "waiting", "running" before. */
const char *file_status_word(enum file_status status);

struct file {
    char *path;       /* as given or matched; "-" = standard input */
    const char *base; /* its last component, within path; "stdin" for "-" */
    bool is_stdin;
    bool renames; /* false for stdin, dot-files, --no-rename, --dry */
    bool is_renamed_or_kept; /* the rename was done, or none is due */

    uint32_t number; /* in the list of the load */
    bool is_loaded;  /* it is read back: at_start is what was loaded */

    enum file_status status;
    char reason[32];   /* "" or the word of the summary */
    char message[256]; /* the same for people */
    bool is_unsampled; /* its worker died: what it did is not verified */
    bool is_partial;   /* its worker died: counts are of whole batches */
    char *renamed_to;  /* NULL until renamed */
    bool is_stuck;     /* it did not get its old name back, as was told */
    char *rejects;     /* stem of its rejects files (load/rejects.h), or NULL */

    int fd; /* open and locked while running, else -1 */
    struct stat at_start;
    int64_t started_ns, ended_ns;
    struct report *report; /* NULL until its worker ended */

    /* by server; NULL until it was begun */
    unsigned *generations; /* of its baseline, when its items were begun to be
                              stored */
    bool *again;           /* to be loaded again for these; NULL: for none */
    bool is_short;         /* a server counted less than it had acknowledged */
    uint64_t lost; /* records that were stored and are gone with a server */
};

/* What messages call it: its path, or "stdin". */
const char *file_shown_name(const struct file *file);

struct file_list {
    struct file *file;
    size_t n;
};

/* -1 when nothing matched (ERR_USAGE) or a directory cannot be read. */
int file_list_make(struct file_list *list, const struct settings *settings,
    struct err *err);
void file_list_release(struct file_list *list);

/* Is it DONE, FAILED, INTERRUPTED or SKIPPED? */
bool file_is_settled(const struct file *file);

/* Settles it: status, reason word and message, which keeps its end (fit.h). */
void file_settle(struct file *file, enum file_status status, const char *reason,
    const char *message_format, ...) __attribute__((format(printf, 4, 5)));

/* Settles all from this one on as SKIPPED: they never had their turn. */
void files_skip(struct file_list *list, size_t from, const char *reason);

#endif

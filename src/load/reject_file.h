/*
 * A rejects file: its names, and its life from its first line to its
 * name.
 *
 * It is created at its first line, under a name that starts with a dot, and
 * locked with flock(2) until it gets its final name, so that two loaders that
 * share a directory do not write to the same file. What a killed loader left
 * there is removed. The text is on the disk before the file gets its name,
 * because the input is renamed after that and not loaded again: its bad lines
 * must survive a power failure.
 *
 * rejects.c alone writes, under its lock; the names are for everyone. A
 * function that fails returns -1 with ERR_IO, which names the file by its final
 * name.
 */
#ifndef LOAD_REJECT_FILE_H
#define LOAD_REJECT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/text.h"

/* The .jsonl, and the text: .csv for lines in which quotes mean something. */
enum rejects_kind { REJECTS_JSONL, REJECTS_TSV, REJECTS_CSV, N_REJECTS_KINDS };

enum rejects_state {
    REJECTS_WHOLE,   /* NAME.rejects.tsv: the load came to the input's end */
    REJECTS_PARTIAL, /* NAME.rejects.partial.tsv: it was interrupted */
    REJECTS_WORKING, /* .NAME.rejects.tsv.tmp: being written */
    REJECTS_DRY,     /* ….dry: by a dry run, maybe beside a real one */
};

/* The file's path; stem is that of NAME in the directory of the rejects. The
 * caller frees it. */
char *rejects_name(const char *stem, enum rejects_kind kind,
    enum rejects_state state);

/*
 * Can files of these names be? 0, or an errno and, into *name, which cannot,
 * for the caller to free: it is too long (ENAMETOOLONG), or what stands there
 * is a directory, pipe, socket or device, or a link where the working file goes
 * (EEXIST). Whether the directory may be written to is another question.
 */
int rejects_find_bad_name(const char *stem, bool is_csv, bool is_dry,
    char **name);

/* Bytes of ".rejects.tsv" and its like at the end of a name; 0: none. */
size_t rejects_suffix(const char *name);

/* Removes what a dead worker left half-written, unless another one is writing
 * it now. */
void rejects_remove_working(const char *stem, bool is_dry);

/* Zeroed memory is not valid: use reject_file_init(). */
struct reject_file {
    const char *stem;
    enum rejects_kind kind;
    char *path; /* while it is written */
    char *name; /* of the whole one, for messages */
    struct rights {
        gid_t group;
        mode_t mode;
    } rights;
    int fd;             /* locked; -1 until there is a line */
    struct text buffer; /* not written yet */
    uint64_t n_lines;   /* the writer's */
    bool continues;     /* an earlier load's file: it is added to */
    bool has_text;      /* of that */
};

/*
 * The stem outlives it. Nobody may read it who may not read input_fd's file: it
 * gets that one's group and mode, and where it cannot get the group, what the
 * group and all others may both do.
 */
void reject_file_init(struct reject_file *file, const char *stem,
    enum rejects_kind kind, bool is_dry, int input_fd);
void reject_file_release(struct reject_file *file);

/* Creates it, before its first line; with a copy of an earlier load's file when
 * it continues that. */
int reject_file_begin(struct reject_file *file, struct err *err);

/* Bytes, as they are or inside a JSON text; memory is bounded. */
int reject_file_add(struct reject_file *file, const char *bytes, size_t n_bytes,
    struct err *err);
int reject_file_add_json(struct reject_file *file, const char *bytes,
    size_t n_bytes, bool is_raw, struct err *err);

/* Writes all of it to the disk. Does nothing without a line. */
int reject_file_sync(struct reject_file *file, struct err *err);

/* Gives it its name, in place of an earlier load's file. Without a line, that
 * one is removed, unless this one continues it. */
int reject_file_rename(struct reject_file *file, enum rejects_state state,
    struct err *err);

/* Removes an earlier load's file; warns when that fails. */
void reject_file_remove_old(const struct reject_file *file,
    enum rejects_state state);

/* Removes it, if it still has no name. */
void reject_file_drop(struct reject_file *file);

#endif

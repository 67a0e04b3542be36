/*
 * The rejects files of a load: its lines that were rejected or failed.
 *
 *   NAME.rejects.jsonl  each as a JSON object: number, reason, text
 *   NAME.rejects.tsv    their text, to be corrected and loaded again: it begins
 *                       with the header of the input, if that has one, and is
 *                       called .csv when the input is csv
 *
 * A batch's lines are written when it comes home, since only then all of them
 * are known and its text is still there; so they stand in the order of the
 * file within a batch, and batch after batch as these came home. Lines that
 * are `bad_line` are not in the text: the rest of a cut line is a different
 * line, with a NUL byte the whole file would not be taken for text, and a quote
 * that is never closed would swallow the next lines.
 *
 * Owned by the pipeline. rejects_add() may be called by any of its threads,
 * and writes under a lock of its own; the rest when they are joined. Memory is
 * bounded, whatever the lines. When a file cannot be written a stop is asked
 * for, no more is written, and rejects_close() returns the error.
 */
#ifndef LOAD_REJECTS_H
#define LOAD_REJECTS_H

#include "base/err.h"
#include "settings/settings.h"
#include "load/batch.h"
#include "load/reject_file.h"
#include "memc/shard_map.h"

/* What they are made of; all outlives them. */
struct rejects_input {
    const struct settings *settings;
    const struct shards *shards;
    const char *stem; /* see rejects_name() */
    const char *name; /* of the input, for messages */
    int fd;           /* the input */
    int stop_fd;      /* an eventfd: written to, it asks for a stop */
    bool is_dry;      /* its names say so: a real load may run beside it */
    bool is_csv;      /* of the input's lines: quotes mean something */
    bool continues;   /* the input is loaded again, in part: its files of the
                         first time are added to */
};

struct rejects;

struct rejects *rejects_new(const struct rejects_input *input);
void rejects_free(struct rejects *rejects);

/* What the text begins with (load/mapped_lines.h), before a line is added; it
 * stays the caller's. */
void rejects_header(struct rejects *rejects, const char *header,
    size_t n_bytes);

/* Writes the batch's bad lines, if there are any; it is home, and counted.
 * NULL writes none. */
void rejects_add(struct rejects *rejects, struct batch *batch);

/*
 * Gives the files their names: whole ones, or those of an interrupted load,
 * which leaves an earlier load's whole ones alone. What an earlier load left
 * and this one does not replace is removed. -1: they could not be written, now
 * or before; nothing half-written is left.
 */
int rejects_close(struct rejects *rejects, bool is_whole, struct err *err);

/* Lines in a file that has its name. */
uint64_t rejects_lines(const struct rejects *rejects, enum rejects_kind kind);

#endif

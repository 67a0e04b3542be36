/*
 * The commands: what main() picks from. One file of this room each.
 *
 * A command gets a finished job (job.h) and returns the exit status
 * (settings/exit.h); it opens its log, says its errors itself, once, and leaves
 * the job to the caller. Single-threaded when called.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdio.h>

#include "settings/settings.h"

struct command {
    const char *name;
    unsigned flag; /* enum command_flags: its options */
    const char *operands;
    const char *about; /* for --help, lines of at most 80 columns */
    bool needs_operand;
    /* what is wrong with the job for this command, -1 and ERR_USAGE; of a job
     * that is not finished. Or NULL */
    int (*check)(const struct settings *settings, struct err *err);
    int (*run)(struct settings *settings);
};

/* The default one is first; the last has no name. */
extern const struct command commands[];

int cmd_load(struct settings *settings);
int cmd_get(struct settings *settings);
int cmd_doctor(struct settings *settings);
int cmd_verify(struct settings *settings);
int cmd_bench(struct settings *settings);
int cmd_explain(struct settings *settings);
int cmd_init(struct settings *settings);

int cmd_bench_check(const struct settings *settings, struct err *err);

/* The actions in place of a command; all write to standard output. */
int cmd_help(const struct command *command);
int cmd_version(void);
int cmd_selftest(void);

/* Compiles what the job says of columns: what settings->input.mapping is from
 * then on. -1, ERR_USAGE. */
int open_mapping(struct settings *settings, struct err *err);
void close_mapping(struct settings *settings);

/* Opens the log and checks that log and summary can be written: EXIT_DONE, or
 * another exit status after a message. */
int open_outputs(const struct settings *settings);

/*
 * At the end, on standard error: that the log could not be written, which makes
 * the status EXIT_NO_GO; or, when nothing was begun, where the log is.
 */
void end_log(const struct settings *settings, bool has_begun);

/*
 * Flushes standard output: EXIT_DONE, or EXIT_NO_GO with a message on standard
 * error when not all of it could be written (disk full).
 */
int finish_output(void);

/* Columns that a line of it may have: those of the terminal, at least 80; in a
 * file as many as anybody reads. */
size_t room_of(FILE *to);

#endif

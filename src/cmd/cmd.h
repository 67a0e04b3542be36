/*
 * The commands: what main() picks from. One file of this room each.
 *
 * A command gets finished settings (settings/settings.h), which nobody changes
 * any more, and returns the exit status (settings/exit.h); it opens its log and
 * says its errors itself, once. The settings stay the caller's. Single-threaded
 * when called.
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
    /* what is wrong with the settings for this command, -1 and ERR_USAGE;
     * called before settings_finish(). Or NULL */
    int (*check)(const struct settings *settings, struct err *err);
    int (*run)(const struct settings *settings);
};

/* The default one is first; the last has no name. */
extern const struct command commands[];

int cmd_load(const struct settings *settings);
int cmd_get(const struct settings *settings);
int cmd_doctor(const struct settings *settings);
int cmd_verify(const struct settings *settings);
int cmd_bench(const struct settings *settings);
int cmd_explain(const struct settings *settings);
int cmd_init(const struct settings *settings);

int cmd_bench_check(const struct settings *settings, struct err *err);

/* The actions in place of a command; all write to standard output. */
int cmd_help(const struct command *command);
int cmd_version(void);
int cmd_selftest(void);

/*
 * Sets what finished settings lack: the compiled mapping, and how many items
 * --margin needs. The last that changes them. *mapping is the caller's to free
 * behind all that use the settings, also after an error; NULL when it could not
 * be compiled. -1, ERR_USAGE.
 */
int complete_settings(struct settings *settings, struct mapping **mapping,
    struct err *err);
void release_mapping(struct mapping *mapping);

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

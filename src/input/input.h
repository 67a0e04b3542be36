/*
 * An input: where records come from, with what is known of it and what can be
 * done with it. Its state is kept in run/input_state.h.
 *
 * Its type is a table of functions: files and standard input now, objects of a
 * store later. Who wants to know what an input can do asks the type, not which
 * type it is. The list owns its inputs (list.h); the supervisor's thread only.
 */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "input/outcome.h"
#include "input/writers.h"

struct input;

struct input_type {
    const char *name; /* "file", "stdin" */

    bool can_read_again; /* else what a server lost of it is lost */
    bool has_path;       /* messages call it by its path, else by its base */
    bool has_size;       /* known before it is read */

    /* what helps, as the end of a sentence */
    const char *load_again; /* "load it again" */
    const char *get_whole;  /* of one that is broken: "get it anew …" */
    const char *run_again;  /* of one that was not finished: "run again" */
    const char *lost;       /* where a server lost what was stored of it */

    /*
     * Opens it from its start, and notes in at_start what it is; claims: so
     * that no other loader takes it. False: it cannot be opened, *outcome says
     * why: FAILED as `unreadable`, or SKIPPED as `locked` or `gone`.
     */
    bool (*open)(struct input *input, bool claims,
        struct input_outcome *outcome);
    /* Opens what was loaded once more, by the name that it has now, unless it
     * is open still. False: it is not there any more, or not the same. */
    bool (*open_again)(struct input *input);
    /* Is it still what was loaded? Else *outcome is FAILED as `changed`. */
    bool (*check_unchanged)(const struct input *input,
        struct input_outcome *outcome);
    /* Gives it the name of one that is done, never over another one. False:
     * *outcome is FAILED as `rename`. NULL: it keeps its name. */
    bool (*rename_done)(struct input *input, struct input_outcome *outcome);
    /* Gives it its old name back, or logs that this failed. NULL where
     * rename_done is. */
    void (*rename_back)(struct input *input);
    /* Gives up the claim and the descriptor, if there are any. */
    void (*close)(struct input *input);
};

extern const struct input_type input_file, input_stdin;

struct input {
    const struct input_type *type;
    char *path;       /* as given or matched; "-" = standard input */
    const char *base; /* its last component, within path; "stdin" for "-" */
    uint32_t number;  /* in the list of the load */
    bool renames;     /* false for stdin, dot-files, --no-rename, … */
    bool is_loaded;   /* it is read back: at_start is what was loaded */
    char *rejects;    /* stem of its rejects files (load/rejects.h), or NULL */
    bool is_csv;      /* these are .csv, */
    bool is_dry;      /* and of a dry run */
    /* --settle; below 0: whoever writes it is not asked for */
    int64_t settle_ms;

    int fd;               /* open and claimed while it is under way, else -1 */
    struct stat at_start; /* st_mode 0: nothing was there */
    char *renamed_to;     /* NULL until renamed */
    bool is_stuck;        /* rename_back() failed, and logged it */

    struct writers_wait wait; /* for those who write it */
    bool is_awaited;          /* that goes on */
    bool is_hurried;          /* a stop was asked for: it is over at once */
};

/* What messages call it. */
const char *input_shown_name(const struct input *input);

/*
 * Can it get the names that it will need: that of a done one, and those of its
 * rejects? False: *outcome is FAILED as `rename` or `rejects`, with what to do.
 * Of a name that is there already another check tells.
 */
bool input_check_names(const struct input *input,
    struct input_outcome *outcome);

/*
 * One that is open, before it is begun: does anybody write it? GONE: it may be
 * begun, and at_start is what it is now. AWAIT: ask again in a moment; of the
 * first time it is logged who is waited for. STAY: *outcome says who is there.
 */
enum writers_verdict input_await_begin(struct input *input, bool claims,
    struct input_outcome *outcome);

/* The same for one that was read, before input_finish(). */
enum writers_verdict input_await_end(struct input *input,
    struct input_outcome *outcome);

/*
 * The end of one that is done: the last check, the rename where one is due, and
 * the claim given up. False: *outcome is FAILED as `changed` or `rename`.
 * Inputs that keep their name are checked, too.
 */
bool input_finish(struct input *input, struct input_outcome *outcome);

/*
 * Descriptors are short, since inputs that are done hold theirs until it is
 * their turn to be renamed: none should be opened until some of those under
 * way are settled, upon which others are closed.
 */
bool input_descriptors_are_short(void);

#endif

/*
 * What a task is for, and all that follows from it: the one place that says
 * what is asked of servers, stored, claimed, renamed and kept, and how it is
 * called. A new purpose is a row here, and code asks for what a column says,
 * not for a purpose by name. Any thread; cannot fail.
 */
#ifndef SETTINGS_PURPOSE_H
#define SETTINGS_PURPOSE_H

#include <stdbool.h>

enum purpose {
    PURPOSE_LOAD,     /* the inputs' records are stored */
    PURPOSE_DRY,      /* all of that, but nothing is sent (--dry) */
    PURPOSE_VERIFY,   /* what the inputs should have stored is looked for */
    PURPOSE_READBACK, /* likewise, of a load that has just ended */
    N_PURPOSES
};

struct purpose_type {
    const char *command; /* of the summary: "load", "verify" */
    const char *mode;    /* of the summary; NULL: what --mode says */

    bool asks_servers;  /* the servers are probed before it begins */
    bool stores;        /* items are sent: claims inputs, keeps baselines */
    bool renames;       /* done inputs get their dot names */
    bool takes_done;    /* inputs are found by their dot names, too */
    bool keeps_rejects; /* bad lines go to files */
    bool forecasts;     /* what servers will need is found out before */
    bool limits_errors; /* an input fails by --max-error-rate */
    bool only_reads;    /* records are looked for, by the processes that read
                           the inputs or from a sample of them */
    bool is_dry;        /* its rejects files and its report say so */
    bool prints_items;  /* with -v, an item a line */

    /* words, as messages want them */
    const char *undone;        /* said when it ends before it begins */
    const char *nothing;       /* "nothing was …" */
    const char *stored;        /* of records, "the records were …"; NULL: by
                                  --mode */
    const char *input_done;    /* "1 file …" */
    const char *rest;          /* "run again to … the rest" */
    const char *to_servers;    /* "no server answers: nothing to …" */
    const char *degraded_does; /* "--degraded … their shards alone" */
    const char *without;       /* of records whose server is away */
    const char *sent_column;   /* heading of records that were not stored */
};

/* Never NULL. */
const struct purpose_type *purpose_type(enum purpose purpose);

#endif

/*
 * The log of the children while bars are drawn on the terminal: a pipe to the
 * supervisor, so that lines and bars do not get in each other's way. The
 * supervisor's thread only; without bars there is no pipe, and children log
 * where we do.
 */
#ifndef SUPERVISE_LOG_RELAY_H
#define SUPERVISE_LOG_RELAY_H

#include "report/progress.h"

struct relay {
    struct progress *progress;
    int ends[2]; /* for reading, for children to write; -1 = no pipe */
};

void relay_open(struct relay *relay, struct progress *progress,
    const struct settings *settings);
void relay_close(struct relay *relay);

/* What children logged since the last time, to where our log goes. */
void relay_logs(struct relay *relay);

#endif

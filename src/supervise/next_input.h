/*
 * Which input of a task is read next: one of which a server lost records comes
 * before one that was not begun yet. Opens it; what cannot be opened is settled
 * and passed over. The supervisor's thread only; may block on a slow
 * filesystem.
 */
#ifndef SUPERVISE_NEXT_INPUT_H
#define SUPERVISE_NEXT_INPUT_H

#include "run/run.h"

struct next_input {
    struct run *run;
    struct task *task;
    size_t new_from; /* of those never looked at, the first */
    size_t n_held;   /* looked at, but somebody writes them: they come first */
    /* called whenever one was settled */
    void (*settled)(void *ctx);
    void *ctx;
};

/*
 * NULL: there is none to begin now. n_free: how many more may be begun; one
 * that is held counts as begun, so that the order of the list holds as it does
 * without.
 */
struct run_input *next_input_open(struct next_input *next, size_t n_free);

/* Those that are held are not begun any more. */
void next_input_drop_held(struct next_input *next, enum input_reason reason);

/* It was opened, and no process can be started for it: errno says why. */
void next_input_fail(struct next_input *next, struct run_input *at, int error);

/* All were begun, or passed over. */
bool next_input_is_last(const struct next_input *next);

#endif

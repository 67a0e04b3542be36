/*
 * LD_PRELOAD: a stop that arrives at the worst moment, for
 * tests/integration/test_stops.py.
 *
 *   MEMC_STOP_FORK  N:SIGNAL, numbers: the child of the program's Nth fork
 *                   sends SIGNAL to its whole process group, as a terminal
 *                   does, before fork() has returned in it
 *   MEMC_STOP_GATE  a path: it does so when this file is there, and removes it
 *                   when it has
 *   MEMC_STOP_EXIT  N:ms: so long the process that was forked as the Nth takes
 *                   to leave, once its work is over
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Some ten minutes: a test that waits for longer has failed. */
enum { NAPS_MOST = 60000, NAP_NS = 10000000 };

static void
stop_all(int number)
{
    const struct timespec nap = {.tv_nsec = NAP_NS};
    const char *gate = getenv("MEMC_STOP_GATE");

    for (int i = 0; i < NAPS_MOST && access(gate, F_OK); i++)
        nanosleep(&nap, NULL);
    kill(0, number);
    unlink(gate);
}

static int child_number; /* 0: of the process that was started */

__attribute__((destructor)) static void
leave(void)
{
    const char *text = getenv("MEMC_STOP_EXIT");
    int at = 0;
    long ms = 0;
    struct timespec left;

    if (!text || sscanf(text, "%d:%ld", &at, &ms) != 2 || at != child_number)
        return;
    left = (struct timespec){ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left))
        ; /* go on for the rest */
}

pid_t
fork(void)
{
    static pid_t (*real)(void);
    static int n_forks;
    const char *sizing = getenv("MEMC_STOP_FORK");
    int at, number;
    pid_t pid;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fork");
    n_forks++;
    pid = real();
    if (pid == 0)
        child_number = n_forks;
    if (pid == 0 && sizing && sscanf(sizing, "%d:%d", &at, &number) == 2 &&
        at == n_forks)
        stop_all(number);
    return pid;
}

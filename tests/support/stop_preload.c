/*
 * LD_PRELOAD: a stop that arrives at the worst moment, for
 * tests/integration/test_stops.py.
 *
 *   MEMC_STOP_FORK  N:SIGNAL, numbers: the child of the program's Nth fork
 *                   sends SIGNAL to its whole process group, as a terminal
 *                   does, before fork() has returned in it
 *   MEMC_STOP_GATE  a path: it does so when this file is there, and removes it
 *                   when it has
 *   MEMC_STOP_EXIT  ms: so long every process that was forked takes to leave,
 *                   once its work is over
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

static bool is_child;

__attribute__((destructor)) static void
leave(void)
{
    const char *text = getenv("MEMC_STOP_EXIT");
    long ms = is_child && text ? strtol(text, NULL, 10) : 0;
    struct timespec left = {
        .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

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
    is_child |= pid == 0;
    if (pid == 0 && sizing && sscanf(sizing, "%d:%d", &at, &number) == 2 &&
        at == n_forks)
        stop_all(number);
    return pid;
}

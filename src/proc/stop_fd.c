#include "proc/stop_fd.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

/* Of the process, since a handler has no other way to it. */
static int stop_fd = -1;

static void
on_stop(int signal_number)
{
    const uint64_t one = 1;
    int saved = errno;

    (void)signal_number;
    /* a full counter is readable as well */
    if (write(stop_fd, &one, sizeof(one)) < 0)
        errno = saved;
    errno = saved;
}

int
stop_fd_open(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    sigset_t term;

    must(stop_fd < 0);
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd < 0)
        die("no eventfd: %s", strerror(errno));
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_UNBLOCK, &term, NULL);
    return stop_fd;
}

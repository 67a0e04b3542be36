#include "base/tool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file_write.h"
#include "base/mem.h"

bool
tool_is_there(const char *name)
{
    const char *at = getenv("PATH");

    while (at && *at) {
        size_t n_bytes = strcspn(at, ":");
        char *path = mem_format("%.*s/%s", (int)n_bytes, at, name);
        struct stat found;
        bool is_there = n_bytes > 0 && stat(path, &found) == 0 &&
                        S_ISREG(found.st_mode) && access(path, X_OK) == 0;

        free(path);
        if (is_there)
            return true;
        at += n_bytes + (at[n_bytes] == ':');
    }
    return false;
}

enum { IN, OUT, SAID, N_FILES };

static int
open_files(int fds[N_FILES], const struct text *input)
{
    static const char *const names[N_FILES] = {"in", "out", "said"};
    int rc = 0;

    for (int i = 0; i < N_FILES; i++) {
        fds[i] = memfd_create(names[i], MFD_CLOEXEC);
        rc |= fds[i] < 0;
    }
    if (rc == 0 && input && input->n_bytes)
        rc = fd_write(fds[IN], input->data, input->n_bytes) ||
             lseek(fds[IN], 0, SEEK_SET) != 0;
    return rc ? -1 : 0;
}

static void
close_files(const int fds[N_FILES])
{
    for (int i = 0; i < N_FILES; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* errno's number, 0 when it was started. Its signals are as for a program
 * started from a shell, whatever ours are. */
static int
start(pid_t *pid, const char *const *argv, const int fds[N_FILES])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int rc;

    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawn_file_actions_init(&actions) ||
        posix_spawnattr_init(&attributes))
        die("out of memory (starting %s)", argv[0]);
    for (int i = 0; i < N_FILES; i++)
        if (posix_spawn_file_actions_adddup2(&actions, fds[i], i))
            die("out of memory (starting %s)", argv[0]);
    must(posix_spawnattr_setsigmask(&attributes, &none) == 0);
    must(posix_spawnattr_setsigdefault(&attributes, &all) == 0);
    /* a group of its own, to end whatever it has started */
    must(posix_spawnattr_setpgroup(&attributes, 0) == 0);
    must(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                                   POSIX_SPAWN_SETSIGDEF |
                                                   POSIX_SPAWN_SETPGROUP) == 0);
    /* it takes the words as they are, but is not declared so */
    rc = posix_spawnp(pid, argv[0], &actions, &attributes,
        (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return rc;
}

/* Until it has ended, time is over, or we are asked to end. */
static bool
await_end(struct pollfd fds[2], int64_t timeout_ms)
{
    int64_t until = clock_ms() + timeout_ms;
    int n;

    do
        n = poll(fds, 2, clock_poll_ms(until, clock_ms()));
    while (n <= 0 && clock_ms() < until);
    return n > 0 && fds[0].revents;
}

/*
 * Its wait status; *is_late when it had to be killed. What it started and left
 * behind is ended with it: no terminal's ^C reaches its group, so one that
 * would end us waits until that is done.
 */
static int
wait_for(pid_t pid, int64_t timeout_ms, const sigset_t *stops, bool *is_late)
{
    struct pollfd fds[2] = {
        {.fd = pidfd_open(pid, 0), .events = POLLIN},
        {.fd = signalfd(-1, stops, SFD_CLOEXEC), .events = POLLIN},
    };
    int status = 0;

    *is_late = fds[0].fd >= 0 && !await_end(fds, timeout_ms);
    /* before it is reaped, while the group's number is not another's */
    if (fds[0].fd >= 0)
        kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    for (size_t i = 0; i < 2; i++)
        if (fds[i].fd >= 0)
            close(fds[i].fd);
    return status;
}

/* Runs it to its end: 0, or errno's number when it was not started. */
static int
run_to_end(const char *const *argv, const int fds[N_FILES], int64_t timeout_ms,
    int *status, bool *is_late)
{
    sigset_t stops, before;
    pid_t pid;
    int rc;

    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stops, &before);
    rc = start(&pid, argv, fds);
    if (rc == 0)
        *status = wait_for(pid, timeout_ms, &stops, is_late);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static int
read_back(int fd, struct text *out)
{
    char buffer[1 << 14];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, buffer, sizeof(buffer), at)) > 0) {
        text_add(out, buffer, (size_t)n);
        at += n;
    }
    return n < 0 ? -1 : 0;
}

static int
judge(const char *name, int status, bool is_late, const struct text *said,
    struct err *err)
{
    const char *words = said->n_bytes ? said->data : "";

    words += strspn(words, " \t\r\n");
    if (is_late)
        err_set(err, ERR_TIMEOUT, "%s did not end in time", name);
    else if (WIFSIGNALED(status))
        err_set(err, ERR_IO, "%s was killed by signal %d", name,
            WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        err_set(err, ERR_IO, "%s ended with status %d%s%.*s", name,
            WEXITSTATUS(status), *words ? ": " : "",
            (int)strcspn(words, "\r\n"), words);
    else
        return 0;
    return -1;
}

int
tool_run(const char *const *argv, const struct text *input, int64_t timeout_ms,
    struct text *out, struct text *said, struct err *err)
{
    int fds[N_FILES], status = 0, rc = -1;
    bool is_late = false;

    if (open_files(fds, input)) {
        err_set_errno(err, ERR_IO, "cannot run %s: no memory file", argv[0]);
        close_files(fds);
        return -1;
    }
    errno = run_to_end(argv, fds, timeout_ms, &status, &is_late);
    if (errno) {
        err_set_errno(err, ERR_IO, "cannot run %s", argv[0]);
    } else {
        if (read_back(fds[OUT], out) || read_back(fds[SAID], said))
            err_set_errno(err, ERR_IO, "cannot read what %s wrote", argv[0]);
        else
            rc = judge(argv[0], status, is_late, said, err);
    }
    close_files(fds);
    return rc;
}

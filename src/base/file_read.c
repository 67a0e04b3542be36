#include "base/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a pipe's writer may take to say something. */
enum { PIPE_MS = 5000 };

/* -1 with ETIMEDOUT: nobody writes into the pipe. */
static int
await_pipe(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    struct stat found;
    int n;

    if (fstat(fd, &found) || !S_ISFIFO(found.st_mode))
        return 0;
    do
        n = poll(&wanted, 1, PIPE_MS);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        errno = ETIMEDOUT;
    return n > 0 ? 0 : -1;
}

/* All of it, or what is too much: at most a byte over the limit. */
static int
read_whole(int fd, size_t max_bytes, struct text *out)
{
    char buffer[16384];
    size_t n_bytes = 0;

    text_add(out, "", 0);
    while (n_bytes <= max_bytes) {
        size_t left = max_bytes + 1 - n_bytes;
        ssize_t n;

        if (await_pipe(fd))
            return -1;
        n = read(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer));
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return (int)n;
        text_add(out, buffer, (size_t)n);
        n_bytes += (size_t)n;
    }
    return 0;
}

int
file_read(const char *path, const char *what, size_t max_bytes,
    struct text *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
        status = -1;
    size_t before = out->n_bytes;

    if (fd < 0) {
        err_set_errno(err, ERR_USAGE, "cannot open %s %s", what, path);
        return -1;
    }
    if (read_whole(fd, max_bytes, out))
        err_set_errno(err, ERR_USAGE, "cannot read %s %s", what, path);
    else if (out->n_bytes - before > max_bytes)
        err_set(err, ERR_USAGE, "%s %s is larger than %zu MiB", what, path,
            max_bytes >> 20);
    else
        status = 0;
    close(fd);
    return status;
}

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    int fd;
    enum log_level level;
    atomic_int failed;
} the_log = {STDERR_FILENO, LOG_I, 0};

void
log_init(int fd, enum log_level level)
{
    the_log.fd = fd;
    the_log.level = level;
}

void
log_redirect(int fd)
{
    the_log.fd = fd;
}

bool
log_wants(enum log_level level)
{
    return level <= the_log.level;
}

/* All of it, or the log is marked as failed; never blocks the load. */
static void
write_line(const char *line, size_t n_bytes)
{
    ssize_t n;

    do
        n = write(the_log.fd, line, n_bytes);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)n_bytes && !atomic_load(&the_log.failed))
        atomic_store(&the_log.failed, n < 0 ? errno : ENOSPC);
}

/* Names of files and words of servers may hold anything. */
static void
replace_controls(char *text, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
}

void
log_line(enum log_level level, const char *format, ...)
{
    static const char letters[] = "EWID";
    char line[LOG_LINE_BYTES];
    time_t now = time(NULL);
    struct tm tm;
    size_t n, stamp;
    int wrote;
    va_list ap;

    if (!log_wants(level))
        return;
    localtime_r(&now, &tm);
    n = strftime(line, sizeof(line), "[%Y.%m.%d %H:%M:%S] ", &tm);
    line[n++] = letters[level];
    line[n++] = ' ';
    stamp = n;
    va_start(ap, format);
    wrote = vsnprintf(line + n, sizeof(line) - n - 1, format, ap);
    va_end(ap);
    if (wrote < 0)
        return;
    if (n + (size_t)wrote >= sizeof(line) - 1) {
        n = sizeof(line) - 5;
        memcpy(line + n, "\xe2\x80\xa6", 3);
        n += 3;
    } else {
        n += (size_t)wrote;
    }
    replace_controls(line + stamp, n - stamp);
    line[n++] = '\n';
    write_line(line, n);
}

void
log_raw(const char *lines, size_t n_bytes)
{
    write_line(lines, n_bytes);
}

int
log_failed(void)
{
    return atomic_load(&the_log.failed);
}

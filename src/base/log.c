#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/file_write.h"
#include "base/fit.h"
#include "base/mem.h"

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

/* All of it, or the log is marked as failed. */
static void
write_line(const char *line, size_t n_bytes)
{
    if (fd_write(the_log.fd, line, n_bytes) && !atomic_load(&the_log.failed))
        atomic_store(&the_log.failed, errno);
}

static bool
is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/*
 * A message into `room` bytes: on one line, and nothing in it that a terminal
 * would act on, since file names and rows may hold anything. Returns its
 * length.
 */
__attribute__((format(printf, 3, 0))) static size_t
put_message(char *to, size_t room, const char *format, va_list ap)
{
    struct text shown = {0};
    char *raw;
    va_list again;
    int n;

    va_copy(again, ap);
    n = vsnprintf(to, room, format, ap);
    if (n < 0 || (size_t)n >= room || !is_plain(to)) {
        if (vasprintf(&raw, format, again) < 0)
            die("out of memory (a message)");
        columns_add(&shown, raw, SIZE_MAX);
        fit(to, room, shown.data ? shown.data : "");
        text_release(&shown);
        free(raw);
    }
    va_end(again);
    return strlen(to);
}

void
log_line(enum log_level level, const char *format, ...)
{
    static const char letters[] = "EWID";
    char line[LOG_LINE_BYTES];
    time_t now = time(NULL);
    struct tm tm;
    size_t n;
    va_list ap;

    if (!log_wants(level))
        return;
    localtime_r(&now, &tm);
    n = strftime(line, sizeof(line), "[%Y.%m.%d %H:%M:%S] ", &tm);
    line[n++] = letters[level];
    line[n++] = ' ';
    va_start(ap, format);
    n += put_message(line + n, sizeof(line) - n, format, ap);
    va_end(ap);
    line[n++] = '\n';
    write_line(line, n);
}

void
complain(const char *format, ...)
{
    char line[LOG_LINE_BYTES] = "memc_load: ";
    size_t n = strlen(line);
    va_list ap;

    va_start(ap, format);
    n += put_message(line + n, sizeof(line) - n, format, ap);
    va_end(ap);
    line[n++] = '\n';
    (void)fd_write(STDERR_FILENO, line, n);
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

/*
 * The log: "[2026.01.31 23:59:59] I message" (levels D I W E), a line a write,
 * to standard error or to --log's file.
 *
 * One log a process, opened before any thread or child exists; a child
 * inherits it. Any thread may log: a line is one write(2) of at most
 * LOG_LINE_BYTES, so lines of several processes do not mix on files opened
 * for appending, pipes and terminals. What is longer loses its middle (fit.h).
 * A message stays on its line and is always UTF-8, whatever names and rows it
 * tells: what cannot be shown is escaped, as columns.h has it.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_E, LOG_W, LOG_I, LOG_D };

/* <= PIPE_BUF, so that a line into a pipe is atomic. */
enum { LOG_LINE_BYTES = 4096 };

/* fd stays the caller's. Messages above `level` are dropped. */
void log_init(int fd, enum log_level level);

/* From now on to this fd, at the same level: in a child. */
void log_redirect(int fd);

/* Whole lines that another process made with log_line(). */
void log_raw(const char *lines, size_t n_bytes);

bool log_wants(enum log_level level);
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_E, __VA_ARGS__)
#define log_warn(...) log_line(LOG_W, __VA_ARGS__)
#define log_info(...) log_line(LOG_I, __VA_ARGS__)
#define log_debug(...) log_line(LOG_D, __VA_ARGS__)

/* "memc_load: message" on standard error, in the same form: for commands that
 * have no log, and for what is wrong before there is one. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A write that failed (disk full), of ours or of a child that was forked since
 * log_init(): errno of the first one, else 0. */
int log_failed(void);

#endif

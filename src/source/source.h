/*
 * Where bytes come from: a file's text, unpacked when it is gzip or zstd.
 *
 * source_read() looks at the first bytes (docs/contract.md 1): 1f 8b is gzip,
 * 28 b5 2f fd zstd (as are its skippable frames), anything else plain text
 * unless it is empty or has a NUL byte in its first 64 KiB, which is
 * SOURCE_NOT_GZIP. The descriptor stays the caller's; the source owns its
 * buffers. One source belongs to one thread. source_read() may block on a pipe;
 * wait_fd (-1: none) is polled beside the input then, and a readable wait_fd
 * makes it return SOURCE_STOPPED, so that a signal can end the wait.
 *
 * Errors are sticky: after the first that is not SOURCE_MORE every call
 * returns the same again. What came out before an error stays valid text,
 * although a wrong CRC may mean that it is wrong.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "source/source_state.h"

struct source;

/*
 * inflate: a name of inflater_find(), never NULL. An error of the input shows
 * at the first source_read(), not here; this cannot fail.
 */
struct source *source_open(int fd, int wait_fd, const char *inflate);
void source_close(struct source *source);

/*
 * Where it is enough to read the beginning: before each step, of some 100 KiB,
 * is_over is asked, and once it says so SOURCE_STOPPED is returned, however
 * long a line is or whatever is unpacked to nothing.
 */
void source_stop_when(struct source *source, bool (*is_over)(void *ctx),
    void *ctx);

/*
 * Puts up to room bytes at buffer, the number into *n_bytes (may be more than
 * 0 whatever is returned). room must be at least 1. For states of failure err
 * says what, and at which byte of the input.
 */
enum source_state source_read(struct source *source, char *buffer, size_t room,
    size_t *n_bytes, struct err *err);

/* Input bytes (packed ones, where it is packed) consumed so far: for progress.
 */
uint64_t source_offset(const struct source *source);
/* Bytes of text that came of them. */
uint64_t source_text_bytes(const struct source *source);

#endif

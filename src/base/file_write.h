/*
 * Writing a file whole or not at all.
 *
 * file_write() writes to a name beside the final one, syncs and renames, so
 * that a reader sees the old file or the new one, never a part, and a failure
 * leaves the old one. A symlink is followed. What is there and no regular file
 * (/dev/null, a pipe), or one that has no name any more (/dev/stdout may lead
 * there), is written to as it is. May block on the disk. One thread: it looks
 * at the process's umask.
 */
#ifndef BASE_FILE_WRITE_H
#define BASE_FILE_WRITE_H

#include <stddef.h>

#include "base/err.h"

/* -1 with ERR_IO, the path in it. */
int file_write(const char *path, const char *bytes, size_t n_bytes,
    struct err *err);

/*
 * Would file_write() come as far as writing? 0, and all is as it was; or -1
 * with its error. What it cannot foresee is a disk that fills up, or a place
 * that goes away meanwhile.
 */
int file_may_write(const char *path, struct err *err);

/*
 * In a directory that others may write to: is that name a link of another user,
 * or one of several of its file? Then writing could spoil what that is. -1,
 * with ERR_IO, when so.
 */
int file_check_planted(const char *path, struct err *err);

/* The directory that a path's last name is in, for the caller to free. */
char *file_directory(const char *path);

/* Opens what is written to as it is; flags besides O_WRONLY. Does not wait for
 * the reader of a pipe, but for a moment. -1 with ERR_IO. */
int file_open_for_writing(const char *path, int flags, struct err *err);

/* All of it to an open descriptor. -1 with errno. */
int fd_write(int fd, const char *bytes, size_t n_bytes);

#endif

/*
 * Which sockets this process has: to find the one that a library has opened
 * and keeps to itself.
 *
 * By inode, because descriptor numbers are reused at once when another thread
 * closes a socket; read from /proc, because descriptors of other threads are
 * theirs to touch. Between sockets_list() and sockets_duplicate_new() no other
 * thread may open a socket; closing is fine. What the C library opens to
 * resolve a name, and may keep, is told apart by its peer. Linux only.
 */
#ifndef SINK_SOCKETS_H
#define SINK_SOCKETS_H

#include <stddef.h>

#include "base/address.h"

struct socket_entry {
    int fd;
    unsigned long inode;
};

/* Zero-initialised is empty; the caller owns it. */
struct socket_list {
    struct socket_entry *entry;
    size_t n;
};

void sockets_list(struct socket_list *list);
void sockets_release(struct socket_list *list);

/* A duplicate of a socket that is not in the list and is connected to this
 * address; -1 when there is none. */
int sockets_duplicate_new(const struct socket_list *before,
    const struct address *address);

#endif

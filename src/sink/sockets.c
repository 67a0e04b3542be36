#include "sink/sockets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

/* The socket's inode behind an entry of /proc/self/fd, or 0. */
static unsigned long
inode_of(int dir_fd, const char *name)
{
    char target[64];
    unsigned long inode;
    ssize_t n = readlinkat(dir_fd, name, target, sizeof(target) - 1);

    if (n < 0)
        return 0;
    target[n] = '\0';
    return sscanf(target, "socket:[%lu]", &inode) == 1 ? inode : 0;
}

void
sockets_list(struct socket_list *list)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *each;
    unsigned long inode;

    *list = (struct socket_list){0};
    if (!dir)
        die("cannot read /proc/self/fd: %s", strerror(errno));
    while ((each = readdir(dir))) {
        inode = inode_of(dirfd(dir), each->d_name);
        if (!inode)
            continue;
        list->entry = mem_grow(list->entry, list->n + 1, sizeof(*list->entry));
        list->entry[list->n].fd = (int)strtol(each->d_name, NULL, 10);
        list->entry[list->n++].inode = inode;
    }
    closedir(dir);
}

void
sockets_release(struct socket_list *list)
{
    free(list->entry);
    *list = (struct socket_list){0};
}

static bool
contains(const struct socket_list *list, unsigned long inode)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->entry[i].inode == inode)
            return true;
    return false;
}

/*
 * A name service's daemon is asked by a unix socket or by datagrams. For an
 * address that is a path nobody resolves anything, so any unix socket will do;
 * its peer's name may differ from ours, by a link.
 */
static bool
leads_to(int fd, const struct address *address)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } peer;
    socklen_t n_bytes = sizeof(peer), type_bytes = sizeof(int);
    int type;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_bytes) ||
        type != SOCK_STREAM || getpeername(fd, &peer.any, &n_bytes))
        return false;
    switch (peer.any.sa_family) {
    case AF_UNIX:
        return address->is_unix;
    case AF_INET:
        return !address->is_unix && ntohs(peer.v4.sin_port) == address->port;
    case AF_INET6:
        return !address->is_unix && ntohs(peer.v6.sin6_port) == address->port;
    default:
        return false;
    }
}

int
sockets_duplicate_new(const struct socket_list *before,
    const struct address *address)
{
    struct socket_list now;
    int fd = -1;

    sockets_list(&now);
    for (size_t i = 0; i < now.n && fd < 0; i++)
        if (!contains(before, now.entry[i].inode) &&
            leads_to(now.entry[i].fd, address))
            fd = fcntl(now.entry[i].fd, F_DUPFD_CLOEXEC, 3);
    sockets_release(&now);
    return fd;
}

#include "sink/sockets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int
sockets_duplicate_new(const struct socket_list *before)
{
    struct socket_list now;
    int fd = -1;

    sockets_list(&now);
    for (size_t i = 0; i < now.n && fd < 0; i++)
        if (!contains(before, now.entry[i].inode))
            fd = fcntl(now.entry[i].fd, F_DUPFD_CLOEXEC, 3);
    sockets_release(&now);
    return fd;
}

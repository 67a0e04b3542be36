#include "bench/work_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

/* nftw(3) keeps so many directories open, and reopens others */
enum { MAX_DEPTH = 8 };

static int
remove_one(const char *path, const struct stat *found, int type,
    struct FTW *where)
{
    (void)found;
    (void)where;
    if (type == FTW_DP || type == FTW_DNR)
        (void)rmdir(path);
    else
        (void)unlink(path);
    return 0;
}

/* Or a reader of the output would wait for this process, too. */
static void
let_go_of_output(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int i = STDIN_FILENO; fd >= 0 && i <= STDERR_FILENO; i++)
        (void)dup2(fd, i);
}

static void
keep(const char *path, int ended_fd)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    ssize_t n;
    char byte;

    setsid();
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        signal(ignored[i], SIG_IGN);
    let_go_of_output();
    do
        n = read(ended_fd, &byte, 1);
    while (n > 0 || (n < 0 && errno == EINTR));
    (void)nftw(path, remove_one, MAX_DEPTH, FTW_DEPTH | FTW_PHYS);
    _exit(0);
}

static int
start_keeper(struct work_dir *work_dir, struct err *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC)) {
        err_set_errno(err, ERR_IO, "no pipe");
        return -1;
    }
    fflush(NULL);
    work_dir->keeper = fork();
    if (work_dir->keeper == 0) {
        close(ends[1]);
        keep(work_dir->path, ends[0]);
    }
    close(ends[0]);
    work_dir->alive_fd = ends[1];
    if (work_dir->keeper < 0) {
        err_set_errno(err, ERR_IO, "cannot start a process");
        close(ends[1]);
        return -1;
    }
    return 0;
}

int
work_dir_open(struct work_dir *work_dir, struct err *err)
{
    const char *where = getenv("TMPDIR");
    char *path = mem_format("%s/memc_load-bench.XXXXXX",
        where && *where ? where : "/tmp");

    if (!mkdtemp(path)) {
        err_set_errno(err, ERR_IO, "cannot make the directory %s", path);
        free(path);
        return -1;
    }
    work_dir->path = path;
    /* servers that run as nobody have a directory in it */
    if (chmod(path, 0711) == 0 && start_keeper(work_dir, err) == 0)
        return 0;
    (void)rmdir(path);
    free(path);
    work_dir->path = NULL;
    return -1;
}

void
work_dir_close(struct work_dir *work_dir)
{
    if (!work_dir->path)
        return;
    close(work_dir->alive_fd);
    while (waitpid(work_dir->keeper, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(work_dir->path);
    *work_dir = (struct work_dir){0};
}

char *
work_dir_path(const struct work_dir *work_dir, const char *format, ...)
{
    char *name, *path;
    va_list ap;

    va_start(ap, format);
    if (vasprintf(&name, format, ap) < 0)
        die("out of memory");
    va_end(ap);
    path = mem_format("%s/%s", work_dir->path, name);
    free(name);
    return path;
}

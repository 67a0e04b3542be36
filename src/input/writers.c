#include "input/writers.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fit.h"

/* Between fork(2) and exec(2). */
enum { MOMENT_MS = 300 };

enum writers
writers_of(int fd)
{
    /* should somebody open it for writing right now, this is what we are told
     * by; ignored unless it is asked for, where SIGIO would end us */
    if (fcntl(fd, F_SETSIG, SIGURG))
        return WRITERS_UNTOLD;
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        fcntl(fd, F_SETLEASE, F_UNLCK);
        return WRITERS_NONE;
    }
    return errno == EAGAIN && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY
               ? WRITERS_SOME
               : WRITERS_UNTOLD;
}

/* --- who it is ------------------------------------------------------------ */

/* By what /proc says of the descriptor: "flags:\t0100001". */
static bool
is_for_writing(const char *pid, const char *number)
{
    char path[64], line[128];
    bool is_so = false;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%.16s/fdinfo/%.16s", pid, number);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "flags:", 6) == 0)
            is_so = (strtol(line + 6, NULL, 8) & O_ACCMODE) != O_RDONLY;
    if (file)
        fclose(file);
    return is_so;
}

static bool
has_open(const char *pid, const struct stat *file)
{
    char path[64];
    bool has_it = false;
    struct dirent *entry;
    struct stat found;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
    dir = opendir(path);
    while (dir && !has_it && (entry = readdir(dir)))
        has_it = fstatat(dirfd(dir), entry->d_name, &found, 0) == 0 &&
                 found.st_dev == file->st_dev && found.st_ino == file->st_ino &&
                 is_for_writing(pid, entry->d_name);
    if (dir)
        closedir(dir);
    return has_it;
}

static void
tell(const char *pid, char out[WRITERS_NAME_BYTES])
{
    char path[64], name[32] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
    file = fopen(path, "re");
    if (file && fgets(name, sizeof(name), file))
        name[strcspn(name, "\n")] = '\0';
    if (file)
        fclose(file);
    fit_format(out, WRITERS_NAME_BYTES, "process %s%s%s%s", pid,
        *name ? " (" : "", name, *name ? ")" : "");
}

const char *
writers_name(int fd, char out[WRITERS_NAME_BYTES])
{
    struct dirent *entry;
    struct stat file;
    DIR *dir;

    fit(out, WRITERS_NAME_BYTES, "another process");
    if (fstat(fd, &file))
        return out;
    dir = opendir("/proc");
    while (dir && (entry = readdir(dir)))
        if (isdigit((unsigned char)*entry->d_name) &&
            has_open(entry->d_name, &file)) {
            tell(entry->d_name, out);
            break;
        }
    if (dir)
        closedir(dir);
    return out;
}

/* --- waiting -------------------------------------------------------------- */

static bool
is_same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* For how long a file seen for the first time has not changed, by its own word;
 * clocks may differ, so what is to come is no time at all. */
static int64_t
age_ms(const struct stat *file)
{
    struct timespec now;
    int64_t age;

    clock_gettime(CLOCK_REALTIME, &now);
    age = (int64_t)(now.tv_sec - file->st_mtim.tv_sec) * 1000 +
          (now.tv_nsec - file->st_mtim.tv_nsec) / 1000000;
    return age > 0 ? age : 0;
}

/* A file that changes again and again is waited for as long as one that is
 * open; then it must not change any more. */
static enum writers_verdict
await_still(struct writers_wait *wait, int fd, int64_t settle_ms,
    int64_t now_ms)
{
    struct stat now;

    if (fstat(fd, &now))
        return WRITERS_GONE; /* whoever reads it will hear of it */
    if (!wait->first_ms) {
        wait->first_ms = now_ms;
        wait->still_since_ms = now_ms - age_ms(&now);
    } else if (!is_same(&now, &wait->seen)) {
        if (now_ms - wait->first_ms >= settle_ms)
            return WRITERS_STAY;
        wait->still_since_ms = now_ms;
    }
    wait->seen = now;
    return now_ms - wait->still_since_ms >= settle_ms ? WRITERS_GONE
                                                      : WRITERS_AWAIT;
}

enum writers_verdict
writers_await(struct writers_wait *wait, int fd, int64_t settle_ms,
    bool wants_still, bool *is_open)
{
    int64_t limit_ms = settle_ms > MOMENT_MS ? settle_ms : MOMENT_MS;
    int64_t now_ms = clock_ms();

    *is_open = writers_of(fd) == WRITERS_SOME;
    if (*is_open) {
        wait->first_ms = 0;
        if (!wait->open_since_ms)
            wait->open_since_ms = now_ms;
        return now_ms - wait->open_since_ms >= limit_ms ? WRITERS_STAY
                                                        : WRITERS_AWAIT;
    }
    wait->open_since_ms = 0;
    return wants_still && settle_ms ? await_still(wait, fd, settle_ms, now_ms)
                                    : WRITERS_GONE;
}

#include "bench/data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench/made_line.h"

/* Lines are compressed so many bytes at a time. */
enum { OUT_BYTES = 1 << 20 };

/* The result of the process that makes a file, in shared memory. */
struct made_file {
    uint64_t text_bytes;
    int error; /* errno, or 0 */
    bool is_done;
};

static int
add_file(struct bench_data *data, const char *path, struct err *err)
{
    struct stat found;

    if (stat(path, &found) || access(path, R_OK)) {
        err_set_errno(err, ERR_USAGE, "%s", path);
        return -1;
    }
    if (!S_ISREG(found.st_mode)) {
        err_set(err, ERR_USAGE,
            "%s is not a regular file: bench loads the same data many times, "
            "so it must be one that can be read again",
            path);
        return -1;
    }
    words_add(&data->paths, path);
    data->gz_bytes += (uint64_t)found.st_size;
    return 0;
}

int
bench_data_take(struct bench_data *data, const struct words *files,
    struct err *err)
{
    for (size_t i = 0; i < files->n; i++)
        if (add_file(data, files->items[i], err))
            return -1;
    return 0;
}

/* --------------------------------------------------------------- making --- */

/* The errno of a failed write; never 0. */
static int
write_out(gzFile to, const char *text, size_t n_bytes)
{
    errno = 0;
    if (n_bytes == 0 || gzwrite(to, text, (unsigned)n_bytes) == (int)n_bytes)
        return 0;
    return errno ? errno : EIO;
}

static int
make_lines(gzFile to, unsigned file, uint64_t seed, uint64_t lines,
    struct made_file *made)
{
    char *text = mem_new(OUT_BYTES), *at = text;
    uint64_t state = mix(seed ^ mix(file + 1));
    int error = 0;

    for (uint64_t line = 0; line < lines && !error; line++) {
        struct device device = device_at(file, line);

        at = put_good(at, &device, &state);
        if (at - text < OUT_BYTES - GOOD_LINE_MAX_BYTES && line + 1 < lines)
            continue;
        error = write_out(to, text, (size_t)(at - text));
        made->text_bytes += (uint64_t)(at - text);
        at = text;
    }
    free(text);
    return error;
}

static void
make_file(const char *path, unsigned file, uint64_t seed, uint64_t lines,
    struct made_file *made)
{
    gzFile to = gzopen(path, "w6");
    int error = errno;

    if (to) {
        lines_init(4, (unsigned long)seed);
        error = make_lines(to, file, seed, lines, made);
        if (gzclose(to) != Z_OK && !error)
            error = errno ? errno : EIO;
    }
    made->error = error;
    made->is_done = true;
    _exit(0);
}

struct generator {
    struct bench_data *data;
    struct made_file *made;
    pid_t *pids; /* 0: not yet, or ended */
    uint64_t lines, seed;
};

static int
start(struct generator *generator, size_t file, struct err *err)
{
    size_t n = generator->data->paths.n;
    uint64_t lines = generator->lines / n + (file < generator->lines % n);

    generator->pids[file] = child_fork(err);
    if (generator->pids[file] == 0)
        make_file(generator->data->paths.items[file], (unsigned)file,
            generator->seed, lines, &generator->made[file]);
    if (generator->pids[file] > 0)
        return 0;
    generator->pids[file] = 0;
    return -1;
}

static int
finish(struct generator *generator, size_t file, struct waiter *waiter,
    struct err *err)
{
    const char *path = generator->data->paths.items[file];
    struct made_file *made = &generator->made[file];
    struct child_end end;

    child_wait(generator->pids[file], clock_ns(), waiter, &end);
    generator->pids[file] = 0;
    errno = made->error;
    if (end.is_stopped)
        err_set(err, ERR_IO, "stopped");
    else if (made->error)
        err_set_errno(err, ERR_IO, "cannot write %s", path);
    else if (!made->is_done)
        err_set(err, ERR_IO, "cannot write %s: its process was killed", path);
    else
        return 0;
    return -1;
}

/* One process a file, as many at a time as there are cores. */
static int
make_all(struct generator *generator, struct waiter *waiter, struct err *err)
{
    size_t n = generator->data->paths.n, n_at_a_time = settings_cores();
    int status = 0;

    for (size_t i = 0; status == 0 && i < n + n_at_a_time; i++) {
        if (i >= n_at_a_time && i - n_at_a_time < n)
            status = finish(generator, i - n_at_a_time, waiter, err);
        if (status == 0 && i < n)
            status = start(generator, i, err);
    }
    for (size_t i = 0; i < n; i++)
        child_kill(generator->pids[i]);
    return status;
}

static int
count_bytes(struct bench_data *data, const struct made_file *made,
    struct err *err)
{
    struct stat found;

    for (size_t i = 0; i < data->paths.n; i++) {
        if (stat(data->paths.items[i], &found)) {
            err_set_errno(err, ERR_IO, "%s", data->paths.items[i]);
            return -1;
        }
        data->gz_bytes += (uint64_t)found.st_size;
        data->text_bytes += made[i].text_bytes;
    }
    return 0;
}

int
bench_data_make(struct bench_data *data, const struct work_dir *work_dir,
    uint64_t lines, size_t n_files, uint64_t seed, struct waiter *waiter,
    struct err *err)
{
    size_t n_bytes = n_files * sizeof(struct made_file);
    struct generator generator = {.data = data, .lines = lines, .seed = seed};
    int status;

    generator.made = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (generator.made == MAP_FAILED)
        die("out of memory");
    generator.pids = mem_zero(n_files, sizeof(*generator.pids));
    for (size_t i = 0; i < n_files; i++) {
        char *path = work_dir_path(work_dir, "made%04zu.tsv.gz", i);

        words_add(&data->paths, path);
        free(path);
    }
    data->lines = lines;
    status = make_all(&generator, waiter, err);
    if (status == 0)
        status = count_bytes(data, generator.made, err);
    free(generator.pids);
    munmap(generator.made, n_bytes);
    return status;
}

void
bench_data_release(struct bench_data *data)
{
    words_release(&data->paths);
    *data = (struct bench_data){0};
}

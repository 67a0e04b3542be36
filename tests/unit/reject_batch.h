/*
 * A batch made by hand and its rejects, in a directory of its own, on a disk
 * whose write(2) and fsync(2) can be made to fail. For test programs of the
 * rejects files, which are linked with both wrapped.
 */
#ifndef TEST_REJECT_BATCH_H
#define TEST_REJECT_BATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/file.h>

#include "base/log.h"
#include "base/mem.h"
#include "load/rejects.h"
#include "unit/temp_dir.h"

enum { DEADLINE_S = 60, N_LANES = 2 };

int __real_fsync(int fd);
int __wrap_fsync(int fd);
ssize_t __real_write(int fd, const void *bytes, size_t n_bytes);
ssize_t __wrap_write(int fd, const void *bytes, size_t n_bytes);

/* What the wrapped calls fail with from now on; 0: they do not. */
static int fsync_errno, write_errno;
static int n_fsyncs;

int
__wrap_fsync(int fd)
{
    n_fsyncs++;
    if (!fsync_errno)
        return __real_fsync(fd);
    errno = fsync_errno;
    return -1;
}

ssize_t
__wrap_write(int fd, const void *bytes, size_t n_bytes)
{
    if (!write_errno || fd <= STDERR_FILENO || n_bytes == sizeof(eventfd_t))
        return __real_write(fd, bytes, n_bytes);
    errno = write_errno;
    return -1;
}

static struct settings settings;
static char first_address[] = "127.0.0.1:33013";
static char second_address[] = "unix:/tmp/\xff\"";
static struct address addresses[2] = {
    {.text = first_address}, {.text = second_address}};
static struct server servers[2];
static struct shards shards = {.server = servers, .n_servers = 2};
static struct rejects *rejects;
static char stem[128];
static int stop_fd;

/* A batch made by hand. */
static struct batch batch;
static char text[4096];
static struct line lines[64];
static struct bad_line bad[64];
static struct lane_list lanes[N_LANES];
static uint64_t outcomes[N_LANES][N_OUTCOMES];
static struct item *items[64];
static size_t n_items;

static inline void
clear_batch(uint64_t first_line)
{
    memset(lanes, 0, sizeof(lanes));
    memset(outcomes, 0, sizeof(outcomes));
    batch = (struct batch){
        .block = {.text = text,
            .lines = lines,
            .room_lines = 64,
            .first_line = first_line},
        .lanes = lanes,
        .outcomes = outcomes,
        .n_lanes = N_LANES,
        .bad = bad,
    };
}

static inline int
set_up(void **state)
{
    int rc = temp_dir_make(state);

    fsync_errno = write_errno = n_fsyncs = 0;
    settings = (struct settings){.tuning.connections = 1};
    for (size_t i = 0; i < 2; i++)
        servers[i].address = &addresses[i];
    snprintf(stem, sizeof(stem), "%s/a.gz", temp_dir);
    stop_fd = eventfd(0, EFD_NONBLOCK);
    rejects = NULL;
    n_items = 0;
    clear_batch(1);
    return rc;
}

static inline int
tear_down(void **state)
{
    rejects_free(rejects);
    for (size_t i = 0; i < n_items; i++)
        free(items[i]);
    close(stop_fd);
    return temp_dir_remove(state);
}

static inline void
open_rejects_of(bool is_csv, bool continues)
{
    rejects = rejects_new(&(struct rejects_input){
        .settings = &settings,
        .shards = &shards,
        .stem = stem,
        .name = "a.gz",
        .fd = -1,
        .stop_fd = stop_fd,
        .is_csv = is_csv,
        .continues = continues,
    });
}

static inline void
open_rejects(void)
{
    open_rejects_of(false, false);
}

static inline size_t
add_line(const char *bytes, size_t n_bytes, enum line_fault fault)
{
    struct line_block *block = &batch.block;
    size_t at = block->n_lines ? lines[block->n_lines - 1].at +
                                     lines[block->n_lines - 1].n_bytes
                               : 0;

    memcpy(text + at, bytes, n_bytes);
    lines[block->n_lines] = (struct line){
        .at = (uint32_t)at, .n_bytes = (uint32_t)n_bytes, .fault = fault};
    return block->n_lines++;
}

static inline void
add_reject(const char *row, enum reason reason, const char *detail)
{
    size_t i = add_line(row, strlen(row), LINE_WHOLE);

    batch.counts.rejected++;
    batch_bad(&batch, i, reason, OUTCOME_NONE, detail);
}

static inline void
add_item(const char *row, size_t lane, enum outcome outcome)
{
    struct lane_list *list = &lanes[lane];
    struct item *item = mem_zero(1, sizeof(*item));
    bool is_good = outcome == OUTCOME_STORED || outcome == OUTCOME_SENT;

    item->line = (uint32_t)add_line(row, strlen(row), LINE_WHOLE);
    item->outcome = (uint8_t)(is_good ? OUTCOME_NONE : outcome);
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    list->n++;
    outcomes[lane][outcome]++;
    if (outcome == OUTCOME_TOO_LARGE)
        batch.counts.rejected++;
    else
        batch.counts.failed += !is_good;
    items[n_items++] = item;
}

static inline void
assert_text(const char *name, const char *wanted)
{
    char *found = temp_read(temp_path(name));

    if (!found)
        fail_msg("no %s", name);
    assert_string_equal(found, wanted);
    free(found);
}

static inline void
close_rejects(bool is_whole)
{
    struct err err;

    if (rejects_close(rejects, is_whole, &err))
        fail_msg("%s", err.text);
}

static inline bool
is_stop_asked(void)
{
    eventfd_t n;

    return eventfd_read(stop_fd, &n) == 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif

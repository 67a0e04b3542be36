/* The rejects files: names, rows of batches made by hand, and what a disk does.
 */
// LDFLAGS: -Wl,--wrap=fsync -Wl,--wrap=write
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

static struct job job;
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

static void
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

static int
set_up(void **state)
{
    int rc = temp_dir_make(state);

    fsync_errno = write_errno = n_fsyncs = 0;
    job = (struct job){.connections = 1};
    for (size_t i = 0; i < 2; i++)
        servers[i].address = &addresses[i];
    snprintf(stem, sizeof(stem), "%s/a.gz", temp_dir);
    stop_fd = eventfd(0, EFD_NONBLOCK);
    rejects = NULL;
    n_items = 0;
    clear_batch(1);
    return rc;
}

static int
tear_down(void **state)
{
    rejects_free(rejects);
    for (size_t i = 0; i < n_items; i++)
        free(items[i]);
    close(stop_fd);
    return temp_dir_remove(state);
}

static void
open_rejects(void)
{
    rejects = rejects_new(&(struct rejects_input){
        .job = &job,
        .shards = &shards,
        .stem = stem,
        .name = "a.gz",
        .fd = -1,
        .stop_fd = stop_fd,
    });
}

static size_t
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

static void
add_reject(const char *row, enum reason reason, const char *detail)
{
    size_t i = add_line(row, strlen(row), LINE_WHOLE);

    batch.counts.rejected++;
    batch_bad(&batch, i, reason, OUTCOME_NONE, detail);
}

static void
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

static void
assert_text(const char *name, const char *wanted)
{
    char *found = temp_read(temp_path(name));

    if (!found)
        fail_msg("no %s", name);
    assert_string_equal(found, wanted);
    free(found);
}

static void
close_rejects(bool is_whole)
{
    struct err err;

    if (rejects_close(rejects, is_whole, &err))
        fail_msg("%s", err.text);
}

static bool
is_stop_asked(void)
{
    eventfd_t n;

    return eventfd_read(stop_fd, &n) == 0;
}

static void
test_names(void **state)
{
    static const struct {
        const char *stem;
        enum rejects_kind kind;
        enum rejects_state state;
        const char *name;
    } cases[] = {
        {"a.gz", REJECTS_JSONL, REJECTS_WHOLE, "a.gz.rejects.jsonl"},
        {"d/a.gz", REJECTS_TSV, REJECTS_WHOLE, "d/a.gz.rejects.tsv"},
        {"d/a", REJECTS_TSV, REJECTS_PARTIAL, "d/a.rejects.partial.tsv"},
        {"/a", REJECTS_JSONL, REJECTS_WORKING, "/.a.rejects.jsonl.tmp"},
        {"../.a", REJECTS_TSV, REJECTS_WORKING, "../..a.rejects.tsv.tmp"},
        {"stdin", REJECTS_TSV, REJECTS_DRY, ".stdin.rejects.tsv.dry"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *name = rejects_name(cases[i].stem, cases[i].kind, cases[i].state);

        assert_string_equal(name, cases[i].name);
        assert_true(!rejects_suffix(name) == (cases[i].state > 1));
        free(name);
    }
    assert_int_equal(rejects_suffix("d/a.gz.rejects.tsv"), 12);
    assert_int_equal(rejects_suffix("a.rejects.partial.jsonl"), 22);
    assert_int_equal(rejects_suffix("a.rejects.tsv.gz"), 0);
    assert_int_equal(rejects_suffix(".rejects.tsv"), 0);
    assert_int_equal(rejects_suffix("rejects.tsv"), 0);
}

/* Rejected and failed ones, of two lanes, in the order of the file. */
static void
test_rows(void **state)
{
    (void)state;
    clear_batch(101);
    open_rejects();
    add_item("good", 0, OUTCOME_STORED);
    add_reject("idfa\t1\t\"x\"", REASON_COLUMNS, "3 columns, wanted 5");
    add_item("full", 0, OUTCOME_OUT_OF_MEMORY);
    add_item("gone", 1, OUTCOME_OUTAGE);
    add_reject("ipad\t\xff", REASON_UNKNOWN_TYPE, "");
    add_item("big", 0, OUTCOME_TOO_LARGE);
    add_item("sent", 1, OUTCOME_SENT);
    add_item("no", 0, OUTCOME_REFUSED);
    rejects_add(rejects, &batch);
    clear_batch(1);
    add_item("good", 1, OUTCOME_STORED);
    rejects_add(rejects, &batch);
    add_reject("late", REASON_BAD_APP, "apps");
    rejects_add(rejects, &batch);
    close_rejects(true);
    assert_text("a.gz.rejects.tsv",
        "idfa\t1\t\"x\"\nfull\ngone\nipad\t\xff\nbig\nno\nlate\n");
    assert_text("a.gz.rejects.jsonl",
        "{\"line\":102,\"reason\":\"columns\",\"detail\":\"3 columns, wanted "
        "5\",\"row\":\"idfa\\t1\\t\\\"x\\\"\"}\n"
        "{\"line\":103,\"reason\":\"out_of_memory\",\"detail\":"
        "\"127.0.0.1:33013\",\"row\":\"full\"}\n"
        "{\"line\":104,\"reason\":\"outage\",\"detail\":"
        "\"unix:/tmp/\\u00FF\\\"\",\"row\":\"gone\"}\n"
        "{\"line\":105,\"reason\":\"unknown_type\",\"detail\":\"\",\"raw\":"
        "true,\"row\":\"ipad\\t\\u00FF\"}\n"
        "{\"line\":106,\"reason\":\"too_large\",\"detail\":"
        "\"127.0.0.1:33013\",\"row\":\"big\"}\n"
        "{\"line\":108,\"reason\":\"refused\",\"detail\":"
        "\"127.0.0.1:33013\",\"row\":\"no\"}\n"
        "{\"line\":2,\"reason\":\"bad_app\",\"detail\":\"apps\",\"row\":"
        "\"late\"}\n");
    assert_int_equal(rejects_lines(rejects, REJECTS_JSONL), 7);
    assert_int_equal(rejects_lines(rejects, REJECTS_TSV), 7);
    assert_false(is_stop_asked());
}

/* They are in the .jsonl alone. */
static void
test_bad_lines(void **state)
{
    static const struct {
        const char *bytes;
        size_t n_bytes;
        enum line_fault fault;
    } cases[] = {{"nul\0", 4, LINE_WHOLE}, {"long\xc3", 5, LINE_TOO_LONG},
        {"unfinished", 10, LINE_CUT_OFF}};

    (void)state;
    open_rejects();
    for (size_t i = 0; i < 3; i++)
        batch_bad(&batch,
            add_line(cases[i].bytes, cases[i].n_bytes, cases[i].fault),
            REASON_BAD_LINE, OUTCOME_NONE, "");
    batch.counts.rejected = 3;
    rejects_add(rejects, &batch);
    close_rejects(true);
    assert_text("a.gz.rejects.jsonl",
        "{\"line\":1,\"reason\":\"bad_line\",\"detail\":\"\",\"row\":"
        "\"nul\\u0000\"}\n"
        "{\"line\":2,\"reason\":\"bad_line\",\"detail\":\"\",\"raw\":true,"
        "\"cut\":true,\"row\":\"long\\u00C3\"}\n"
        "{\"line\":3,\"reason\":\"bad_line\",\"detail\":\"\",\"cut\":true,"
        "\"row\":\"unfinished\"}\n");
    assert_false(temp_exists(temp_path("a.gz.rejects.tsv")));
    assert_int_equal(rejects_lines(rejects, REJECTS_TSV), 0);
}

/* A first line that would make another file of it. */
static void
test_first_lines(void **state)
{
    static const struct {
        const char *row, *wanted;
    } cases[] = {
        {"\xef\xbb\xbfidfa", "\xef\xbb\xbf\xef\xbb\xbfidfa\nx\n"},
        {"\x1f\x8bidfa", "\xef\xbb\xbf\x1f\x8bidfa\nx\n"},
        {"\xef\xbb", "\xef\xbb\nx\n"},
        {"\x1f", "\x1f\nx\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        clear_batch(1);
        open_rejects();
        add_reject(cases[i].row, REASON_COLUMNS, "");
        add_reject("x", REASON_COLUMNS, "");
        rejects_add(rejects, &batch);
        close_rejects(true);
        assert_text("a.gz.rejects.tsv", cases[i].wanted);
        rejects_free(rejects);
    }
    rejects = NULL;
}

static void
test_nothing_to_say(void **state)
{
    (void)state;
    temp_file("a.gz.rejects.tsv", "old");
    temp_file("a.gz.rejects.partial.jsonl", "old");
    temp_file(".a.gz.rejects.tsv.tmp", "a killed loader's");
    open_rejects();
    add_item("good", 0, OUTCOME_STORED);
    rejects_add(rejects, &batch);
    close_rejects(true);
    assert_int_equal(rmdir(temp_dir), 0); /* nothing is left in it */
    assert_int_equal(mkdir(temp_dir, 0700), 0);
    assert_int_equal(n_fsyncs, 0);
}

static void
test_interrupted(void **state)
{
    (void)state;
    temp_file("a.gz.rejects.tsv", "old");
    temp_file("a.gz.rejects.partial.tsv", "older");
    open_rejects();
    add_reject("x", REASON_COLUMNS, "");
    rejects_add(rejects, &batch);
    close_rejects(false);
    assert_text("a.gz.rejects.tsv", "old");
    assert_text("a.gz.rejects.partial.tsv", "x\n");
    assert_false(temp_exists(temp_path("a.gz.rejects.jsonl")));
    assert_true(temp_exists(temp_path("a.gz.rejects.partial.jsonl")));
}

/* Closes what could not be written; says whether the error tells this. */
static void
assert_fails(const char *says)
{
    struct err err = {0};

    assert_int_equal(rejects_close(rejects, true, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    if (!strstr(err.text, says))
        fail_msg("no \"%s\" in: %s", says, err.text);
    assert_int_equal(rejects_lines(rejects, REJECTS_JSONL), 0);
}

/* Half-written files go, whole ones of an earlier load stay. */
static void
test_full_disk(void **state)
{
    (void)state;
    temp_file("a.gz.rejects.tsv", "old");
    for (int turn = 0; turn < 3; turn++) {
        clear_batch(1);
        open_rejects();
        add_reject("x", REASON_COLUMNS, "");
        write_errno = turn != 1 ? ENOSPC : 0;
        fsync_errno = turn == 1 ? EDQUOT : 0;
        if (turn == 2) /* more than a buffer: told at once */
            for (int i = 0; i < 40; i++) {
                clear_batch(1);
                add_reject("y", REASON_COLUMNS, "");
                lines[0].n_bytes = sizeof(text);
                rejects_add(rejects, &batch);
            }
        rejects_add(rejects, &batch);
        assert_int_equal(is_stop_asked(), turn == 2);
        assert_fails(turn == 1 ? "/a.gz.rejects.jsonl: Disk quota exceeded"
                               : "/a.gz.rejects.jsonl: No space left");
        rejects_free(rejects);
        assert_text("a.gz.rejects.tsv", "old");
        assert_false(temp_exists(temp_path("a.gz.rejects.jsonl")));
        assert_false(temp_exists(temp_path(".a.gz.rejects.jsonl.tmp")));
        assert_false(temp_exists(temp_path(".a.gz.rejects.tsv.tmp")));
    }
    rejects = NULL;
}

static void
test_no_place(void **state)
{
    (void)state;
    mkdir(temp_path("a.gz.rejects.jsonl"), 0700);
    open_rejects();
    add_reject("x", REASON_COLUMNS, "");
    rejects_add(rejects, &batch);
    assert_false(is_stop_asked());
    assert_fails("/a.gz.rejects.jsonl: Is a directory");
    rejects_free(rejects);
    mkdir(temp_path(".a.gz.rejects.tsv.tmp"), 0700);
    open_rejects();
    rejects_add(rejects, &batch);
    assert_true(is_stop_asked());
    assert_fails("cannot write ");
}

/* By another loader, until it is done with it. */
static void
test_locked(void **state)
{
    char *path = temp_file(".a.gz.rejects.jsonl.tmp", "its text");
    int fd = open(path, O_RDONLY);

    (void)state;
    assert_int_equal(flock(fd, LOCK_EX), 0);
    rejects_remove_working(stem, false);
    assert_text(".a.gz.rejects.jsonl.tmp", "its text");
    open_rejects();
    add_reject("x", REASON_COLUMNS, "");
    rejects_add(rejects, &batch);
    assert_true(is_stop_asked());
    assert_fails("another memc_load is at it");
    assert_text(".a.gz.rejects.jsonl.tmp", "its text");
    close(fd);
    rejects_remove_working(stem, true); /* a dry run's */
    assert_true(temp_exists(path));
    rejects_remove_working(stem, false);
    assert_false(temp_exists(path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names),
        TEST(test_rows),
        TEST(test_bad_lines),
        TEST(test_first_lines),
        TEST(test_nothing_to_say),
        TEST(test_interrupted),
        TEST(test_full_disk),
        TEST(test_no_place),
        TEST(test_locked),
    };

    alarm(DEADLINE_S);
    log_init(STDERR_FILENO, LOG_E);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A load as a function: called again and again in one process it gives the
 * same report, and leaves nothing behind. Nothing is stored: dry.
 */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "base/log.h"
#include "load/load.h"
#include "unit/batch_maker.h"
#include "unit/temp_dir.h"

enum { N_LINES = 3000, N_LOADS = 10, DEADLINE_S = 120 };

static struct settings settings;
static struct shards shards;
static struct slot *slot;
static int stop_fd;

/* Every tenth line is bad, every seventh blank. */
static void
write_input(void)
{
    FILE *file = fopen(temp_path("a.tsv"), "w");

    must(file);
    for (unsigned i = 0; i < N_LINES; i++)
        if (i % 10 == 0)
            fprintf(file, "%s\tonly two\n", i % 20 ? "0" : "1");
        else if (i % 7 == 0)
            fprintf(file, " \t\n");
        else
            fprintf(file, "%u\t%u\t55.1\t-1\t1,2,%u\n", i % 2, i, i % 10000);
    must(fclose(file) == 0);
}

static int
set_up(void **state)
{
    if (temp_dir_make(state))
        return -1;
    log_init(STDERR_FILENO, LOG_E);
    settings_defaults(&settings);
    settings.tuning.batch_lines = MAKER_LINES;
    settings.tuning.connections = 2;
    settings.failure.timeout_ms = 20000;
    settings.input.inflate = "zlib";
    settings.input.mapping = default_mapping();
    maker_shards(&shards, 2);
    slot = slot_new(2);
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    write_input();
    return 0;
}

static int
tear_down(void **state)
{
    close(stop_fd);
    slot_free(slot);
    shards_release(&shards);
    settings_release(&settings);
    return temp_dir_remove(state);
}

static unsigned
count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    must(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static struct report *
load(void)
{
    int fd = open(temp_path("a.tsv"), O_RDONLY | O_CLOEXEC);
    struct report *report;

    must(fd >= 0);
    slot_clear(slot);
    load_run(&(struct load_input){
        .settings = &settings,
        .purpose = PURPOSE_DRY,
        .shards = &shards,
        .fd = fd,
        .name = "a.tsv",
        .stop_fd = stop_fd,
        .slot = slot,
        .sample_fd = -1,
    });
    close(fd);
    report = slot_read(slot);
    assert_true(counts_balance(&report->counts));
    return report;
}

static void
check_whole(const struct report *report)
{
    assert_int_equal(report->ending, ENDING_READ);
    assert_int_equal(report->counts.lines, N_LINES);
    assert_int_equal(report->counts.rejects[REASON_COLUMNS], N_LINES / 10);
    assert_int_equal(report->counts.rejected, N_LINES / 10);
    assert_int_equal(report->counts.sent,
        N_LINES - report->counts.blank - N_LINES / 10);
    assert_int_equal(report->servers[0].sent + report->servers[1].sent,
        report->counts.sent);
}

/* With a stop in the third, which the others know nothing of. */
static void
load_often(unsigned threads)
{
    struct report *report;
    unsigned n_fds = 0;
    eventfd_t n;

    settings.tuning.threads = threads;
    for (unsigned i = 0; i < N_LOADS; i++) {
        if (i == 2)
            eventfd_write(stop_fd, 1);
        report = load();
        if (i == 2) {
            assert_int_equal(report->ending, ENDING_INTERRUPTED);
            assert_true(report->counts.lines < N_LINES);
            eventfd_read(stop_fd, &n);
        } else {
            check_whole(report);
        }
        free(report);
        if (i == 0)
            n_fds = count_fds();
        assert_int_equal(count_fds(), n_fds);
    }
}

static void
test_again_and_again(void **state)
{
    (void)state;
    load_often(0);
    load_often(1);
    load_often(3);
}

static void
test_input_that_breaks_off(void **state)
{
    struct report *report;
    FILE *file = fopen(temp_path("a.tsv"), "w");

    (void)state;
    must(file);
    fwrite("\x1f\x8b\x08\0", 1, 4, file);
    fclose(file);
    report = load();
    assert_int_equal(report->ending, ENDING_BROKEN);
    assert_int_equal(report->counts.lines, 0);
    assert_true(strstr(report->message, "truncated"));
    free(report);
}

/* Two in one process at the same time, each with its own slot. */
struct twin {
    struct slot *slot;
    char *path;
};

static void *
load_twin(void *ctx)
{
    struct twin *twin = ctx;
    int fd = open(twin->path, O_RDONLY | O_CLOEXEC);

    load_run(&(struct load_input){
        .settings = &settings,
        .purpose = PURPOSE_DRY,
        .shards = &shards,
        .fd = fd,
        .name = "a.tsv",
        .stop_fd = stop_fd,
        .slot = twin->slot,
        .sample_fd = -1,
    });
    close(fd);
    return NULL;
}

static void
test_side_by_side(void **state)
{
    struct twin twins[2];
    pthread_t threads[2];

    (void)state;
    settings.tuning.threads = 1;
    for (size_t i = 0; i < 2; i++) {
        twins[i] = (struct twin){slot_new(2), temp_path("a.tsv")};
        assert_int_equal(pthread_create(&threads[i], NULL, load_twin,
                             &twins[i]),
            0);
    }
    for (size_t i = 0; i < 2; i++) {
        struct report *report;

        pthread_join(threads[i], NULL);
        report = slot_read(twins[i].slot);
        check_whole(report);
        free(report);
        slot_free(twins[i].slot);
    }
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_again_and_again),
        TEST(test_input_that_breaks_off),
        TEST(test_side_by_side),
    };

    alarm(DEADLINE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Data made up: as many lines as wanted, the same ones for the same seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "bench/data.h"
#include "bench/floor_file.h"
#include "bench/target.h"
#include "default_mapping.h"
#include "settings/settings.h"

static struct waiter waiter;

static int
open_signals(void **state)
{
    struct err err;

    (void)state;
    return waiter_init(&waiter, &err);
}

static uint64_t
lines_of(const char *path, uint64_t *text_bytes)
{
    struct floor_items items = {0};
    struct floor_sum sum = {0};
    struct target target;
    struct settings settings;
    struct err err;

    settings_defaults(&settings);
    assert_int_equal(settings_finish(&settings, &err), 0);
    settings.input.mapping = default_mapping();
    target_own(&target, &settings, NULL);
    items.shards = &target.shards;
    if (floor_pack_file(path, &settings, &items, &sum, &err))
        fail_msg("%s", err.text);
    target_release(&target);
    settings_release(&settings);
    *text_bytes += sum.text_bytes;
    return sum.lines;
}

static void
test_lines_are_split_over_files(void **state)
{
    static const uint64_t want[] = {1001, 1001, 1000};
    struct bench_data data = {0};
    struct work_dir work_dir;
    uint64_t text_bytes = 0;
    struct err err;

    (void)state;
    assert_int_equal(work_dir_open(&work_dir, &err), 0);
    if (bench_data_make(&data, &work_dir, 3002, 3, 7, &waiter, &err))
        fail_msg("%s", err.text);
    assert_int_equal(data.paths.n, 3);
    assert_int_equal(data.lines, 3002);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(lines_of(data.paths.items[i], &text_bytes), want[i]);
    assert_int_equal(data.text_bytes, text_bytes);
    /* as long as the real ones, and as compressible */
    assert_in_range(text_bytes / 3002, 303, 323);
    assert_in_range(data.gz_bytes * 100 / text_bytes, 40, 60);
    bench_data_release(&data);
    work_dir_close(&work_dir);
}

/* Every byte of the files, one behind the other. */
static struct text
bytes_of_seed(uint64_t seed)
{
    struct bench_data data = {0};
    struct text text = {0};
    struct work_dir work_dir;
    char buffer[4096];
    struct err err;
    ssize_t n;

    assert_int_equal(work_dir_open(&work_dir, &err), 0);
    assert_int_equal(bench_data_make(&data, &work_dir, 500, 2, seed, &waiter,
                         &err),
        0);
    for (size_t i = 0; i < data.paths.n; i++) {
        int fd = open(data.paths.items[i], O_RDONLY);

        assert_true(fd >= 0);
        while ((n = read(fd, buffer, sizeof(buffer))) > 0)
            text_add(&text, buffer, (size_t)n);
        close(fd);
    }
    bench_data_release(&data);
    work_dir_close(&work_dir);
    return text;
}

static void
test_seed_gives_the_lines(void **state)
{
    struct text first = bytes_of_seed(1), same = bytes_of_seed(1);
    struct text other = bytes_of_seed(2);

    (void)state;
    assert_int_equal(first.n_bytes, same.n_bytes);
    assert_memory_equal(first.data, same.data, first.n_bytes);
    assert_true(other.n_bytes != first.n_bytes ||
                memcmp(other.data, first.data, first.n_bytes) != 0);
    text_release(&first);
    text_release(&same);
    text_release(&other);
}

static void
test_work_dir_is_gone_when_closed(void **state)
{
    struct stat found;
    struct work_dir work_dir;
    struct err err;
    char *directory, *name, *inner;

    (void)state;
    assert_int_equal(work_dir_open(&work_dir, &err), 0);
    directory = mem_text(work_dir.path);
    inner = work_dir_path(&work_dir, "servers");
    name = work_dir_path(&work_dir, "servers/port.%d", 3);
    assert_int_equal(mkdir(inner, 0755), 0);
    assert_true(close(open(name, O_CREAT | O_WRONLY, 0644)) == 0);
    assert_int_equal(stat(name, &found), 0);
    work_dir_close(&work_dir);
    assert_int_equal(stat(directory, &found), -1);
    /* once more, as after a failure */
    work_dir_close(&work_dir);
    free(directory);
    free(inner);
    free(name);
}

static void
test_no_work_dir(void **state)
{
    char *before = mem_text(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    struct work_dir work_dir = {0};
    struct err err;

    (void)state;
    setenv("TMPDIR", "/nowhere", 1);
    assert_int_equal(work_dir_open(&work_dir, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.text, "/nowhere/memc_load-bench."));
    setenv("TMPDIR", before, 1);
    work_dir_close(&work_dir);
    free(before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_split_over_files),
        cmocka_unit_test(test_seed_gives_the_lines),
        cmocka_unit_test(test_work_dir_is_gone_when_closed),
        cmocka_unit_test(test_no_work_dir),
    };

    return cmocka_run_group_tests(tests, open_signals, NULL);
}

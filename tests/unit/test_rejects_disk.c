/* The rejects files: what stands there afterwards, and what a disk does. */
// LDFLAGS: -Wl,--wrap=fsync -Wl,--wrap=write
#include "unit/reject_batch.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
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

/*
 * A verify log when something goes wrong: workers that are killed, a full disk.
 */
#include "verify_log_maker.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verify/verify_log_format.h"

/* A worker that was killed: what it had reserved reads as zeros, and what
 * others wrote behind it is found. */
static void
holes_are_passed_over(void **state)
{
    static const char zeros[4800];
    struct verify_log *verify_log = new_verify_log(1 << 20);
    struct verify_counts servers[SERVERS];
    struct block_header cut = {.is_header = 1, .server = 1, .n_bytes = 160};
    struct settled settled;
    struct err err;

    (void)state;
    add(verify_log, "idfa:a", 1, 0, 1, '+');
    assert_int_equal(verify_log_flush(verify_log, &err), 0);
    assert_int_equal(spool_append(verify_log->spool, zeros, sizeof(zeros),
                         &err),
        0);
    add(verify_log, "idfa:b", 1, 0, 2, '-');
    assert_int_equal(verify_log_flush(verify_log, &err), 0);
    /* one that was killed while it wrote */
    assert_int_equal(spool_append(verify_log->spool, &cut, sizeof(cut), &err),
        0);
    assert_int_equal(spool_append(verify_log->spool, zeros, 160, &err), 0);
    add(verify_log, "idfa:c", 1, 0, 3, 'x');
    settle(verify_log, servers, &settled);
    assert_int_equal(servers[1].matched, 1);
    assert_int_equal(servers[1].missing, 1);
    assert_int_equal(servers[1].different, 1);
    assert_int_equal(servers[1].sampled, 3);
    verify_log_free(verify_log);
}

/* The first to meet it tells all others, in other processes too. */
static void
a_full_disk_is_an_error(void **state)
{
    struct verify_log_item item = {"idfa:a", 6, 0, 0, 1};
    struct rlimit limit = {20000, RLIM_INFINITY}, old;
    struct verify_log *verify_log = new_verify_log(4096);
    struct verify_counts servers[SERVERS];
    struct settled settled = {.servers = servers};
    struct err err = {0};
    int rc = 0, status;

    (void)state;
    if (fork() == 0) {
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &old);
        setrlimit(RLIMIT_FSIZE, &limit);
        for (item.line = 1; rc == 0 && item.line < 100000; item.line++)
            rc = verify_log_add(verify_log, &item, CHECK_MATCHED, &err);
        _exit(rc == -1 && strstr(err.text, "File too large") ? 7 : 1);
    }
    assert_true(wait(&status) > 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_true(verify_log_has_failed(verify_log, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.text, "ulimit -f"));
    assert_int_equal(verify_log_add(verify_log, &item, CHECK_MATCHED, &err),
        -1);
    assert_int_equal(verify_log_settle(verify_log, NULL, NULL, &settled, &err),
        -1);
    assert_non_null(strstr(err.text, "File too large"));
    verify_log_free(verify_log);
}

static void
a_directory_that_is_none_is_an_error(void **state)
{
    char *old = getenv("TMPDIR") ? mem_text(getenv("TMPDIR")) : NULL;
    struct err err = {0};

    (void)state;
    setenv("TMPDIR", "/nonexistent/there", 1);
    assert_null(verify_log_new(SERVERS, 4096, &err));
    assert_non_null(strstr(err.text, "/nonexistent/there"));
    assert_non_null(strstr(err.text, "TMPDIR"));
    if (old)
        setenv("TMPDIR", old, 1);
    else
        unsetenv("TMPDIR");
    free(old);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_are_passed_over),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(a_directory_that_is_none_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

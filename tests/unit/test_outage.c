/* A server that is away: when to try again, when to give up, what is logged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "sink/outage.h"
#include "unit/seed.h"
#include "unit/temp_dir.h"

static char address_text[] = "unix:/nowhere";
static const struct address address = {.text = address_text};
static struct sink_config config;
static int log_fd;

static int
set_up(void **state)
{
    if (temp_dir_make(state))
        return -1;
    config = (struct sink_config){
        .shard = "idfa",
        .address = &address,
        .retry_delay_ms = 100,
        .max_outage_ms = 10000,
    };
    log_fd =
        open(temp_path("log"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    log_init(log_fd, LOG_D);
    return 0;
}

static int
tear_down(void **state)
{
    log_init(STDERR_FILENO, LOG_I);
    close(log_fd);
    return temp_dir_remove(state);
}

/* Level and message of the log's last line, without its time. */
static void
assert_last(const char *wanted)
{
    char *log = temp_read(temp_path("log")), *line;

    log[strlen(log) - 1] = '\0';
    line = strrchr(log, '\n') ? strrchr(log, '\n') + 1 : log;
    assert_string_equal(strchr(line, ']') + 2, wanted);
    free(log);
}

static void
test_story(void **state)
{
    struct outage outage;

    (void)state;
    outage_init(&outage, &config, "so it is");
    assert_false(outage_is_on(&outage));
    outage_end(&outage, 1000);
    outage_note(&outage, TROUBLE_SILENT, "no reply", 1000);
    assert_true(outage_is_on(&outage));
    assert_int_equal(outage_ends_at(&outage), 11000);
    assert_last("W shard idfa (unix:/nowhere): no answer: no reply");
    outage_note(&outage, TROUBLE_CLOSED, "refused", 2000);
    assert_last("D shard idfa (unix:/nowhere): connection lost: refused");
    assert_int_equal(outage_ends_at(&outage), 11000);
    assert_true(outage_may_retry(&outage, "refused", 2000));
    assert_in_range(outage.paused_until, 2050, 2100);
    assert_true(outage_may_retry(&outage, "refused", 10999));
    assert_int_equal(outage.paused_until, 11000);
    outage_end(&outage, 4000);
    assert_last("I shard idfa (unix:/nowhere): back after 3.00 s");
    assert_false(outage_is_on(&outage));
    /* the next one begins from nothing */
    outage_note(&outage, TROUBLE_CLOSED, "reset", 5000);
    assert_last("W shard idfa (unix:/nowhere): connection lost: reset");
    assert_true(outage_may_retry(&outage, "reset", 5000));
    assert_in_range(outage.paused_until, 5050, 5100);
    assert_false(outage_may_retry(&outage, "reset", 15000));
    assert_last("E shard idfa (unix:/nowhere): given up after 10.0 s: reset; "
                "so it is");
}

static void
test_no_patience(void **state)
{
    struct outage outage;

    (void)state;
    config.max_outage_ms = 0;
    outage_init(&outage, &config, "");
    outage_note(&outage, TROUBLE_CLOSED, "refused", 7);
    assert_false(outage_may_retry(&outage, "refused", 7));
}

/* Whatever the settings: pauses grow and stay in their bounds, the last try is
 * at the very end, and then it is over. */
static void
test_any_settings(void **state)
{
    struct rng rng;
    int64_t now, pause;

    (void)state;
    seed_rng(&rng);
    log_init(log_fd, LOG_E);
    for (unsigned i = 0; i < 2000; i++) {
        struct outage outage;
        unsigned tries = 0;

        config.retry_delay_ms = (int64_t)rng_below(&rng, 3000);
        config.max_outage_ms = (int64_t)rng_below(&rng, 100000);
        outage_init(&outage, &config, "");
        now = (int64_t)rng_below(&rng, 1000000);
        outage_note(&outage, TROUBLE_CLOSED, "refused", now);
        while (outage_may_retry(&outage, "refused", now)) {
            pause = outage.paused_until - now;
            assert_true(outage.paused_until <= outage_ends_at(&outage));
            assert_in_range(pause, 0, RETRY_DELAY_MAX_MS);
            if (outage.paused_until < outage_ends_at(&outage) && tries < 5)
                assert_true(pause >= config.retry_delay_ms << tries >> 1 ||
                            pause >= RETRY_DELAY_MAX_MS / 2);
            tries++;
            /* the try itself takes its time, too */
            now = outage.paused_until + (int64_t)rng_below(&rng, 50);
            assert_true(now < outage_ends_at(&outage) + 50);
        }
        assert_true(now >= outage_ends_at(&outage));
        assert_true(tries > 0 || config.max_outage_ms == 0);
    }
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_story),
        TEST(test_no_patience),
        TEST(test_any_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

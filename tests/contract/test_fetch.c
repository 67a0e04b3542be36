/*
 * Reading back, against servers that misbehave: a key is missing only when its
 * server said so to the end; whatever else goes wrong makes it unreadable.
 */
#include "contract/asker.h"

/* Outcomes of a, b, c as letters: Found, Missing, Unreadable. */
static void
test_replies(void **state)
{
    static const struct {
        const char *name, *outcome;
        struct script scripts[2];
        size_t n_scripts;
        const char *why; /* a part of it */
    } rows[] = {
        {"all", "FFF", {{SAY, A B C END}}, 1, ""},
        {"first", "FMM", {{SAY, A END}}, 1, ""},
        {"middle", "MFM", {{SAY, B END}}, 1, ""},
        {"last", "MMF", {{SAY, C END}}, 1, ""},
        {"none", "MMM", {{SAY, END}}, 1, ""},
        {"backwards", "FFF", {{SAY, C B A END}}, 1, ""},
        {"mixed", "FMF", {{SAY, C A END}}, 1, ""},
        {"closed, then fine", "FMF", {{SAY_AND_CLOSE, ""}, {SAY, A C END}}, 2,
            ""},
        {"cut after a, then fine", "FMF", {{SAY_AND_CLOSE, A}, {SAY, C END}}, 2,
            ""},
        {"cut after b, then nothing", "MFM", {{SAY_AND_CLOSE, B}, {SAY, END}},
            2, ""},
        {"closed", "UUU", {{SAY_AND_CLOSE, ""}}, 1, "closed the connection"},
        {"cut after a, twice", "FUU", {{SAY_AND_CLOSE, A}, {SAY_AND_CLOSE, ""}},
            2, "closed the connection"},
        {"cut before END", "FFF", {{SAY_AND_CLOSE, A B C}}, 1, ""},
        {"cut in a value", "UUU", {{SAY_AND_CLOSE, "VALUE idfa:a 0 9\r\nA"}}, 1,
            ""},
        {"cut in a line", "UUU", {{SAY_AND_CLOSE, "VALUE idfa:a 0"}}, 1, ""},
        {"cut in END", "UUU", {{SAY_AND_CLOSE, "EN"}}, 1, ""},
        {"silent", "UUU", {{STAY_SILENT, NULL}}, 1, "no answer within 250 ms"},
        {"silent after a", "FUU", {{SAY, A}, {STAY_SILENT, NULL}}, 2,
            "no answer within 250 ms"},
        {"no memory", "UUU",
            {{SAY, "SERVER_ERROR out of memory writing get response\r\n"}}, 1,
            ""},
        {"too large", "UUU",
            {{SAY, "SERVER_ERROR object too large for cache\r\n"}}, 1, ""},
        {"any error", "UUU", {{SAY, "SERVER_ERROR backend failure\r\n"}}, 1,
            ""},
        {"error after a", "FUU",
            {{SAY, A "SERVER_ERROR x\r\n"}, {SAY, "SERVER_ERROR x\r\n"}}, 2,
            ""},
        {"our fault", "UUU", {{SAY, "CLIENT_ERROR bad command\r\n"}}, 1, ""},
        {"not known", "UUU", {{SAY, "ERROR\r\n"}}, 1, ""},
        {"web server", "UUU", {{SAY, "HTTP/1.1 400 Bad Request\r\n"}}, 1, ""},
        {"another's reply", "UUU", {{SAY, "STORED\r\n"}}, 1, ""},
        {"a number", "UUU", {{SAY, "17\r\n"}}, 1, "nobody asked for"},
        {"another key", "UUU", {{SAY, "VALUE idfa:x 0 1\r\nX\r\n" END}}, 1,
            "nobody asked for"},
        {"a twice", "FUU", {{SAY, A A END}, {SAY, A END}}, 2,
            "nobody asked for"},
        {"longer than told", "FUU", {{SAY, "VALUE idfa:a 0 1\r\nABC\r\n" END}},
            1, ""},
    };
    static const char letters[] = {
        [FETCH_FOUND] = 'F', [FETCH_MISSING] = 'M', [FETCH_UNREADABLE] = 'U'};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake server;
        struct setup setup;
        char got[4] = "";

        start(&server, "s", rows[i].scripts, rows[i].n_scripts);
        set_up(&setup, server.address);
        ask(setup.fetcher, abc, 3);
        tear_down(&setup);
        stop(&server);
        for (size_t j = 0; j < 3; j++) {
            got[j] = letters[answers.key[j].state];
            if (got[j] == 'U' && !strstr(answers.key[j].why, rows[i].why))
                fail_msg("%s: why: %s", rows[i].name, answers.key[j].why);
            if (got[j] == 'F')
                assert_int_equal(answers.key[j].value[0], 'A' + (int)j);
        }
        if (strcmp(got, rows[i].outcome) != 0)
            fail_msg("%s: %s, not %s (%s)", rows[i].name, got, rows[i].outcome,
                answers.key[0].why);
    }
}

/* Values are bytes, whatever stands in them. */
static void
test_values(void **state)
{
    static const struct script script = {SAY,
        "VALUE idfa:a 42 12\r\nEND\r\nVALUE \r\r\n"
        "VALUE idfa:b 4294967295 0\r\n\r\n" END};
    struct fake server;
    struct setup setup;

    (void)state;
    start(&server, "s", &script, 1);
    set_up(&setup, server.address);
    ask(setup.fetcher, abc, 3);
    tear_down(&setup);
    stop(&server);
    assert_int_equal(answers.key[0].state, FETCH_FOUND);
    assert_int_equal(answers.key[0].flags, 42);
    assert_int_equal(answers.key[0].value_bytes, 12);
    assert_memory_equal(answers.key[0].value, "END\r\nVALUE \r", 12);
    assert_int_equal(answers.key[1].state, FETCH_FOUND);
    assert_int_equal(answers.key[1].flags, UINT32_MAX);
    assert_int_equal(answers.key[1].value_bytes, 0);
    assert_int_equal(answers.key[2].state, FETCH_MISSING);
}

/* What makes no sense is not taken for the value before it. */
static void
test_stale_result(void **state)
{
    static const struct script scripts[] = {{SAY, A "17\r\n"}, {SAY, "17\r\n"}};
    static const struct fetch_key keys[2] = {
        {"idfa:a", 6, 0}, {"idfa:a", 6, 0}};
    struct fake server;
    struct setup setup;

    (void)state;
    start(&server, "s", scripts, 2);
    set_up(&setup, server.address);
    ask(setup.fetcher, keys, 2);
    tear_down(&setup);
    stop(&server);
    assert_int_equal(answers.key[0].state, FETCH_FOUND);
    assert_int_equal(answers.key[1].state, FETCH_UNREADABLE);
}

/* Only failures in a row count: an idle connection may be closed now and then
 * as often as the server likes. */
static void
test_now_and_then(void **state)
{
    static const struct script scripts[] = {
        {SAY_AND_CLOSE, ""}, {SAY_AND_CLOSE, A B C END}};
    struct fake server;
    struct setup setup;

    (void)state;
    start(&server, "s", scripts, 2);
    set_up(&setup, server.address);
    for (int again = 0; again < 5; again++) {
        ask(setup.fetcher, abc, 3);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(answers.key[i].state, FETCH_FOUND);
    }
    tear_down(&setup);
    assert_int_equal(atomic_load(&server.n_connections), 6);
    stop(&server);
}

/* More keys than a request takes, the same key twice, any order. */
static void
test_rounds(void **state)
{
    enum { N = 3500 };
    static const struct script scripts[] = {
        {ECHO, NULL}, {ECHO_BACKWARDS, NULL}};
    static char names[N][300];
    static struct fetch_key keys[N];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        /* long ones too, so that rounds end by bytes as well */
        size_t n = (size_t)snprintf(names[i], sizeof(names[i]), "idfa:%0*zu",
            i < 400 ? 245 : 1 + (int)(i % 7), i < N - 10 ? i : 3);

        keys[i] = (struct fetch_key){names[i], n, 0};
    }
    for (size_t s = 0; s < 2; s++) {
        struct fake server;
        struct setup setup;

        start(&server, "s", &scripts[s], 1);
        set_up(&setup, server.address);
        for (int again = 0; again < 2; again++) {
            ask(setup.fetcher, keys, N);
            for (size_t i = 0; i < N; i++) {
                assert_int_equal(answers.key[i].state, FETCH_FOUND);
                assert_int_equal(answers.key[i].flags, 7);
                assert_int_equal(answers.key[i].value_bytes,
                    keys[i].n_bytes * 2);
                assert_memory_equal(answers.key[i].value, names[i],
                    keys[i].n_bytes);
            }
        }
        assert_int_equal(atomic_load(&server.n_connections), 1);
        assert_in_range(atomic_load(&server.n_requests), 2 * 5, 2 * 8);
        tear_down(&setup);
        stop(&server);
    }
}

/* A key that is none is never sent. */
static void
test_bad_keys(void **state)
{
    static const struct script script = {ECHO, NULL};
    char longest[252];
    struct fetch_key keys[] = {{"idfa:a", 6, 0}, {"", 0, 0}, {"a b", 3, 0},
        {"a\r\nflush_all", 12, 0}, {"a\x7f", 2, 0}, {"a\0b", 3, 0},
        {longest, 251, 0}, {longest, 250, 0}, {"\xc3\xa9:\xff", 4, 0}};
    struct fake server;
    struct setup setup;

    (void)state;
    memset(longest, 'k', sizeof(longest));
    start(&server, "s", &script, 1);
    set_up(&setup, server.address);
    ask(setup.fetcher, keys, 9);
    assert_int_equal(atomic_load(&server.n_requests), 1);
    tear_down(&setup);
    stop(&server);
    for (size_t i = 0; i < 9; i++)
        if ((answers.key[i].state == FETCH_FOUND) !=
            (i == 0 || i == 7 || i == 8))
            fail_msg("key %zu: %s", i, answers.key[i].why);
    assert_int_equal(answers.key[7].value_bytes, 500);
    assert_int_equal(answers.key[8].value_bytes, 8);
}

static void
test_nothing(void **state)
{
    struct setup setup;

    (void)state;
    set_up(&setup, "127.0.0.1:1");
    ask(setup.fetcher, NULL, 0);
    tear_down(&setup);
    fetcher_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_stale_result),
        cmocka_unit_test(test_now_and_then),
        cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_bad_keys),
        cmocka_unit_test(test_nothing),
    };

    alarm(110); /* a server that is never asked would wait for ever */
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

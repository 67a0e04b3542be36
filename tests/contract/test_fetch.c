/*
 * Reading back, against servers that misbehave: a key is missing only when its
 * server said so to the end; whatever else goes wrong makes it unreadable.
 */
#include "contract/asker.h"

/* Outcomes of a, b, c as letters: Found, Missing, Unreadable. */
struct row {
    const char *name, *outcome;
    struct script scripts[2];
    size_t n_scripts;
    const char *why; /* a part of it */
};

static void
check_row(const struct row *row, bool has_meta)
{
    static const char letters[] = {
        [FETCH_FOUND] = 'F', [FETCH_MISSING] = 'M', [FETCH_UNREADABLE] = 'U'};
    struct fake server;
    struct setup setup;
    char got[4] = "";

    start(&server, "s", row->scripts, row->n_scripts);
    server.has_meta = has_meta;
    set_up(&setup, server.address);
    if (has_meta)
        fetcher_prefer_meta(setup.fetcher);
    ask(setup.fetcher, abc, 3);
    tear_down(&setup);
    stop(&server);
    for (size_t j = 0; j < 3; j++) {
        got[j] = letters[answers.key[j].state];
        if (got[j] == 'U' && !strstr(answers.key[j].why, row->why))
            fail_msg("%s: why: %s", row->name, answers.key[j].why);
        if (got[j] == 'F')
            assert_int_equal(answers.key[j].value[0], 'A' + (int)j);
    }
    if (strcmp(got, row->outcome) != 0)
        fail_msg("%s: %s, not %s (%s)", row->name, got, row->outcome,
            answers.key[0].why);
}

static void
test_replies(void **state)
{
    static char long_line[600];
    static const struct row rows[] = {
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
        {"a number", "UUU", {{SAY, "17\r\n"}}, 1, "as memcached does: \"17\""},
        {"another key", "UUU", {{SAY, "VALUE idfa:x 0 1\r\nX\r\n" END}}, 1,
            "nobody asked for"},
        {"a twice", "FUU", {{SAY, A A END}, {SAY, A END}}, 2,
            "nobody asked for"},
        {"longer than told", "UUU", {{SAY, "VALUE idfa:a 0 1\r\nABC\r\n" END}},
            1, "as memcached does: \"BC"},
        {"absurdly long", "UUU", {{SAY, "VALUE idfa:a 0 1073741825\r\nA"}}, 1,
            "as memcached does: \"VALUE idfa:a 0 1073741825\""},
        {"longer than a size", "UUU",
            {{SAY, "VALUE idfa:a 0 18446744073709551617\r\nA\r\n" END}}, 1,
            "as memcached does"},
        {"flags too large", "UUU",
            {{SAY, "VALUE idfa:a 4294967296 1\r\nA\r\n"}}, 1,
            "as memcached does"},
        {"meta", "UUU", {{SAY, "VA 1 kidfa:a f0\r\nA\r\n"}}, 1,
            "as memcached does"},
        {"no end of a line", "UUU", {{SAY, long_line}}, 1, "as memcached does"},
    };

    (void)state;
    memset(long_line, 'V', sizeof(long_line) - 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i], false);
}

/* The same by meta gets: the third key asked for makes the server speak. */
static void
test_meta_replies(void **state)
{
    static const struct row rows[] = {
        {"all", "FFF", {{SAY, VA VB VC}}, 1, ""},
        {"first", "FMM", {{SAY, VA EN EN}}, 1, ""},
        {"middle", "MFM", {{SAY, EN VB EN}}, 1, ""},
        {"last", "MMF", {{SAY, EN EN VC}}, 1, ""},
        {"none", "MMM", {{SAY, EN EN EN}}, 1, ""},
        {"flags in any order", "FMM",
            {{SAY, "VA 1 f0 kidfa:a c12 t-1 s1 W\r\nA\r\nEN kidfa:b\r\n" EN}},
            1, ""},
        {"backwards", "UUU", {{SAY, VC VB VA}}, 1, "nobody asked for"},
        {"another's miss", "FUU", {{SAY, VA "EN kidfa:c\r\n"}, {SAY, ""}}, 2,
            ""},
        {"no key", "UUU", {{SAY, "VA 1 f0\r\nA\r\n"}}, 1, "nobody asked for"},
        {"a key of blanks", "UUU", {{SAY, "VA 1 k f0\r\nA\r\n"}}, 1,
            "as memcached does"},
        {"one too many", "FFF", {{SAY, VA VB VC VA}}, 1, ""},
        {"closed", "UUU", {{SAY_AND_CLOSE, ""}}, 1, "closed the connection"},
        {"cut in a value", "UUU", {{SAY_AND_CLOSE, "VA 9 kidfa:a f0\r\nA"}}, 1,
            ""},
        {"longer than told", "UUU", {{SAY, "VA 1 kidfa:a f0\r\nABC\r\n"}}, 1,
            "as memcached does"},
        {"absurdly long", "UUU", {{SAY, "VA 4294967297 kidfa:a f0\r\nA"}}, 1,
            "as memcached does"},
        {"silent after a", "FUU", {{SAY, VA}, {STAY_SILENT, NULL}}, 2,
            "no answer within 250 ms"},
        {"no memory", "UUU",
            {{SAY, "SERVER_ERROR out of memory writing get response\r\n"}}, 1,
            "it answers \"SERVER_ERROR out of memory"},
        {"our fault", "UUU", {{SAY, "CLIENT_ERROR bad command\r\n"}}, 1,
            "as memcached does"},
        {"classic", "UUU", {{SAY, A}}, 1, "as memcached does"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i], true);
}

/* A proxy may end the connection at a command that it does not know. */
static void
test_hangs_up_at_meta(void **state)
{
    static const struct script script = {ECHO, NULL};
    struct fake server;
    struct setup setup;

    (void)state;
    start(&server, "s", &script, 1);
    server.hangs_up = true;
    set_up(&setup, server.address);
    fetcher_prefer_meta(setup.fetcher);
    for (int again = 0; again < 2; again++) {
        ask(setup.fetcher, abc, 3);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(answers.key[i].state, FETCH_FOUND);
    }
    tear_down(&setup);
    assert_int_equal(atomic_load(&server.n_connections), 2);
    stop(&server);
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
    set_up_for(&setup, server.address, PATIENT_MS);
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
    set_up_for(&setup, server.address, PATIENT_MS);
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
        set_up_for(&setup, server.address, PATIENT_MS);
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
        cmocka_unit_test(test_meta_replies),
        cmocka_unit_test(test_hangs_up_at_meta),
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

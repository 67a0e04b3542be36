/* Requests byte by byte, replies in every possible piece. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "item_maker.h"
#include "memc/protocol.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    enum form form;
    struct terms terms;
    const char *expected;
} requests[] = {
    {FORM_QUIET, {0, 0}, "ms k:1 3 q\r\nabc\r\n"},
    {FORM_QUIET, {0, 60}, "ms k:1 3 T60 q\r\nabc\r\n"},
    {FORM_QUIET, {5, 0}, "ms k:1 3 F5 q\r\nabc\r\n"},
    {FORM_QUIET, {4294967295u, 4294967295u},
        "ms k:1 3 F4294967295 T4294967295 q\r\nabc\r\n"},
    {FORM_META, {0, 0}, "ms k:1 3\r\nabc\r\n"},
    {FORM_META, {0, 4294967295u}, "ms k:1 3 T4294967295\r\nabc\r\n"},
    {FORM_META, {12, 60}, "ms k:1 3 F12 T60\r\nabc\r\n"},
    {FORM_SET, {0, 0}, "set k:1 0 0 3\r\nabc\r\n"},
    {FORM_SET, {0, 86400}, "set k:1 0 86400 3\r\nabc\r\n"},
    {FORM_SET, {65536, 0}, "set k:1 65536 0 3\r\nabc\r\n"},
    {FORM_NOREPLY, {0, 0}, "set k:1 0 0 3 noreply\r\nabc\r\n"},
    {FORM_NOREPLY, {0, 7}, "set k:1 0 7 3 noreply\r\nabc\r\n"},
    {FORM_NOREPLY, {4294967295u, 4294967295u},
        "set k:1 4294967295 4294967295 3 noreply\r\nabc\r\n"},
};

static void
requests_are_encoded(void **state)
{
    struct item *item = make_item("k:1", "abc", 3);
    char out[1024];
    size_t n;

    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        n = request_encode(item, requests[i].form, requests[i].terms, 0, out,
            sizeof(out));
        out[n] = '\0';
        assert_string_equal(out, requests[i].expected);
        assert_int_equal(n,
            request_bytes(item, requests[i].form, requests[i].terms));
    }
    free(item);
}

static void
any_piece_of_a_request_is_the_same_bytes(void **state)
{
    struct item *item = make_item("dev:0123456789", "0123456789abcdef", 16);
    char whole[256], piece[256];

    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        enum form form = requests[i].form;
        struct terms terms = requests[i].terms;
        size_t n = request_encode(item, form, terms, 0, whole, sizeof(whole));

        for (size_t skip = 0; skip < n; skip++)
            for (size_t room = 1; room <= n; room++) {
                size_t want = n - skip < room ? n - skip : room;

                memset(piece, 'X', sizeof(piece));
                assert_int_equal(want,
                    request_encode(item, form, terms, skip, piece, room));
                assert_memory_equal(piece, whole + skip, want);
                assert_int_equal(piece[want], 'X');
            }
    }
    free(item);
}

/* What is asked for is what a key of 250 bytes needs at most, too. */
static void
the_longest_request_fits(void **state)
{
    struct terms most = {UINT32_MAX, UINT32_MAX};
    char key[251], out[1024];

    (void)state;
    memset(key, 'k', 250);
    key[250] = '\0';
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct item *item = make_item(key, "abc", 3);
        size_t n = request_bytes(item, requests[i].form, most);

        memset(out, 'X', sizeof(out));
        assert_int_equal(n,
            request_encode(item, requests[i].form, most, 0, out, sizeof(out)));
        assert_memory_equal(out + n - 7, "\r\nabc\r\n", 7);
        assert_int_equal(out[n], 'X');
        free(item);
    }
}

static void
value_sizes_have_their_digits(void **state)
{
    static const size_t sizes[] = {0, 9, 10, 99, 100, 999, 1000, 1048576};
    char *value = mem_zero(1, 1048576), *out = mem_new(1048576 + 1024);

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct item *item = make_item("k", value, sizes[i]);
        struct terms terms = {0};

        assert_int_equal(request_bytes(item, FORM_SET, terms),
            request_encode(item, FORM_SET, terms, 0, out, 1048576 + 1024));
        free(item);
    }
    free(value);
    free(out);
}

static const struct {
    const char *line;
    enum reply reply;
} replies[] = {
    {"HD\r\n", REPLY_STORED},
    {"STORED\r\n", REPLY_STORED},
    {"MN\r\n", REPLY_MN},
    {"VERSION 1.6.18\r\n", REPLY_VERSION},
    {"SERVER_ERROR out of memory storing object\r\n", REPLY_NO_MEMORY},
    {"SERVER_ERROR Out of memory during read\r\n", REPLY_NO_MEMORY},
    {"SERVER_ERROR object too large for cache\r\n", REPLY_TOO_LARGE},
    {"SERVER_ERROR backend failure\r\n", REPLY_REFUSED},
    {"SERVER_ERROR\r\n", REPLY_REFUSED},
    {"ERROR\r\n", REPLY_UNKNOWN},
    /* whatever else comes, the stream has lost step */
    {"ERROR Too many open connections\r\n", REPLY_BAD},
    {"CLIENT_ERROR bad data chunk\r\n", REPLY_BAD},
    {"NOT_STORED\r\n", REPLY_BAD},
    {"HD \r\n", REPLY_BAD},
    {"hd\r\n", REPLY_BAD},
    {"HD\n", REPLY_BAD},
    {"\r\n", REPLY_BAD},
    {"\n", REPLY_BAD},
    {"EN\r\n", REPLY_BAD},
};

static void
replies_are_judged(void **state)
{
    struct reply_parser parser;

    (void)state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        const char *at = replies[i].line, *end = at + strlen(at);

        reply_init(&parser);
        assert_int_equal(reply_next(&parser, &at, end), replies[i].reply);
        assert_ptr_equal(at, end);
    }
}

static void
replies_may_come_in_any_pieces(void **state)
{
    static const char stream[] =
        "HD\r\nSERVER_ERROR out of memory storing object\r\nMN\r\nSTORED\r\n";
    static const enum reply expected[] = {
        REPLY_STORED, REPLY_NO_MEMORY, REPLY_MN, REPLY_STORED};
    const size_t n = sizeof(stream) - 1;

    (void)state;
    for (size_t step = 1; step <= n; step++) {
        struct reply_parser parser;
        size_t seen = 0;
        enum reply reply;

        reply_init(&parser);
        for (size_t from = 0; from < n; from += step) {
            const char *at = stream + from;
            const char *end = from + step < n ? at + step : stream + n;

            while ((reply = reply_next(&parser, &at, end)) != REPLY_NONE)
                assert_int_equal(reply, expected[seen++]);
            assert_ptr_equal(at, end);
        }
        assert_int_equal(seen, COUNT(expected));
    }
}

static void
a_bad_reply_is_bad_for_ever(void **state)
{
    static const char stream[] = "HD\r\nWHAT\r\nHD\r\n";
    const char *at = stream, *end = stream + sizeof(stream) - 1;
    struct reply_parser parser;

    (void)state;
    reply_init(&parser);
    assert_int_equal(reply_next(&parser, &at, end), REPLY_STORED);
    assert_int_equal(reply_next(&parser, &at, end), REPLY_BAD);
    assert_string_equal(parser.line, "WHAT");
    assert_int_equal(reply_next(&parser, &at, end), REPLY_BAD);
    at = "HD\r\n";
    assert_int_equal(reply_next(&parser, &at, at + 4), REPLY_BAD);
}

static void
a_reply_without_end_is_bad(void **state)
{
    struct reply_parser parser;
    enum reply reply = REPLY_NONE;
    size_t n = 0;

    (void)state;
    reply_init(&parser);
    while (reply == REPLY_NONE && n < 10 * REPLY_LINE_BYTES) {
        const char *at = "x";

        reply = reply_next(&parser, &at, at + 1);
        n++;
    }
    assert_int_equal(reply, REPLY_BAD);
    assert_in_range(n, REPLY_LINE_BYTES - 1, REPLY_LINE_BYTES + 1);
}

static void
a_nul_in_a_reply_is_bad(void **state)
{
    static const char line[] = "HD\0\r\n";
    const char *at = line;
    struct reply_parser parser;

    (void)state;
    reply_init(&parser);
    assert_int_equal(reply_next(&parser, &at, line + sizeof(line) - 1),
        REPLY_BAD);
}

static void
versions_with_meta(void **state)
{
    static const struct {
        const char *version;
        bool has_meta;
    } versions[] = {
        {"1.6.18", true},
        {"1.6.10", true},
        {"1.6.9", false}, /* `ms` took its size as a flag until then */
        {"1.6.0", false},
        {"1.5.22", false},
        {"1.7.0", true},
        {"2.0.0", true},
        {"0.9.1", false},
        {"1.6.45-beta", true},
        {"twemproxy", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++)
        assert_int_equal(version_has_meta(versions[i].version),
            versions[i].has_meta);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_encoded),
        cmocka_unit_test(any_piece_of_a_request_is_the_same_bytes),
        cmocka_unit_test(the_longest_request_fits),
        cmocka_unit_test(value_sizes_have_their_digits),
        cmocka_unit_test(replies_are_judged),
        cmocka_unit_test(replies_may_come_in_any_pieces),
        cmocka_unit_test(a_bad_reply_is_bad_for_ever),
        cmocka_unit_test(a_reply_without_end_is_bad),
        cmocka_unit_test(a_nul_in_a_reply_is_bad),
        cmocka_unit_test(versions_with_meta),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

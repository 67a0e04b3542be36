/*
 * Replies to gets (src/memc/get_protocol.h) in any pieces, and the keys of a
 * round (src/memc/get_round.h) that they answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "memc/get_round.h"

/* What a parser says of a text that comes `step` bytes at a time, as words:
 * "KEY=VALUE/FLAGS", "miss", "END", "refused", "bad". */
static void
say_all(enum get_form form, const char *replies, size_t n, size_t step,
    struct text *said)
{
    struct get_parser parser;
    size_t from = 0, taken;
    enum get_kind kind;

    get_parser_init(&parser, form);
    text_clear(said);
    for (size_t to = step < n ? step : n;; to = to + step < n ? to + step : n) {
        /* only what the parser left, in a block that ends with it */
        char *copy = mem_new(to - from + 1);
        const char *at = copy;

        memcpy(copy, replies + from, to - from);
        while ((kind = get_parse(&parser, &at, copy + (to - from))) !=
               GET_NONE) {
            const struct get_reply *reply = &parser.reply;

            if (kind == GET_VALUE && reply->offset == 0)
                text_format(said, "%.*s=", (int)reply->key_bytes,
                    reply->key ? reply->key : "");
            if (kind == GET_VALUE)
                text_add(said, reply->piece, reply->piece_bytes);
            if (kind == GET_VALUE && reply->is_last)
                text_format(said, "/%u/%llu/%lld ", reply->flags,
                    (unsigned long long)reply->cas, (long long)reply->ttl_s);
            if (kind == GET_MISS || kind == GET_END)
                text_format(said, "%s ", kind == GET_END ? "END" : "miss");
            if (kind == GET_REFUSED || kind == GET_BAD)
                break;
        }
        taken = (size_t)(at - copy);
        free(copy);
        from += taken;
        assert_true(kind != GET_NONE || to - from < GET_REST_BYTES);
        if (kind != GET_NONE) {
            const char *again = replies;

            text_format(said, "%s(%s)", kind == GET_BAD ? "bad" : "refused",
                parser.text);
            /* for ever */
            assert_int_equal(get_parse(&parser, &again, replies + n), kind);
            break;
        }
        if (to == n)
            break;
    }
}

static void
test_replies(void **state)
{
    static const struct {
        enum get_form form;
        const char *replies, *said;
    } rows[] = {
        {GET_CLASSIC, "VALUE a 0 1\r\nA\r\nEND\r\n", "a=A/0/0/-1 END "},
        {GET_CLASSIC, "END\r\nEND\r\n", "END END "},
        {GET_CLASSIC, "VALUE \xc3\xa9 4294967295 0\r\n\r\nEND\r\n",
            "\xc3\xa9=/4294967295/0/-1 END "},
        {GET_CLASSIC, "VALUE a 7 4 18446744073709551615\r\nE\r\nN\r\nEND\r\n",
            "a=E\r\nN/7/18446744073709551615/-1 END "},
        {GET_CLASSIC,
            "VALUE a 0 10\r\n0123456789\r\nVALUE b 1 2\r\nxy\r\nEND\r\n",
            "a=0123456789/0/0/-1 b=xy/1/0/-1 END "},
        {GET_CLASSIC, "VALUE a 0 1 \r\nA\r\n", "bad(VALUE a 0 1 )"},
        {GET_CLASSIC, "VALUE a 0 1 2 3\r\nA\r\n", "bad(VALUE a 0 1 2 3)"},
        {GET_CLASSIC, "VALUE  0 1\r\nA\r\n", "bad(VALUE  0 1)"},
        {GET_CLASSIC, "VALUE a -1 1\r\nA\r\n", "bad(VALUE a -1 1)"},
        {GET_CLASSIC, "VALUE a 0 +1\r\nA\r\n", "bad(VALUE a 0 +1)"},
        {GET_CLASSIC, "VALUE a 4294967296 1\r\nA\r\n",
            "bad(VALUE a 4294967296 1)"},
        {GET_CLASSIC, "VALUE a 0 1073741825\r\nA\r\n",
            "bad(VALUE a 0 1073741825)"},
        {GET_CLASSIC, "VALUE a 0 1\nA\r\n", "bad(VALUE a 0 1)"},
        {GET_CLASSIC, "VALUES\r\n", "bad(VALUES)"},
        {GET_CLASSIC, "ENDE\r\n", "bad(ENDE)"},
        {GET_CLASSIC, "\r\n", "bad()"},
        {GET_CLASSIC, "EN\r\n", "bad(EN)"},
        {GET_CLASSIC, "SERVER_ERROR no\r\nEND\r\n", "refused(SERVER_ERROR no)"},
        {GET_CLASSIC, "VALUE a 0 1\r\nA", "a=A"},
        {GET_CLASSIC, "VALUE a 0 1", ""},
        {GET_META, "VA 1 ka f0\r\nA\r\nEN\r\n", "a=A/0/0/-1 miss "},
        {GET_META, "VA 0 f3 kb c9 t60 s0 W\r\n\r\n", "b=/3/9/60 "},
        {GET_META, "VA 1 ka t-1 f0\r\n\n\r\nEN ka\r\n", "a=\n/0/0/-1 miss "},
        {GET_META, "VA 1\r\nA\r\n", "=A/0/0/-1 "},
        {GET_META, "VA 1 k\r\nA\r\n", "bad(VA 1 k)"},
        {GET_META, "VA 1 f\r\nA\r\n", "bad(VA 1 f)"},
        {GET_META, "VA 1 ka  f0\r\nA\r\n", "bad(VA 1 ka  f0)"},
        {GET_META, "VA x ka\r\nA\r\n", "bad(VA x ka)"},
        {GET_META, "VA 1 ka t-2\r\nA\r\n", "bad(VA 1 ka t-2)"},
        {GET_META, "VALUE a 0 1\r\nA\r\n", "bad(VALUE a 0 1)"},
        {GET_META, "EN \r\n", "bad(EN )"},
        {GET_META, "END\r\n", "bad(END)"},
        {GET_META, "HD\r\n", "bad(HD)"},
        {GET_META, "MN\r\n", "bad(MN)"},
    };
    struct text said = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t n = strlen(rows[i].replies);

        for (size_t step = 1; step <= n; step++) {
            say_all(rows[i].form, rows[i].replies, n, step, &said);
            if (strcmp(said.data ? said.data : "", rows[i].said) != 0)
                fail_msg("row %zu by %zu: \"%s\", not \"%s\"", i, step,
                    said.data, rows[i].said);
        }
    }
    text_release(&said);
}

static void
test_lines_are_bounded(void **state)
{
    char line[2 * GET_LINE_BYTES];
    const char *at = line;
    struct get_parser parser;

    (void)state;
    memset(line, 'V', sizeof(line));
    get_parser_init(&parser, GET_CLASSIC);
    assert_int_equal(get_parse(&parser, &at, line + GET_LINE_BYTES - 1),
        GET_NONE);
    assert_ptr_equal(at, line);
    assert_int_equal(get_parse(&parser, &at, line + GET_LINE_BYTES), GET_BAD);
    get_parser_init(&parser, GET_CLASSIC);
    line[GET_LINE_BYTES + 1] = '\n';
    assert_int_equal(get_parse(&parser, &at, line + sizeof(line)), GET_BAD);
}

static void
test_requests(void **state)
{
    char to[3 * GET_REQUEST_KEY_BYTES], key[GET_KEY_BYTES];
    size_t n;

    (void)state;
    n = get_request_key(GET_CLASSIC, true, "a", 1, to);
    n += get_request_key(GET_CLASSIC, false, "bc", 2, to + n);
    n += get_request_end(GET_CLASSIC, to + n);
    assert_int_equal(n, 10);
    assert_memory_equal(to, "get a bc\r\n", n);
    n = get_request_key(GET_META, true, "a", 1, to);
    n += get_request_key(GET_META, false, "bc", 2, to + n);
    n += get_request_end(GET_META, to + n);
    assert_int_equal(n, 25);
    assert_memory_equal(to, "mg a k f v\r\nmg bc k f v\r\n", n);
    memset(key, 'k', sizeof(key));
    for (enum get_form form = GET_CLASSIC; form <= GET_META; form++)
        assert_true(get_request_key(form, true, key, sizeof(key), to) +
                        get_request_end(form, to) <=
                    GET_REQUEST_KEY_BYTES);
}

/* ----------------------------------------------------------------- rounds --
 */

static char found[8]; /* of each key: what was said last */

static void
note(void *ctx, void *tag, const struct get_reply *reply)
{
    (void)ctx;
    assert_int_equal(found[*(char *)tag - 'a'], '.');
    if (!reply)
        found[*(char *)tag - 'a'] = '-';
    else if (reply->is_last)
        found[*(char *)tag - 'a'] = *reply->piece;
}

/* Keys a b c a; the result of the last reply taken as a digit, -1 as '!'. */
static void
test_rounds(void **state)
{
    static const struct {
        enum get_form form;
        const char *replies, *found;
        char last;
    } rows[] = {
        {GET_CLASSIC, "abcE", "ABC", '1'},
        {GET_CLASSIC, "cbaE", "ABC", '1'},
        {GET_CLASSIC, "E", "---", '1'},
        {GET_CLASSIC, "bE", "-B-", '1'},
        {GET_CLASSIC, "abc", "ABC", '0'},
        {GET_CLASSIC, "aa", "A..", '!'},
        {GET_CLASSIC, "d", "...", '!'},
        {GET_META, "abc", "ABC", '1'},
        {GET_META, "aEc", "A-C", '1'},
        {GET_META, "EEE", "---", '1'},
        {GET_META, "ab", "AB.", '0'},
        {GET_META, "b", "...", '!'},
        {GET_META, "ac", "A..", '!'},
        {GET_META, "aa", "A..", '!'},
    };
    static struct get_round round;
    static char keys[] = "abc";

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_meta = rows[i].form == GET_META;
        char to[GET_REQUEST_KEY_BYTES];
        int result = 0;

        memset(found, '.', sizeof(found));
        round_begin(&round, rows[i].form);
        for (size_t k = 0; k < 3; k++)
            round_add(&round, &(struct get_key){&keys[k], 1, &keys[k]}, to);
        for (const char *c = rows[i].replies; *c; c++) {
            char value = (char)(*c - 'a' + 'A');
            struct get_reply reply = {.key = *c == 'E' ? NULL : c,
                .key_bytes = 1,
                .value_bytes = 1,
                .piece = &value,
                .piece_bytes = 1,
                .is_last = true};

            result = round_take(&round,
                *c != 'E' ? GET_VALUE
                : is_meta ? GET_MISS
                          : GET_END,
                &reply, note, NULL);
        }
        if (memcmp(found, rows[i].found, 3) != 0 ||
            rows[i].last != (result < 0 ? '!' : '0' + result))
            fail_msg("row %zu: %.3s, %d", i, found, result);
    }
}

static void
test_rounds_are_bounded(void **state)
{
    static struct get_round round;
    char to[GET_REQUEST_KEY_BYTES];
    size_t n = 0;

    (void)state;
    round_begin(&round, GET_CLASSIC);
    while (round_has_room(&round, 0)) {
        round_add(&round, &(struct get_key){"k", 1, NULL}, to);
        n++;
    }
    assert_int_equal(n, ROUND_KEYS);
    round_begin(&round, GET_CLASSIC);
    assert_true(round_has_room(&round, ROUND_BYTES - 1));
    assert_false(round_has_room(&round, ROUND_BYTES));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_lines_are_bounded),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_rounds_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

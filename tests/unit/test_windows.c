/* The windows of a lane: forming, sending in pieces, rewinding, popping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "item_maker.h"
#include "sink/windows.h"

static const struct terms no_terms;

enum { N_ITEMS = 40 };

static struct item *items[N_ITEMS];

static int
make_items(void **state)
{
    char key[32], value[64];

    (void)state;
    memset(value, 'v', sizeof(value));
    for (int i = 0; i < N_ITEMS; i++) {
        snprintf(key, sizeof(key), "key:%d", i);
        items[i] = make_item(key, value, (size_t)i);
    }
    return 0;
}

static int
free_items(void **state)
{
    (void)state;
    for (int i = 0; i < N_ITEMS; i++)
        free(items[i]);
    return 0;
}

static void
append(struct windows *windows, int from, int to)
{
    size_t n_bytes = 0;

    for (int i = from; i < to; i++) {
        items[i]->next = i + 1 < to ? items[i + 1] : NULL;
        n_bytes += items[i]->key_bytes + items[i]->value_bytes;
    }
    windows_append(windows, items[from], items[to - 1], (size_t)(to - from),
        n_bytes);
}

/* All requests, and a fence behind those that end a window. */
static void
expect(struct text *text, const struct windows *windows)
{
    char out[512];
    int next = 0;

    for (size_t i = 0; i < windows->n; i++) {
        for (size_t n = windows_at(windows, i)->n; n; n--)
            text_add(text, out,
                request_encode(items[next++], FORM_QUIET, no_terms, 0, out,
                    sizeof(out)));
        text_add(text, "mn\r\n", 4);
    }
}

/* Forms windows by encoding them, then rewinds. */
static void
form_all(struct windows *windows, size_t window_bytes)
{
    char piece[512];

    while (windows->unformed || windows->n_sent < windows->n) {
        if (windows->n_sent == windows->n)
            windows_form(windows);
        windows_encode(windows, FORM_QUIET, no_terms, true, window_bytes, piece,
            sizeof(piece));
    }
    windows_rewind(windows);
}

static void
windows_are_full_but_not_over(void **state)
{
    static const size_t sizes[] = {1, 20, 64, 100, 200, 1000, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct windows windows = {0};
        size_t n = 0;

        append(&windows, 0, N_ITEMS);
        form_all(&windows, sizes[i]);
        for (size_t w = 0; w < windows.n; w++) {
            struct window *window = windows_at(&windows, w);
            struct item *item = window->first;
            size_t n_bytes = 0;

            assert_true(window->n > 0);
            assert_ptr_equal(item, items[n]);
            for (size_t left = window->n; left; left--, item = item->next)
                n_bytes += request_bytes(item, FORM_QUIET, no_terms);
            assert_true(window->n == 1 || n_bytes <= sizes[i]);
            n += window->n;
            /* the next item did not fit any more */
            if (n < N_ITEMS)
                assert_true(n_bytes +
                                request_bytes(items[n], FORM_QUIET, no_terms) >
                            sizes[i]);
        }
        assert_int_equal(n, N_ITEMS);
        assert_int_equal(windows.unformed_bytes, 0);
        windows_release(&windows);
    }
}

/* Sends everything, forming windows of 150 bytes, `room` bytes at a time; each
 * time the socket takes `taken` of them at most, as wire.c does it. */
static void
send_all(struct windows *windows, struct text *out, size_t room, size_t taken)
{
    char *piece = mem_new(room);

    while (windows->unformed || windows->n_sent < windows->n) {
        struct cursor cursor;
        size_t n_sent, n;

        if (windows->n_sent == windows->n)
            windows_form(windows);
        cursor = windows->cursor;
        n_sent = windows->n_sent;
        n = windows_encode(windows, FORM_QUIET, no_terms, true, 150, piece,
            room);
        assert_true(n > 0 && n <= room);
        if (n > taken) {
            windows_restore(windows, n_sent, &cursor);
            n = windows_encode(windows, FORM_QUIET, no_terms, true, 150, piece,
                taken);
            assert_int_equal(n, taken);
        }
        text_add(out, piece, n);
    }
    free(piece);
}

static void
any_pieces_make_the_same_stream(void **state)
{
    struct windows windows = {0};
    struct text expected = {0};

    (void)state;
    append(&windows, 0, N_ITEMS);
    form_all(&windows, 150);
    expect(&expected, &windows);
    windows_release(&windows);
    for (size_t room = 1; room < 300; room++)
        for (size_t taken = 1; taken <= room; taken += 1 + room / 7) {
            struct text sent = {0};

            append(&windows, 0, 17);
            append(&windows, 17, N_ITEMS);
            send_all(&windows, &sent, room, taken);
            assert_int_equal(sent.n_bytes, expected.n_bytes);
            assert_memory_equal(sent.data, expected.data, sent.n_bytes);
            text_release(&sent);
            windows_release(&windows);
        }
    text_release(&expected);
}

static void
a_closed_window_takes_no_more(void **state)
{
    struct windows windows = {0};
    char piece[64];
    size_t n;

    (void)state;
    append(&windows, 0, N_ITEMS);
    windows_form(&windows);
    windows_encode(&windows, FORM_QUIET, no_terms, true, 1000, piece, 30);
    windows_close(&windows);
    n = windows_at(&windows, 0)->n;
    assert_in_range(n, 1, 3);
    while (windows.n_sent == 0)
        windows_encode(&windows, FORM_QUIET, no_terms, true, 1000, piece, 30);
    assert_int_equal(windows_at(&windows, 0)->n, n);
    assert_int_equal(windows_items(&windows), N_ITEMS);
    assert_ptr_equal(windows.unformed, items[n]);
    windows_release(&windows);
}

static void
a_rewind_sends_all_of_it_again(void **state)
{
    struct windows windows = {0};
    struct text first = {0}, again = {0};
    char piece[100];

    (void)state;
    append(&windows, 0, N_ITEMS);
    form_all(&windows, 150);
    expect(&first, &windows);
    assert_false(windows_is_midway(&windows));
    assert_int_equal(windows_rewind(&windows), 0);
    /* somewhere in the third window */
    while (windows.n_sent < 2 || !windows_is_midway(&windows))
        windows_encode(&windows, FORM_QUIET, no_terms, true, 150, piece, 33);
    assert_int_equal(windows_rewind(&windows), windows_at(&windows, 0)->n +
                                                   windows_at(&windows, 1)->n +
                                                   windows_at(&windows, 2)->n);
    send_all(&windows, &again, 100, 100);
    assert_int_equal(again.n_bytes, first.n_bytes);
    assert_memory_equal(again.data, first.data, again.n_bytes);
    text_release(&first);
    text_release(&again);
    windows_release(&windows);
}

static void
popping_and_appending_go_on_for_ever(void **state)
{
    struct windows windows = {0};
    char piece[4096];

    (void)state;
    for (int round = 0; round < 50; round++) {
        size_t n = 0;

        append(&windows, 0, N_ITEMS / 2);
        form_all(&windows, 60);
        append(&windows, N_ITEMS / 2, N_ITEMS);
        form_all(&windows, 60);
        assert_int_equal(windows_items(&windows), N_ITEMS);
        while (windows.n) {
            windows_encode(&windows, FORM_QUIET, no_terms, true, 60, piece,
                sizeof(piece));
            while (windows.n_sent) {
                assert_ptr_equal(windows_at(&windows, 0)->first, items[n]);
                n += windows_at(&windows, 0)->n;
                windows_pop(&windows);
            }
        }
        assert_int_equal(n, N_ITEMS);
        assert_null(windows.last);
    }
    windows_release(&windows);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_full_but_not_over),
        cmocka_unit_test(any_pieces_make_the_same_stream),
        cmocka_unit_test(a_closed_window_takes_no_more),
        cmocka_unit_test(a_rewind_sends_all_of_it_again),
        cmocka_unit_test(popping_and_appending_go_on_for_ever),
    };

    return cmocka_run_group_tests(tests, make_items, free_items);
}

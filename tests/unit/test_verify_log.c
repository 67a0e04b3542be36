/*
 * The verify log of a full verification: which keys count, once each, by their
 * last line in a file and their best file, whatever order the records come in,
 * from however many processes, in memory or on disk.
 */
#include "verify_log_maker.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"

/* As the letter of the one key that was counted; ' ' for none. */
static char
letter_of(const struct verify_counts *counts)
{
    if (counts->sampled == 0)
        return ' ';
    assert_int_equal(counts->sampled, 1);
    return counts->matched     ? '+'
           : counts->missing   ? '-'
           : counts->different ? 'x'
                               : '?';
}

static void
a_key_counts_by_its_last_lines(void **state)
{
    static const struct {
        /* records "file:line what", and what becomes of the key */
        const char *records;
        char check;
    } rows[] = {
        {"0:1+", '+'},
        {"0:1-", '-'},
        {"0:1x", 'x'},
        {"0:1?", '?'},
        /* one file: the last line, whichever came first */
        {"0:1x 0:2+", '+'},
        {"0:2+ 0:1x", '+'},
        {"0:1+ 0:2x", 'x'},
        {"0:2x 0:1+", 'x'},
        {"0:1+ 0:2- 0:3+ 0:4x", 'x'},
        /* several files: any */
        {"0:1x 1:1+", '+'},
        {"0:1+ 1:1x", '+'},
        {"0:1x 1:1x", 'x'},
        {"0:1x 0:5x 1:1x 1:2+ 2:3x", '+'},
        {"0:1+ 0:5x 1:2+ 1:3x", 'x'},
        /* none: the least certain */
        {"0:1- 1:1x", 'x'},
        {"0:1x 1:1-", 'x'},
        {"0:1? 1:1x", '?'},
        {"0:1- 1:1?", '?'},
        {"0:1? 1:1+", '+'},
        /* lines that failed do not count */
        {"0:1x 0:12", ' '},
        {"0:12", ' '},
        {"0:12 0:1x", ' '},
        {"0:1+ 0:2x 0:22", '+'},
        {"0:22 0:2x 0:1+", '+'},
        {"0:1- 0:2+ 0:3x 0:12 0:32", '+'},
        {"0:1+ 0:2- 0:22 0:3x 0:32", '+'},
        {"0:1x 0:12 0:2x 0:22 1:7-", '-'},
        {"0:1x 1:12", 'x'},
        /* unless that was in another generation of the server */
        {"0:1x 0:11", 'x'},
        {"0:1x 0:13", 'x'},
        {"0:1x 0:11 0:12", ' '},
        /* what was lost was not stored */
        {"9:1x", ' '},
        {"9:1x 0:1-", '-'},
        {"9:1+ 0:1-", '-'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct verify_log *verify_log = new_verify_log(1 << 20);
        struct verify_counts servers[SERVERS];
        struct settled settled;
        const char *at = rows[i].records;
        unsigned file, line;
        char what, got;

        for (; *at; at += at[4] ? 5 : 4) {
            /* the line is one digit: what follows may be one, too */
            assert_int_equal(sscanf(at, "%1u:%1u%c", &file, &line, &what), 3);
            add(verify_log, "idfa:a", 1, file, line, what);
        }
        settle(verify_log, servers, &settled);
        got = letter_of(&servers[1]);
        if (got != rows[i].check)
            fail_msg("%s: '%c', not '%c'", rows[i].records, got, rows[i].check);
        assert_int_equal(settled.n_shown, got != ' ' && got != '+');
        assert_int_equal(servers[0].sampled + servers[2].sampled, 0);
        verify_log_free(verify_log);
    }
}

/* The same key on two servers is two keys. */
static void
servers_are_counted_apart(void **state)
{
    struct verify_log *verify_log = new_verify_log(1 << 20);
    struct verify_counts servers[SERVERS];
    struct settled settled;

    (void)state;
    add(verify_log, "a:b:c", 0, 0, 1, '+');
    add(verify_log, "a:b:c", 2, 0, 2, '-');
    settle(verify_log, servers, &settled);
    assert_int_equal(letter_of(&servers[0]), '+');
    assert_int_equal(letter_of(&servers[1]), ' ');
    assert_int_equal(letter_of(&servers[2]), '-');
    verify_log_free(verify_log);
}

/* ---------------------------------------------------- many, many ways --- */

enum { N_KEYS = 20000, FILES = 4, LINES = 60000, PROCESSES = 3 };

/* What a simple-minded reader would keep: of each key and file the last
 * line's letter, by reading the lines in order. */
static char last[N_KEYS][FILES];

/* The key of a line, and what is found of it; the same each time. */
static size_t
line_of(uint32_t file, uint64_t line, char *what)
{
    struct rng rng;
    uint64_t n;

    rng_init(&rng, file * 1000000 + line);
    n = rng_next(&rng);
    *what = "+++++++++++++-x?"[n % 16];
    return (n >> 8) % N_KEYS;
}

static void
count_simply(struct verify_counts *servers)
{
    char what;
    size_t key;

    memset(last, 0, sizeof(last));
    memset(servers, 0, SERVERS * sizeof(*servers));
    for (uint32_t file = 0; file < FILES; file++)
        for (uint64_t line = 1; line <= LINES / FILES; line++) {
            key = line_of(file, line, &what);
            last[key][file] = what;
        }
    for (key = 0; key < N_KEYS; key++) {
        struct verify_counts *counts = &servers[key % SERVERS];
        const char *of = last[key];

        if (!memchr(of, '+', FILES) && !memchr(of, '?', FILES) &&
            !memchr(of, 'x', FILES) && !memchr(of, '-', FILES))
            continue;
        verify_count(counts,
            memchr(of, '+', FILES)   ? VERIFY_MATCHED
            : memchr(of, '?', FILES) ? VERIFY_UNREADABLE
            : memchr(of, 'x', FILES) ? VERIFY_DIFFERENT
                                     : VERIFY_MISSING,
            1);
    }
}

/* Files by turns to processes, each from its end to its start. */
static void
add_in_processes(struct verify_log *verify_log)
{
    struct err err;
    char name[32], what;
    int status;

    for (uint32_t i = 0; i < PROCESSES; i++) {
        if (fork() > 0)
            continue;
        for (uint32_t file = i; file < FILES; file += PROCESSES)
            for (uint64_t line = LINES / FILES; line >= 1; line--) {
                size_t key = line_of(file, line, &what);

                snprintf(name, sizeof(name), "idfa:%zu", key);
                add(verify_log, name, key % SERVERS, file, line, what);
            }
        _exit(verify_log_flush(verify_log, &err) ? 1 : 0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        must(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
}

static void
memory_and_disk_settle_alike(void **state)
{
    static const size_t memories[] = {64 << 20, 600000, 100000, 1000, 1};
    struct verify_counts expected[SERVERS], servers[SERVERS];
    struct settled settled, first = {0};

    (void)state;
    count_simply(expected);
    assert_true(expected[1].missing && expected[1].unreadable);
    for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
        struct verify_log *verify_log = new_verify_log(memories[i]);

        memset(&settled, 0, sizeof(settled));
        add_in_processes(verify_log);
        assert_int_equal(verify_log_is_on_disk(verify_log), i > 0);
        settle(verify_log, servers, &settled);
        assert_memory_equal(servers, expected, sizeof(expected));
        assert_int_equal(settled.n_shown, VERIFY_LOG_SHOWN);
        settled.servers = NULL;
        if (i == 0)
            first = settled;
        for (size_t j = 0; j < VERIFY_LOG_SHOWN; j++) {
            assert_int_equal(settled.shown[j].file, first.shown[j].file);
            assert_int_equal(settled.shown[j].line, first.shown[j].line);
        }
        verify_log_free(verify_log);
    }
}

/* ---------------------------------------------------------------- names --- */

static void
the_first_mismatches_are_named(void **state)
{
    struct verify_log *verify_log = new_verify_log(1 << 20);
    struct verify_counts servers[SERVERS];
    struct settled settled;
    char key[32];

    (void)state;
    for (int i = 30; i > 0; i--) {
        snprintf(key, sizeof(key), "idfa:%d", i);
        add(verify_log, key, 0, (uint32_t)(i % 2), (uint64_t)i,
            i == 4 ? '+' : '-');
    }
    settle(verify_log, servers, &settled);
    assert_int_equal(servers[0].missing, 29);
    assert_int_equal(settled.n_shown, VERIFY_LOG_SHOWN);
    for (size_t i = 0; i < VERIFY_LOG_SHOWN; i++) {
        /* lines 2, 6, 8, … of the first file */
        uint64_t line = i ? 4 + 2 * i : 2;

        assert_int_equal(settled.shown[i].file, 0);
        assert_int_equal(settled.shown[i].line, line);
        assert_int_equal(settled.shown[i].state, VERIFY_MISSING);
        snprintf(key, sizeof(key), "idfa:%d", (int)line);
        assert_int_equal(settled.shown[i].key_bytes, strlen(key));
        assert_memory_equal(settled.shown[i].key, key, strlen(key));
    }
    verify_log_free(verify_log);
}

/* Names are kept of the first thousand or so; places of all. */
static void
very_many_mismatches_have_places_at_least(void **state)
{
    struct verify_log *verify_log = new_verify_log(1 << 20);
    struct verify_counts servers[SERVERS];
    struct settled settled;
    char key[260];

    (void)state;
    for (int i = 20000; i > 0; i--) {
        snprintf(key, sizeof(key), "%0250d", i);
        add(verify_log, key, 0, 0, (uint64_t)i, 'x');
    }
    settle(verify_log, servers, &settled);
    assert_int_equal(servers[0].different, 20000);
    for (size_t i = 0; i < VERIFY_LOG_SHOWN; i++) {
        assert_int_equal(settled.shown[i].line, i + 1);
        assert_int_equal(settled.shown[i].key_bytes, 0);
    }
    verify_log_free(verify_log);
}

static void
an_empty_log_settles_to_nothing(void **state)
{
    struct verify_log *verify_log = new_verify_log(4096);
    struct verify_counts servers[SERVERS];
    struct settled settled;

    (void)state;
    settle(verify_log, servers, &settled);
    assert_int_equal(servers[0].sampled, 0);
    assert_int_equal(settled.n_shown, 0);
    verify_log_free(verify_log);
    verify_log_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_counts_by_its_last_lines),
        cmocka_unit_test(servers_are_counted_apart),
        cmocka_unit_test(memory_and_disk_settle_alike),
        cmocka_unit_test(the_first_mismatches_are_named),
        cmocka_unit_test(very_many_mismatches_have_places_at_least),
        cmocka_unit_test(an_empty_log_settles_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

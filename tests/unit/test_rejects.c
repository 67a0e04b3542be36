/* The rejects files: names, and rows of batches made by hand. */
// LDFLAGS: -Wl,--wrap=fsync -Wl,--wrap=write
#include "unit/reject_batch.h"

static void
test_names(void **state)
{
    static const struct {
        const char *stem;
        enum rejects_kind kind;
        enum rejects_state state;
        const char *name;
    } cases[] = {
        {"a.gz", REJECTS_JSONL, REJECTS_WHOLE, "a.gz.rejects.jsonl"},
        {"d/a.gz", REJECTS_TSV, REJECTS_WHOLE, "d/a.gz.rejects.tsv"},
        {"d/a", REJECTS_TSV, REJECTS_PARTIAL, "d/a.rejects.partial.tsv"},
        {"/a", REJECTS_JSONL, REJECTS_WORKING, "/.a.rejects.jsonl.tmp"},
        {"../.a", REJECTS_TSV, REJECTS_WORKING, "../..a.rejects.tsv.tmp"},
        {"stdin", REJECTS_TSV, REJECTS_DRY, ".stdin.rejects.tsv.dry"},
        {"d/a.csv", REJECTS_CSV, REJECTS_WHOLE, "d/a.csv.rejects.csv"},
        {"a", REJECTS_CSV, REJECTS_PARTIAL, "a.rejects.partial.csv"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *name = rejects_name(cases[i].stem, cases[i].kind, cases[i].state);

        assert_string_equal(name, cases[i].name);
        assert_true(!rejects_suffix(name) == (cases[i].state > 1));
        free(name);
    }
    assert_int_equal(rejects_suffix("d/a.gz.rejects.tsv"), 12);
    assert_int_equal(rejects_suffix("a.rejects.partial.jsonl"), 22);
    assert_int_equal(rejects_suffix("a.rejects.tsv.gz"), 0);
    assert_int_equal(rejects_suffix(".rejects.tsv"), 0);
    assert_int_equal(rejects_suffix("rejects.tsv"), 0);
}

/* Rejected and failed ones, of two lanes, in the order of the file. */
static void
test_rows(void **state)
{
    (void)state;
    clear_batch(101);
    open_rejects();
    add_item("good", 0, OUTCOME_STORED);
    add_reject("idfa\t1\t\"x\"", REASON_COLUMNS, "3 columns, wanted 5");
    add_item("full", 0, OUTCOME_OUT_OF_MEMORY);
    add_item("gone", 1, OUTCOME_OUTAGE);
    add_reject("ipad\t\xff", REASON_UNKNOWN_TYPE, "");
    add_item("big", 0, OUTCOME_TOO_LARGE);
    add_item("sent", 1, OUTCOME_SENT);
    add_item("no", 0, OUTCOME_REFUSED);
    rejects_add(rejects, &batch);
    clear_batch(1);
    add_item("good", 1, OUTCOME_STORED);
    rejects_add(rejects, &batch);
    add_reject("late", REASON_BAD_ITEM, "apps");
    rejects_add(rejects, &batch);
    close_rejects(true);
    assert_text("a.gz.rejects.tsv",
        "idfa\t1\t\"x\"\nfull\ngone\nipad\t\xff\nbig\nno\nlate\n");
    assert_text("a.gz.rejects.jsonl",
        "{\"line\":102,\"reason\":\"columns\",\"detail\":\"3 columns, wanted "
        "5\",\"row\":\"idfa\\t1\\t\\\"x\\\"\"}\n"
        "{\"line\":103,\"reason\":\"out_of_memory\",\"detail\":"
        "\"127.0.0.1:33013\",\"row\":\"full\"}\n"
        "{\"line\":104,\"reason\":\"outage\",\"detail\":"
        "\"unix:/tmp/\\u00FF\\\"\",\"row\":\"gone\"}\n"
        "{\"line\":105,\"reason\":\"unknown_type\",\"detail\":\"\",\"raw\":"
        "true,\"row\":\"ipad\\t\\u00FF\"}\n"
        "{\"line\":106,\"reason\":\"too_large\",\"detail\":"
        "\"127.0.0.1:33013\",\"row\":\"big\"}\n"
        "{\"line\":108,\"reason\":\"refused\",\"detail\":"
        "\"127.0.0.1:33013\",\"row\":\"no\"}\n"
        "{\"line\":2,\"reason\":\"bad_app\",\"detail\":\"apps\",\"row\":"
        "\"late\"}\n");
    assert_int_equal(rejects_lines(rejects, REJECTS_JSONL), 7);
    assert_int_equal(rejects_lines(rejects, REJECTS_TSV), 7);
    assert_false(is_stop_asked());
}

/* They are in the .jsonl alone. */
static void
test_bad_lines(void **state)
{
    static const struct {
        const char *bytes;
        size_t n_bytes;
        enum line_fault fault;
    } cases[] = {{"nul\0", 4, LINE_WHOLE}, {"long\xc3", 5, LINE_TOO_LONG},
        {"unfinished", 10, LINE_CUT_OFF}};

    (void)state;
    open_rejects();
    for (size_t i = 0; i < 3; i++)
        batch_bad(&batch,
            add_line(cases[i].bytes, cases[i].n_bytes, cases[i].fault),
            REASON_BAD_LINE, OUTCOME_NONE, "");
    batch.counts.rejected = 3;
    rejects_add(rejects, &batch);
    close_rejects(true);
    assert_text("a.gz.rejects.jsonl",
        "{\"line\":1,\"reason\":\"bad_line\",\"detail\":\"\",\"row\":"
        "\"nul\\u0000\"}\n"
        "{\"line\":2,\"reason\":\"bad_line\",\"detail\":\"\",\"raw\":true,"
        "\"cut\":true,\"row\":\"long\\u00C3\"}\n"
        "{\"line\":3,\"reason\":\"bad_line\",\"detail\":\"\",\"cut\":true,"
        "\"row\":\"unfinished\"}\n");
    assert_false(temp_exists(temp_path("a.gz.rejects.tsv")));
    assert_int_equal(rejects_lines(rejects, REJECTS_TSV), 0);
}

/* A first line that would make another file of it. */
static void
test_first_lines(void **state)
{
    static const struct {
        const char *row, *wanted;
    } cases[] = {
        {"\xef\xbb\xbfidfa", "\xef\xbb\xbf\xef\xbb\xbfidfa\nx\n"},
        {"\x1f\x8bidfa", "\xef\xbb\xbf\x1f\x8bidfa\nx\n"},
        {"\xef\xbb", "\xef\xbb\nx\n"},
        {"\x1f", "\x1f\nx\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        clear_batch(1);
        open_rejects();
        add_reject(cases[i].row, REASON_COLUMNS, "");
        add_reject("x", REASON_COLUMNS, "");
        rejects_add(rejects, &batch);
        close_rejects(true);
        assert_text("a.gz.rejects.tsv", cases[i].wanted);
        rejects_free(rejects);
    }
    rejects = NULL;
}

/* Lines of csv come as they are, behind the header, which is none of them. */
static void
test_csv_with_a_header(void **state)
{
    static uint32_t numbers[64] = {1, 4};
    static const char header[] = "\"type\",id";

    (void)state;
    clear_batch(1);
    batch.block.numbers = numbers;
    open_rejects_of(true, false);
    rejects_header(rejects, header, strlen(header));
    add_reject("\"a\n\"\"b\"\"\r\n\",2", REASON_BAD_KEY, "");
    add_reject("c,\"", REASON_BAD_LINE, "no closing quote in column 2");
    rejects_add(rejects, &batch);
    clear_batch(9);
    add_reject("d,3", REASON_BAD_KEY, "");
    rejects_add(rejects, &batch);
    close_rejects(true);
    assert_text("a.gz.rejects.csv",
        "\"type\",id\n\"a\n\"\"b\"\"\r\n\",2\nd,3\n");
    assert_text("a.gz.rejects.jsonl",
        "{\"line\":2,\"reason\":\"bad_key\",\"detail\":\"\",\"row\":"
        "\"\\\"a\\u000A\\\"\\\"b\\\"\\\"\\u000D\\u000A\\\",2\"}\n"
        "{\"line\":5,\"reason\":\"bad_line\",\"detail\":\"no closing quote in "
        "column 2\",\"row\":\"c,\\\"\"}\n"
        "{\"line\":9,\"reason\":\"bad_key\",\"detail\":\"\",\"row\":"
        "\"d,3\"}\n");
    assert_int_equal(rejects_lines(rejects, REJECTS_CSV), 2);
    assert_int_equal(rejects_lines(rejects, REJECTS_TSV), 0);
}

/* A header that would be taken for something else is kept from that; a line
 * behind it need not be. */
static void
test_a_header_that_looks_like_something_else(void **state)
{
    (void)state;
    open_rejects();
    rejects_header(rejects, "\x1f\x8b", 2);
    add_reject("\xef\xbb\xbfx", REASON_COLUMNS, "");
    rejects_add(rejects, &batch);
    close_rejects(true);
    assert_text("a.gz.rejects.tsv", "\xef\xbb\xbf\x1f\x8b\n\xef\xbb\xbfx\n");
}

/* The second pass of a file adds to what has its header. */
static void
test_a_header_stands_there_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        clear_batch(1);
        open_rejects_of(true, i == 1);
        rejects_header(rejects, "head", 4);
        add_reject(i ? "again" : "first", REASON_BAD_KEY, "");
        rejects_add(rejects, &batch);
        close_rejects(true);
        rejects_free(rejects);
    }
    rejects = NULL;
    assert_text("a.gz.rejects.csv", "head\nfirst\nagain\n");
}

/* A load as csv replaces what one as tsv left, and the other way round. */
static void
test_a_load_of_the_other_kind_replaces_the_text(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        clear_batch(1);
        open_rejects_of(i == 0, false);
        add_reject("x", REASON_BAD_KEY, "");
        rejects_add(rejects, &batch);
        close_rejects(true);
        rejects_free(rejects);
    }
    rejects = NULL;
    assert_text("a.gz.rejects.tsv", "x\n");
    assert_null(temp_read(temp_path("a.gz.rejects.csv")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names),
        TEST(test_rows),
        TEST(test_bad_lines),
        TEST(test_csv_with_a_header),
        TEST(test_a_header_that_looks_like_something_else),
        TEST(test_a_header_stands_there_once),
        TEST(test_a_load_of_the_other_kind_replaces_the_text),
        TEST(test_first_lines),
    };

    alarm(DEADLINE_S);
    log_init(STDERR_FILENO, LOG_E);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

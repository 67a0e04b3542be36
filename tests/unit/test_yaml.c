/* YAML as a tree: shapes, places, and what is refused where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"

/* As one text, each node with its place: 1:1{a@1:2=...}. */
static void
print(struct text *out, const struct yaml_node *node)
{
    text_format(out, "%zu:%zu", node->line, node->column);
    switch (node->kind) {
    case YAML_IS_TEXT:
        text_format(out, node->is_quoted ? "\"%s\"" : "'%s'", node->text);
        text_format(out, node->is_nothing ? "-" : "");
        return;
    case YAML_IS_LIST:
        text_format(out, "[");
        for (size_t i = 0; i < node->n; i++) {
            text_format(out, i ? " " : "");
            print(out, node->items[i]);
        }
        text_format(out, "]");
        return;
    case YAML_IS_MAP:
        text_format(out, "{");
        for (size_t i = 0; i < node->n; i++) {
            text_format(out, i ? " " : "");
            print(out, node->keys[i]);
            text_format(out, "=");
            print(out, node->items[i]);
        }
        text_format(out, "}");
    }
}

/* The file's bytes in memory of their very size, for the sanitizers. */
static struct yaml_file *
parse(const char *yaml, size_t n_bytes, struct err *err)
{
    char *copy = mem_new(n_bytes + 1);
    struct yaml_file *file;

    memcpy(copy, yaml, n_bytes);
    copy = mem_grow(copy, n_bytes ? n_bytes : 1, 1);
    file = yaml_parse("f.yml", copy, n_bytes, err);
    free(copy);
    return file;
}

static const struct {
    const char *yaml, *tree; /* NULL: nothing in it */
} good[] = {
    {"", NULL},
    {"# nothing\n", NULL},
    {"---\n", NULL},
    {"~", NULL},
    {"null\n", NULL},
    {"\"\"", "1:1\"\""},
    {"a", "1:1'a'"},
    {"a: 1\nb: [x, \"5\", '6']\n",
        "1:1{1:1'a'=1:4'1' 2:1'b'=2:4[2:5'x' 2:8\"5\" 2:13\"6\"]}"},
    {"a:\n  b:\n    c: d\n", "1:1{1:1'a'=2:3{2:3'b'=3:5{3:5'c'=3:8'd'}}}"},
    {"a:\nb: ~\nc: null\nd: ''\ne: \"~\"\n",
        "1:1{1:1'a'=1:3''- 2:1'b'=2:4'~'- 3:1'c'=3:4'null'- 4:1'd'=4:4\"\" "
        "5:1'e'=5:4\"~\"}"},
    {"- a\n- - b\n  - c\n-\n", "1:1[1:3'a' 2:3[2:5'b' 3:5'c'] 4:2''-]"},
    {"{}", "1:1{}"},
    {"[]", "1:1[]"},
    {"{a: {}, b: []}", "1:1{1:2'a'=1:5{} 1:9'b'=1:12[]}"},
    {"a: |\n  one\n  two\n", "1:1{1:1'a'=1:4\"one\ntwo\n\"}"},
    {"a: \"\\t\\u00e9\"\n", "1:1{1:1'a'=1:4\"\t\xc3\xa9\"}"},
    /* columns are characters, not bytes */
    {"{\xc3\xa9: x, b: y}", "1:1{1:2'\xc3\xa9'=1:5'x' 1:8'b'=1:11'y'}"},
    {"\xef\xbb\xbf"
     "a: 1\r\nb: 2\r\n",
        "1:1{1:1'a'=1:4'1' 2:1'b'=2:4'2'}"},
    /* anchors: the very node, with its place; the last of a name counts */
    {"a: &x [1]\nb: *x\n", "1:1{1:1'a'=1:4[1:8'1'] 2:1'b'=1:4[1:8'1']}"},
    {"[&x 1, *x, &x 2, *x]", "1:1[1:2'1' 1:2'1' 1:12'2' 1:12'2']"},
    {"{&x a: *x}", "1:1{1:2'a'=1:2'a'}"},
    {"%YAML 1.1\n---\n!!str 5\n...\n", "3:1'5'"},
    /* a merge is not made: << is a key */
    {"{<<: {a: 1}}", "1:1{1:2'<<'=1:6{1:7'a'=1:10'1'}}"},
};

static void
test_a_tree_of_nodes_with_their_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct err err;
        struct text text = {0};
        struct yaml_file *file =
            parse(good[i].yaml, strlen(good[i].yaml), &err);

        if (!file)
            fail_msg("%s: %s", good[i].yaml, err.text);
        assert_string_equal(yaml_name(file), "f.yml");
        if (good[i].tree) {
            print(&text, yaml_root(file));
            assert_string_equal(text.data, good[i].tree);
        } else {
            assert_null(yaml_root(file));
        }
        text_release(&text);
        yaml_close(file);
    }
}

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
    const char *yaml;
    size_t n_bytes;
    const char *error; /* behind "f.yml:" */
} bad[] = {
    {BYTES("a: 1\nb: 2\na: 3\n"),
        "3:1: \"a\" is given twice (first on line 1)"},
    /* the first that is too much, whatever the order of the words */
    {BYTES("{z: 1, b: 1, z: 2, a: 1, b: 2, a: 2, z: 3}"),
        "1:14: \"z\" is given twice (first on line 1)"},
    {BYTES("x:\n  a: 1\n  \"a\": 2\n"),
        "3:3: \"a\" is given twice (first on line 2)"},
    {BYTES("{&x a: 1, *x: 2}"), "1:2: \"a\" is given twice (first on line 1)"},
    {BYTES("? [a]\n: b\n"), "1:3: a key must be a word"},
    {BYTES("{a: &x [1], *x: 2}"), "1:13: a key must be a word"},
    {BYTES("\"a\\0b\": 1\n"), "1:1: a key must be a word"},
    {BYTES("a: \"b\\0c\"\n"), "1:4: a NUL byte in the value"},
    {BYTES("a: 1\n---\nb: 2\n"),
        "2:1: a second document begins here; a file has one"},
    {BYTES("---\n---\n"), "2:1: a second document begins here; a file has one"},
    {BYTES("a: 1\n...\nb: 2\n"), "3:1: did not find expected <document start>"},
    {BYTES("a: *x\n"), "1:4: *x: no &x before it"},
    {BYTES("a: &x [1, *x]\n"),
        "1:11: *x is inside the value that it stands for"},
    {BYTES("&x\na:\n  b: *x\n"),
        "3:6: *x is inside the value that it stands for"},
    {BYTES("{a: 1"),
        "2:1: did not find expected ',' or '}' while parsing a flow mapping"},
    {BYTES("a:\tb:\tc\n"),
        "1:5: mapping values are not allowed in this context (put a text with "
        "\": \" in it in quotes, and indent what belongs to a key)"},
    {BYTES("a:\n\tb: c\n"),
        "2:1: found character that cannot start any token while scanning for "
        "the next token (a tab: indent with spaces)"},
    {BYTES("\xef\xbb\xbf\xc3\xa4:\r\n\tb: c\n"),
        "2:1: found character that cannot start any token while scanning for "
        "the next token (a tab: indent with spaces)"},
    {BYTES("\xc3\xa4: @b\n"),
        "1:4: found character that cannot start any token while scanning for "
        "the next token (put a text that begins like this in quotes)"},
    {BYTES("a: {b}:{c}\n"),
        "1:7: did not find expected key while parsing a block mapping (put a "
        "text with { or } in it in quotes, and begin the keys of one map in "
        "one column)"},
    {BYTES("a: 1\n b: 2\n"),
        "2:3: mapping values are not allowed in this context (put a text with "
        "\": \" in it in quotes, and indent what belongs to a key)"},
    {BYTES("a: \xff\n"), "1:4: invalid leading UTF-8 octet"},
    {BYTES("a: b\nc: \x01\n"), "2:4: control characters are not allowed"},
    {BYTES("a: \0\n"), "1:4: control characters are not allowed"},
};

static void
test_what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = {0};

        if (parse(bad[i].yaml, bad[i].n_bytes, &err))
            fail_msg("taken: %s", bad[i].yaml);
        assert_int_equal(err.code, ERR_USAGE);
        assert_int_equal(strncmp(err.text, "f.yml:", 6), 0);
        assert_string_equal(err.text + 6, bad[i].error);
    }
}

static void
test_looking_for_keys_and_refusing(void **state)
{
    struct err err = {0};
    struct yaml_file *file = parse(BYTES("a: [x]\nb: ~\n"), &err);
    const struct yaml_node *root, *list;
    char *place;

    (void)state;
    assert_non_null(file);
    root = yaml_root(file);
    list = yaml_find(root, "a");
    assert_ptr_equal(list, root->items[0]);
    assert_null(yaml_find(root, "A"));
    assert_null(yaml_find(list, "x"));
    assert_null(yaml_find(list->items[0], "x"));
    assert_true(yaml_find(root, "b")->is_nothing);
    place = yaml_place(file, list->items[0]);
    assert_string_equal(place, "f.yml:1:5");
    free(place);
    assert_int_equal(yaml_refuse(file, list, &err, "no %s", "way"), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.text, "f.yml:1:4: no way");
    assert_int_equal(yaml_refuse(file, NULL, &err, "nothing"), -1);
    assert_string_equal(err.text, "f.yml:1:1: nothing");
    yaml_close(file);
    yaml_close(NULL);
}

/* Many of the same letter, in front and behind. */
static char *
repeat(const char *front, const char *each, size_t n, const char *behind)
{
    struct text text = {0};

    text_format(&text, "%s", front);
    for (size_t i = 0; i < n; i++)
        text_add(&text, each, strlen(each));
    text_format(&text, "%s", behind);
    return text.data;
}

static void
test_depth_and_anchors_have_a_limit(void **state)
{
    static const struct {
        const char *front, *each;
        size_t n;
        const char *behind, *error; /* NULL: taken */
    } cases[] = {
        {"", "[", 64, "",
            "2:1: did not find expected node content while "
            "parsing a flow node"},
        {"", "[", 65, "", "1:65: nested more than 64 deep"},
        {"", "[", 100000, "", "1:65: nested more than 64 deep"},
        {"", "{a: ", 65, "", "1:257: nested more than 64 deep"},
        {"", "- ", 65, "a", "1:129: nested more than 64 deep"},
        {"[", "&a b,", 100, "]", NULL},
        {"[", "&a b,", 101, "]", "1:502: more than 100 anchors (&name)"},
        /* sixty doublings, of one node each */
        {"[&a [x,x], ", "&b [*a,*a], &a [*b,*b], ", 30, "]", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *yaml =
            repeat(cases[i].front, cases[i].each, cases[i].n, cases[i].behind);
        struct err err = {0};
        struct yaml_file *file = parse(yaml, strlen(yaml), &err);

        if (cases[i].error) {
            assert_null(file);
            assert_string_equal(err.text + 6, cases[i].error);
        } else if (!file) {
            fail_msg("case %zu: %s", i, err.text);
        }
        yaml_close(file);
        free(yaml);
    }
}

/* A hundred thousand keys are compared by sorting, not each with each. */
static void
test_a_map_of_many_keys(void **state)
{
    struct text yaml = {0};
    struct err err = {0};
    struct yaml_file *file;

    (void)state;
    for (int i = 0; i < 100000; i++)
        text_format(&yaml, "k%d:\n", i);
    file = parse(yaml.data, yaml.n_bytes, &err);
    assert_non_null(file);
    assert_int_equal(yaml_root(file)->n, 100000);
    assert_int_equal(yaml_find(yaml_root(file), "k99999")->line, 100000);
    yaml_close(file);
    text_format(&yaml, "k70000:\n");
    assert_null(parse(yaml.data, yaml.n_bytes, &err));
    assert_string_equal(err.text,
        "f.yml:100001:1: \"k70000\" is given twice (first on line 70001)");
    text_release(&yaml);
}

static void
test_a_file_is_read_whole_up_to_its_limit(void **state)
{
    const char *tmp = getenv("TMPDIR");
    char *path = mem_format("%s/yaml.XXXXXX", tmp ? tmp : "/tmp"), *big, *want;
    int fd = mkstemp(path);
    struct yaml_file *file;
    struct err err = {0};

    (void)state;
    assert_true(fd >= 0);
    big = repeat("a: b #", "#", YAML_MAX_BYTES - 6, "");
    assert_int_equal(write(fd, big, YAML_MAX_BYTES), YAML_MAX_BYTES);
    file = yaml_read(path, "mapping", &err);
    assert_non_null(file);
    assert_string_equal(yaml_name(file), path);
    assert_string_equal(yaml_find(yaml_root(file), "a")->text, "b");
    yaml_close(file);
    assert_int_equal(write(fd, "#", 1), 1);
    assert_null(yaml_read(path, "mapping", &err));
    want = mem_format("mapping %s is larger than 1 MiB", path);
    assert_string_equal(err.text, want);
    assert_int_equal(err.code, ERR_USAGE);
    close(fd);
    unlink(path);
    free(want);
    free(big);
    free(path);
    assert_null(yaml_read("/nowhere/f.yml", "mapping", &err));
    assert_string_equal(err.text,
        "cannot open mapping /nowhere/f.yml: No such file or directory");
    assert_null(yaml_read("/tmp", "config", &err));
    assert_string_equal(err.text, "cannot read config /tmp: Is a directory");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tree_of_nodes_with_their_places),
        cmocka_unit_test(test_what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(test_looking_for_keys_and_refusing),
        cmocka_unit_test(test_depth_and_anchors_have_a_limit),
        cmocka_unit_test(test_a_map_of_many_keys),
        cmocka_unit_test(test_a_file_is_read_whole_up_to_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

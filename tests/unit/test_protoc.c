/* Running protoc: what it makes, and what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <limits.h>
#include <string.h>

#include <cmocka.h>

#include "schema/protoc.h"
#include "unit/protoc_made.h"

static void
assert_runs(const char *proto, const char *const *imports, size_t n)
{
    struct text set = {0};
    struct err err = {0};

    if (protoc_run(proto, imports, n, &set, &err) != 0)
        fail_msg("%s", err.text);
    schema_free(schema_of_bytes(set.data, set.n_bytes));
    text_release(&set);
}

/* What is wrong has all of these words in it, a NULL behind the last. */
static void
assert_refused(const char *proto, const char *const *words)
{
    struct text set = {0};
    struct err err = {0};

    assert_int_equal(protoc_run(proto, NULL, 0, &set, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_null(strchr(err.text, '\n'));
    for (; *words; words++)
        if (!strstr(err.text, *words))
            fail_msg("no \"%s\" in: %s", *words, err.text);
    text_release(&set);
}

#define REFUSED(proto, ...) \
    assert_refused(proto, (const char *const[]){__VA_ARGS__, NULL})

static const char good[] = "syntax = \"proto3\"; message M { int32 a = 1; }";

static void
test_makes_the_set(void **state)
{
    const char *path = temp_file("good.proto", good);
    struct text set = {0}, wanted = {0};
    struct err err = {0};

    (void)state;
    text_add(&set, "> ", 2);
    assert_int_equal(protoc_run(path, NULL, 0, &set, &err), 0);
    protoc_set(&wanted, "good.proto");
    assert_int_equal(set.n_bytes, wanted.n_bytes + 2);
    assert_memory_equal(set.data + 2, wanted.data, wanted.n_bytes);
    text_release(&wanted);
    text_release(&set);
}

static void
test_imports(void **state)
{
    const char *imports[2];

    (void)state;
    mkdir(temp_path("a"), 0755);
    mkdir(temp_path("b"), 0755);
    mkdir(temp_path("b/deep"), 0755);
    temp_file("a/one.proto", "syntax = \"proto3\"; message One {}");
    temp_file("b/deep/two.proto", "syntax = \"proto3\"; message Two {}");
    temp_file("b/deep/main.proto", "syntax = \"proto3\"; import \"one.proto\"; "
                                   "import \"deep/two.proto\";\n"
                                   "message Main { One a = 1; Two b = 2; }");
    imports[0] = temp_path("a");
    imports[1] = temp_path("b");
    assert_runs(temp_path("b/deep/main.proto"), imports, 2);
    REFUSED(temp_path("b/deep/main.proto"), "one.proto: File not found",
        "`imports:`");
}

/* None is taken for an option, or for a file with options in it. */
static void
test_odd_names(void **state)
{
    static const char *const dots[] = {
        ".h.proto", "..x.proto", "...proto", "./.h.proto"};
    char was[4096], was_long[2 * PATH_MAX] = "";

    (void)state;
    assert_non_null(getcwd(was, sizeof(was)));
    temp_file("-I.proto", good);
    temp_file("@at.proto", good);
    temp_file("a b;c.proto", good);
    assert_int_equal(chdir(temp_dir), 0);
    assert_runs("-I.proto", NULL, 0);
    assert_runs("@at.proto", NULL, 0);
    assert_runs("a b;c.proto", NULL, 0);
    for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++) {
        temp_file(dots[i], good);
        assert_runs(dots[i], NULL, 0);
    }
    REFUSED(".", "directory");
    REFUSED("..", "directory");
    REFUSED("/", "directory");
    REFUSED("./", "directory");
    REFUSED("", "cannot read");
    REFUSED("a b;c.proto/", "Not a directory");
    REFUSED("/dev/null", "it is no file");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    REFUSED("pipe", "it is no file");
    memset(was_long, '/', sizeof(was_long) - 1);
    REFUSED(was_long, "name too long");
    assert_int_equal(chdir(was), 0);
    mkdir(temp_path("x:y"), 0755);
    temp_file("x:y/a.proto", good);
    REFUSED(temp_path("x:y/a.proto"), "':'");
}

static void
test_what_is_wrong(void **state)
{
    (void)state;
    REFUSED(temp_path("none.proto"), "cannot read", "none.proto",
        "No such file");
    REFUSED(temp_file("a.proto", "syntax = \"proto3\"; message M {\n"
                                 "  int32 a = 1\n}"),
        "a.proto: protoc says: a.proto:3:1: Expected \";\".");
    REFUSED(temp_file("a.proto",
                "syntax = \"proto3\"; import \"google/protobuf/any.proto\";\n"
                "message M { A a = 1; B b = 2; C c = 3; D d = 4; }"),
        "a.proto:2:13: \"A\" is not defined.; a.proto:2:22", "; and 1 more");
    REFUSED(temp_file("a.proto", "\x01\x02"), "a.proto:1:1: ");
}

/* In front of everything in PATH; NULL: nothing else is in PATH. */
static void
with_protoc(const char *script, void (*test)(void))
{
    char *was = strdup(getenv("PATH"));

    if (script) {
        chmod(temp_file("protoc", script), 0755);
        setenv("PATH", temp_dir, 1);
    } else {
        setenv("PATH", temp_path("nowhere"), 1);
    }
    test();
    setenv("PATH", was, 1);
    free(was);
    remove(temp_path("protoc"));
}

static void
no_protoc(void)
{
    REFUSED(temp_file("my.geo.proto", good), "apt-get install protobuf-comp",
        "--descriptor_set_out=my.geo.pb my.geo.proto",
        "`descriptor: my.geo.pb`");
}

static void
says_nothing(void)
{
    struct text set = {0};
    struct err err = {0};

    assert_int_equal(protoc_run(temp_file("a.proto", good), NULL, 0, &set,
                         &err),
        -1);
    if (!strstr(err.text, "a.proto: ") || !strstr(err.text, "protoc"))
        fail_msg("%s", err.text);
    text_release(&set);
}

static void
lacks_googles_files(void)
{
    REFUSED(temp_file("a.proto", good), "libprotobuf-dev");
}

static void
test_other_protocs(void **state)
{
    (void)state;
    with_protoc(NULL, no_protoc);
    with_protoc("#!/bin/sh\nexit 3\n", says_nothing);
    with_protoc("#!/bin/sh\nkill -9 $$\n", says_nothing);
    with_protoc("#!/nowhere/sh\n", says_nothing);
    with_protoc("#!/bin/sh\n"
                "echo 'google/protobuf/any.proto: File not found.' >&2\n"
                "echo 'a.proto:1:2: Import \"google/...\" was not' >&2\n"
                "exit 1\n",
        lacks_googles_files);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_makes_the_set),
        cmocka_unit_test(test_imports),
        cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_what_is_wrong),
        cmocka_unit_test(test_other_protocs),
    };

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}

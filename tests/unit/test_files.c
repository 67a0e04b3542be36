/* Which files a run has, and in which order (docs/contract.md 2 and 5). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/log.h"
#include "input/list.h"
#include "unit/temp_dir.h"

enum { DEADLINE_S = 60, MOST = 12 };

static struct input_list list;
static struct err err;

/* Names are looked up in the directory, "-" and "" are kept as they are. */
static int
make(const char *const *files, const char *const *patterns)
{
    static char texts[2 * MOST][512];
    char *items[2 * MOST];
    struct settings settings = {.input.rename = true};
    size_t n = 0, n_files;

    for (; files && files[n]; n++)
        ;
    n_files = n;
    for (size_t i = 0; patterns && patterns[i]; i++)
        n++;
    for (size_t i = 0; i < n; i++) {
        const char *name = i < n_files ? files[i] : patterns[i - n_files];

        if (strcmp(name, "-") == 0 || !*name)
            snprintf(texts[i], sizeof(texts[i]), "%s", name);
        else
            snprintf(texts[i], sizeof(texts[i]), "%s/%s", temp_dir, name);
        items[i] = texts[i];
    }
    settings.input.files.items = items;
    settings.input.files.n = n_files;
    settings.input.patterns.items = items + n_files;
    settings.input.patterns.n = n - n_files;
    return input_list_make(&list, &settings, &err);
}

/* The list's paths, below the directory, with a blank between them. */
static const char *
paths(void)
{
    static char all[2048];
    size_t dir_bytes = strlen(temp_dir), n = 0;

    all[0] = '\0';
    for (size_t i = 0; i < list.n; i++) {
        const char *path = list.input[i].path;

        if (strncmp(path, temp_dir, dir_bytes) == 0)
            path += dir_bytes + 1;
        n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", i ? " " : "",
            path);
    }
    return all;
}

static int
lay_out(void **state)
{
    static const char *const dirs[] = {"x", "y", "dir.gz", "none"};
    static const char *const files[] = {"b.gz", "a.gz", "B.gz", "x/c.gz",
        "y/a.gz", "x/a.gz", ".hidden.gz", "x/.a.gz", "\303\244.gz", "c.txt",
        "c.rejects.tsv", "c.rejects.jsonl", "c.rejects.partial.tsv"};

    if (temp_dir_make(state))
        return -1;
    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
        if (mkdir(temp_path(dirs[i]), 0700))
            return -1;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        temp_file(files[i], files[i]);
    if (symlink("b.gz", temp_path("link.gz")) ||
        symlink("nothing", temp_path("broken.gz")) ||
        symlink("dir.gz", temp_path("dirlink.gz")) ||
        symlink(".hidden.gz", temp_path("seen.gz")) ||
        link(temp_path("c.txt"), temp_path("y/hard.txt")) ||
        mkfifo(temp_path("pipe.gz"), 0600))
        return -1;
    return 0;
}

static void
test_lists(void **state)
{
    static const struct {
        const char *files[MOST], *patterns[MOST];
        const char *wanted;
    } cases[] = {
        /* bytewise by base name, then by path */
        {{"b.gz", "a.gz"}, {NULL}, "a.gz b.gz"},
        {{"y/a.gz", "b.gz", "x/a.gz", "B.gz", "a.gz"}, {NULL},
            "B.gz a.gz x/a.gz y/a.gz b.gz"},
        /* symlinks and their targets count once, the first in that order */
        {{NULL}, {"[!b]*.gz"}, "B.gz a.gz link.gz seen.gz \303\244.gz"},
        {{NULL}, {"b.gz", "link.gz"}, "b.gz"},
        {{NULL}, {"link.gz"}, "link.gz"},
        /* a symlink that leads nowhere fails at its turn */
        {{NULL}, {"*.gz"}, "B.gz a.gz b.gz broken.gz seen.gz \303\244.gz"},
        {{"broken.gz"}, {"br*"}, "broken.gz"},
        {{"link.gz"}, {"*b.gz"}, "b.gz"},
        {{"link.gz", "b.gz"}, {NULL}, "b.gz"},
        {{"y/hard.txt"}, {"c.txt"}, "y/hard.txt"},
        {{NULL}, {"*.txt", "y/*.txt"}, "c.txt"},
        /* dot-files: never by a pattern */
        {{NULL}, {".*.gz", "x/*.gz"}, "x/a.gz x/c.gz"},
        {{".hidden.gz"}, {"*b.gz"}, ".hidden.gz b.gz"},
        {{".hidden.gz"}, {"seen.gz"}, ".hidden.gz"},
        /* rejects files: only by one that says so */
        {{NULL}, {"c.*", "x/c.gz"}, "x/c.gz c.txt"},
        {{"c.rejects.tsv"}, {"c.[rt]*"}, "c.rejects.tsv c.txt"},
        {{NULL}, {"*.rejects.tsv"}, "c.rejects.tsv"},
        /* both add up, each once */
        {{"a.gz", "a.gz"}, {"a*", "?.gz"}, "B.gz a.gz b.gz"},
        {{NULL}, {"*/[ac].gz"}, "x/a.gz y/a.gz x/c.gz"},
        {{NULL}, {"zzz*", "a.gz"}, "a.gz"},
        /* what is no file stays when it is named, not when it matches */
        {{"dir.gz", "nope", "nope", "pipe.gz"}, {"*.gz"},
            "B.gz a.gz b.gz broken.gz dir.gz nope pipe.gz seen.gz "
            "\303\244.gz"},
        {{"broken.gz"}, {NULL}, "broken.gz"},
        {{""}, {NULL}, ""},
        /* standard input stands where "stdin" would */
        {{"-", "-"}, {"*.gz"},
            "B.gz a.gz b.gz broken.gz seen.gz - \303\244.gz"},
        {{"-"}, {NULL}, "-"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (make(cases[i].files, cases[i].patterns))
            fail_msg("%s: %s", cases[i].wanted, err.text);
        assert_string_equal(paths(), cases[i].wanted);
        input_list_release(&list);
    }
}

static void
test_no_match(void **state)
{
    static const struct {
        const char *patterns[MOST];
        const char *says;
    } cases[] = {
        {{"*.nothing"}, "*.nothing"},
        {{"pipe*"}, "/pipe*. Name files, or give another --pattern"},
        {{"dir.*"}, "/dir.* (it matches a directory: "},
        {{"dir*"}, "/dir*/* may be meant). Name files, or give another"},
        {{"dir*", "pipe*"}, "/dir* (it matches directories: "},
        {{"none/"}, "/none/* may be meant)"},
        {{".hidden.gz"},
            "1 file there was loaded before: names that begin with a dot never "
            "match"},
        {{"hidden.*"}, "/hidden.* (1 file there was loaded before: "},
        {{"zzz*"}, "/zzz*. Name files, or give another --pattern"},
        {{"nowhere/at/all/*.gz"}, "/nowhere/at/all"},
        {{"nowhere/*/x?.gz"}, "x?.gz (there is no directory "},
        {{"not/there/*"}, "not/there/*"},
        {{"a.gz/*"}, "a.gz/*"},
        {{NULL}, "no file is named"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(make(NULL, cases[i].patterns), -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_int_equal(list.n, 0);
    }
}

/* Root reads everything, so the test runs as nobody. */
static void
test_closed_directory(void **state)
{
    const char *patterns[] = {"none/*.gz", NULL};
    bool is_root = geteuid() == 0;

    (void)state;
    assert_int_equal(chmod(temp_dir, 0755), 0);
    assert_int_equal(chmod(temp_path("none"), 0), 0);
    if (is_root)
        assert_int_equal(seteuid(65534), 0);
    int rc = make(NULL, patterns);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    chmod(temp_path("none"), 0700);
    assert_int_equal(rc, -1);
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.text, "none"));
    assert_non_null(strstr(err.text, "Permission denied"));
}

/* A pattern that matches nothing beside others that do is a warning. */
static void
test_warning(void **state)
{
    const char *patterns[] = {"zzz*", "a.gz", NULL};
    int fd = open(temp_path("log"), O_RDWR | O_CREAT | O_APPEND, 0600);
    char *log;

    (void)state;
    log_init(fd, LOG_I);
    assert_int_equal(make(NULL, patterns), 0);
    input_list_release(&list);
    patterns[1] = NULL;
    assert_int_equal(make(NULL, patterns), -1); /* told by the error alone */
    log_init(STDERR_FILENO, LOG_I);
    close(fd);
    log = temp_read(temp_path("log"));
    assert_non_null(strstr(log, " W no file matches --pattern "));
    assert_non_null(strstr(log, "zzz*\n"));
    assert_ptr_equal(strchr(log, '\n') + 1, log + strlen(log));
    free(log);
}

static void
test_fields(void **state)
{
    const char *files[] = {"-", "x/a.gz", ".hidden.gz", "nope", NULL};
    struct stat found;

    (void)state;
    assert_int_equal(make(files, NULL), 0);
    assert_string_equal(paths(), ".hidden.gz x/a.gz nope -");
    assert_false(list.input[0].renames);
    assert_true(list.input[1].renames);
    assert_true(list.input[2].renames);
    assert_false(list.input[3].renames);
    assert_ptr_equal(list.input[3].type, &input_stdin);
    assert_ptr_equal(list.input[1].type, &input_file);
    assert_string_equal(list.input[1].base, "a.gz");
    assert_string_equal(list.input[3].base, "stdin");
    assert_int_equal(stat(temp_path("x/a.gz"), &found), 0);
    assert_int_equal(list.input[1].at_start.st_ino, found.st_ino);
    assert_int_equal(list.input[2].at_start.st_mode, 0);
    for (size_t i = 0; i < list.n; i++) {
        assert_int_equal(list.input[i].fd, -1);
        assert_int_equal(list.input[i].number, i);
        assert_null(list.input[i].renamed_to);
    }
    input_list_release(&list);
}

static void
test_no_rename(void **state)
{
    char *items[1];
    struct settings settings = {.input.rename = true,
        .purpose = PURPOSE_DRY,
        .input.files = {items, 1}};

    (void)state;
    items[0] = temp_path("a.gz");
    assert_int_equal(input_list_make(&list, &settings, &err), 0);
    assert_false(list.input[0].renames);
    input_list_release(&list);
    settings.purpose = PURPOSE_LOAD;
    settings.input.rename = false;
    assert_int_equal(input_list_make(&list, &settings, &err), 0);
    assert_false(list.input[0].renames);
    input_list_release(&list);
}

/* A file called "-" that a pattern matches is no standard input. */
static void
test_dash(void **state)
{
    char pattern[] = "[-]", *patterns[] = {pattern};
    struct settings settings = {
        .input.rename = true, .input.patterns = {patterns, 1}};
    char back[512];

    (void)state;
    temp_file("-", "a file");
    assert_non_null(getcwd(back, sizeof(back)));
    assert_int_equal(chdir(temp_dir), 0);
    assert_int_equal(input_list_make(&list, &settings, &err), 0);
    assert_int_equal(chdir(back), 0);
    assert_string_equal(list.input[0].path, "./-");
    assert_ptr_equal(list.input[0].type, &input_file);
    input_list_release(&list);
    unlink(temp_path("-"));
}

/* The end of a message is never cut, whatever stands in its middle. */
static void
test_outcomes(void **state)
{
    static const enum input_end ends[] = {INPUT_END_DONE, INPUT_END_FAILED,
        INPUT_END_INTERRUPTED, INPUT_END_SKIPPED};
    struct input_outcome outcome = {0};
    char much[1000];

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        input_outcome_set(&outcome, ends[i], INPUT_REASON_GONE, "%d at %s", 7,
            "it");
        assert_int_equal(outcome.end, ends[i]);
        assert_int_equal(outcome.reason, INPUT_REASON_GONE);
        assert_string_equal(outcome.message, "7 at it");
    }
    memset(much, 'x', sizeof(much) - 1);
    much[sizeof(much) - 1] = '\0';
    input_outcome_fail(&outcome, INPUT_REASON_LOST, "%s", much);
    assert_int_equal(outcome.end, INPUT_END_FAILED);
    assert_int_equal(outcome.reason, INPUT_REASON_LOST);
    assert_int_equal(strlen(outcome.message), sizeof(outcome.message) - 1);
    errno = EACCES;
    input_outcome_fail(&outcome, INPUT_REASON_RENAME,
        "not renamed to %s: %m: by hand", much);
    assert_int_equal(strncmp(outcome.message, "not renamed to xxx", 18), 0);
    assert_non_null(strstr(outcome.message, "x...x"));
    assert_non_null(strstr(outcome.message, "xxx: Permission denied: by hand"));
    input_outcome_done(&outcome);
    assert_int_equal(outcome.end, INPUT_END_DONE);
    assert_int_equal(outcome.reason, INPUT_REASON_NONE);
    assert_string_equal(outcome.message, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_no_match),
        cmocka_unit_test(test_closed_directory),
        cmocka_unit_test(test_warning),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_no_rename),
        cmocka_unit_test(test_dash),
        cmocka_unit_test(test_outcomes),
    };

    alarm(DEADLINE_S);
    log_init(STDERR_FILENO, LOG_E);
    return cmocka_run_group_tests(tests, lay_out, temp_dir_remove);
}

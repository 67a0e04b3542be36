/* What is compiled in is what lies in proto/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/builtin.h"
#include "base/text.h"

static void
read_all(struct text *out, const char *path)
{
    FILE *file = fopen(path, "re");
    char bytes[4096];
    size_t n;

    if (!file)
        fail_msg("%s: run this test in the repository's directory", path);
    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
        text_add(out, bytes, n);
    assert_int_equal(fclose(file), 0);
}

static void
test_mapping_is_the_file(void **state)
{
    struct text file = {0};

    (void)state;
    read_all(&file, "proto/appsinstalled.yml");
    assert_int_equal(builtin_mapping_bytes, file.n_bytes);
    assert_memory_equal(builtin_mapping, file.data, file.n_bytes);
    text_release(&file);
}

static void
test_descriptor_is_of_the_proto(void **state)
{
    /* the set's first file, which begins with its name */
    static const char name[] = "\x0a\x13"
                               "appsinstalled.proto";

    (void)state;
    assert_in_range(builtin_descriptor_bytes, 50, 1000);
    assert_int_equal(builtin_descriptor[0], 0x0a);
    assert_memory_equal(builtin_descriptor + 2, name, sizeof(name) - 1);
    assert_int_equal(builtin_descriptor_bytes, 2 + builtin_descriptor[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapping_is_the_file),
        cmocka_unit_test(test_descriptor_is_of_the_proto),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Schemas of protoc's descriptor sets: what a mapping learns of messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/builtin.h"
#include "unit/protoc_made.h"

static const struct schema_field *
field_of(const struct schema *schema, const char *message, const char *name)
{
    const struct schema_message *found = schema_find_message(schema, message);
    const struct schema_field *field;

    if (!found)
        fail_msg("no message %s", message);
    field = schema_find_field(found, name, strlen(name));
    if (!field)
        fail_msg("no field %s.%s", message, name);
    return field;
}

static void
assert_type(const struct schema *schema, const char *message, const char *name,
    const char *wanted)
{
    char *text = schema_type_text(field_of(schema, message, name));

    assert_string_equal(text, wanted);
    free(text);
}

static void
test_builtin(void **state)
{
    struct schema *schema =
        schema_of_bytes(builtin_descriptor, builtin_descriptor_bytes);
    const struct schema_message *apps = schema_find_message(schema, "UserApps");

    (void)state;
    assert_non_null(apps);
    assert_int_equal(schema_n_messages(schema), 1);
    assert_ptr_equal(schema_message_at(schema, 0), apps);
    assert_int_equal(apps->n_fields, 3);
    assert_false(apps->is_proto3);
    assert_type(schema, "UserApps", "apps", "repeated uint32");
    assert_type(schema, "UserApps", "lat", "double");
    assert_type(schema, "UserApps", "lon", "double");
    assert_false(apps->fields[0].is_packed);
    assert_true(apps->fields[1].has_presence);
    assert_ptr_equal(schema_field_of(apps, 3), &apps->fields[2]);
    assert_null(schema_field_of(apps, 0));
    assert_null(schema_field_of(apps, 4));
    assert_null(schema_find_field(apps, "la", 2));
    assert_null(schema_find_field(apps, "lat2", 4));
    schema_free(schema);
}

static void
test_every_type(void **state)
{
    static const char *const words[] = {"double", "float", "int32", "int64",
        "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64",
        "sfixed32", "sfixed64", "bool", "string", "bytes"};

    return cmocka_run_group_tests(tests, temp_dir_make, temp_dir_remove);
}

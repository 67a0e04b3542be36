/*
 * Any mapping file and lines by it: what is wrong with the file says a place in
 * it; what a good line becomes has the room that was said before, is printed,
 * and protobuf-c reads it as what it makes the same bytes of.
 *
 * Head: flags (1: --strict, 2: --skip-header, 4: --columns a,b,c). Then the
 * file up to a NUL byte, and lines. Whatever .proto the file names, it gets
 * that of proto_text below; there are no other files. Its path goes all the way
 * to where protoc would be started.
 */
// FUZZ: -max_len=4096
// LDFLAGS: -Wl,--wrap=protoc_run -Wl,--wrap=file_read -Wl,--wrap=tool_run
#include <stdio.h>

#include <protobuf-c/protobuf-c.h>

#include "base/tool.h"
#include "base/yaml.h"
#include "fuzz/fuzz.h"
#include "record/plan.h"
#include "record/record.h"

static const char proto_text[] =
    "syntax = \"proto3\"; package p;\n"
    "enum Kind { NONE = 0; BOOK = 1; TOY = -2; }\n"
    "message In { double d = 1; In in = 2; string s = 3; oneof o {\n"
    "  int32 x = 4; In y = 5; } }\n"
    "message All { double d = 1; float f = 2; int32 i = 3; int64 l = 4;\n"
    "  uint32 u = 5; uint64 ul = 6; sint32 si = 7; sint64 sl = 8;\n"
    "  fixed32 x = 9; fixed64 xl = 10; sfixed32 sx = 11; sfixed64 sxl = 12;\n"
    "  bool b = 13; string s = 14; bytes y = 15; Kind k = 16; In in = 17;\n"
    "  repeated uint32 us = 18; repeated double ds = 19;\n"
    "  repeated string ss = 20; repeated bytes ys = 21;\n"
    "  repeated Kind ks = 22; repeated bool bs = 23;\n"
    "  map<string, int32> m = 24; map<int64, bytes> n = 25;\n"
    "  oneof o { string os = 26; bytes oy = 27; In oin = 28; }\n"
    "  optional int32 oi = 29; optional string ot = 1000;\n"
    "  repeated uint32 ups = 31 [packed = false]; }\n";

static struct text set; /* of proto_text */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char *command = mem_format("d=$(mktemp -d) && cat >$d/x.proto <<'END'\n"
                               "%sEND\n"
                               "protoc -I$d --descriptor_set_out=/dev/stdout "
                               "x.proto; rm -r $d",
        proto_text);
    FILE *from = popen(command, "r");
    char bytes[4096];
    size_t n;

    (void)argc;
    (void)argv;
    must(from);
    while ((n = fread(bytes, 1, sizeof(bytes), from)) > 0)
        text_add(&set, bytes, n);
    must(pclose(from) == 0 && set.n_bytes);
    free(command);
    return 0;
}

int __wrap_tool_run(const char *const *argv, const struct text *input,
    int64_t timeout_ms, struct text *out, struct text *said, struct err *err);
int
__wrap_tool_run(const char *const *argv, const struct text *input,
    int64_t timeout_ms, struct text *out, struct text *said, struct err *err)
{
    size_t n = 0;

    (void)input;
    (void)timeout_ms;
    (void)out;
    (void)said;
    while (argv[n])
        n++;
    /* neither an option nor a file of them, however it is called */
    must(n >= 5 && (*argv[n - 1] == '/' || *argv[n - 1] == '.'));
    must(strncmp(argv[n - 4], "-I", 2) == 0 && argv[n - 4][2]);
    err_set(err, ERR_IO, "not run");
    return -1;
}

int __real_protoc_run(const char *proto, const char *const *imports,
    size_t n_imports, struct text *out, struct err *err);
int __wrap_protoc_run(const char *proto, const char *const *imports,
    size_t n_imports, struct text *out, struct err *err);
int
__wrap_protoc_run(const char *proto, const char *const *imports,
    size_t n_imports, struct text *out, struct err *err)
{
    must(__real_protoc_run(proto, imports, n_imports, out, err) != 0);
    must(*err->text && out->n_bytes == 0);
    *err = (struct err){0};
    text_add(out, set.data, set.n_bytes);
    return 0;
}

int __wrap_file_read(const char *path, const char *what, size_t max_bytes,
    struct text *out, struct err *err);
int
__wrap_file_read(const char *path, const char *what, size_t max_bytes,
    struct text *out, struct err *err)
{
    (void)path;
    (void)what;
    (void)max_bytes;
    (void)out;
    err_set(err, ERR_USAGE, "no such file");
    return -1;
}

/* --- one line --------------------------------------------------------------*/
/* As protobuf-c reads it, it packs it again. */
static void
check_protobuf(const struct mapping *mapping, const uint8_t *value, size_t n)
{
    ProtobufCMessage *message =
        protobuf_c_message_unpack(mapping->message->descriptor, NULL, n, value);
    uint8_t *again = mem_new(n);

    must(message && message->n_unknown_fields == 0);
    must(protobuf_c_message_get_packed_size(message) == n);
    must(protobuf_c_message_pack(message, again) == n);
    must(memcmp(value, again, n) == 0);
    free(again);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void
check_value(const struct mapping *mapping, const struct record *record,
    size_t line_bytes)
{
    struct mapping_room room = mapping_room(mapping);
    size_t value_room = record_pack_room(record), n, key_bytes;
    uint8_t *value = mem_new(value_room);
    struct text text = {0};
    char key[KEY_MAX_BYTES];

    key_bytes = record_key(record, key);
    must(key_bytes > 0 && key_bytes <= KEY_MAX_BYTES);
    must(key_bytes + value_room <=
         room.line_bytes + room.text_factor * line_bytes);
    n = record_pack(record, value);
    must(n <= value_room);
    must(record_print(mapping, &text, value, n) == 0);
    if (mapping->plan.format == VALUE_PROTOBUF)
        check_protobuf(mapping, value, n);
    text_release(&text);
    free(value);
}

static void
check_line(const struct mapping *mapping, struct record *record,
    const char *line, size_t n, bool strict)
{
    struct record_warnings warnings;
    const char *detail = NULL;
    enum reason reason = record_split(record, line, n, &detail);

    if (reason == REASON_NONE) {
        must(record_route(record).at || mapping_routes_by_hash(mapping));
        reason = record_parse(record, strict, &warnings, &detail);
        must(reason == REASON_NONE || reason == REASON_BAD_NUMBER ||
             reason == REASON_BAD_VALUE || reason == REASON_BAD_ITEM);
    }
    must((detail && *detail) == (reason != REASON_NONE));
    if (reason != REASON_NONE)
        return;
    must(!strict || !warnings.skipped_items);
    check_value(mapping, record, n);
}

/* --- all -------------------------------------------------------------------*/
static void
check_lines(const struct mapping *mapping, struct feed *feed, bool strict)
{
    struct column_map *map = column_map_new(mapping_columns(mapping));
    struct record *record = record_new(mapping, map);
    bool wants_line = column_map_wants_line(map), is_good = true;
    const uint8_t *end;
    struct err err;
    size_t n;
    char *line;

    while (feed->n && is_good) {
        end = memchr(feed->at, '\n', feed->n);
        n = end ? (size_t)(end - feed->at) : feed->n;
        line = exact_copy(feed->at, n);
        if (wants_line)
            is_good = column_map_read(map, line, n, &err) == 0;
        else
            check_line(mapping, record, line, n, strict);
        free(line);
        wants_line = false;
        feed->at += n + (end != NULL);
        feed->n -= n + (end != NULL);
    }
    record_free(record);
    column_map_free(map);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const columns[] = {"a", "b", "c"};
    struct feed feed = {data, n};
    unsigned flags = feed_byte(&feed);
    size_t n_file = strnlen((const char *)feed.at, feed.n);
    struct err err = {0};
    struct yaml_file *file =
        yaml_parse("f", (const char *)feed.at, n_file, &err);
    struct mapping_choice choice = {.path = "f",
        .file = file,
        .columns = columns,
        .n_columns = flags & 4 ? 3 : 0,
        .skip_header = flags & 2};
    struct mapping *mapping = file ? mapping_open(&choice, &err) : NULL;

    feed.at += n_file;
    feed.n -= n_file;
    feed_byte(&feed);
    if (mapping)
        check_lines(mapping, &feed, flags & 1);
    else
        must(err.code == ERR_USAGE && strncmp(err.text, "f:", 2) == 0);
    mapping_free(mapping);
    yaml_close(file);
    return 0;
}

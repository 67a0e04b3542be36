#include "record/record.h"

#include <string.h>

#include "base/mem.h"

/* Records whose bytes are part of the contract. */
struct vector {
    const char *name, *line;
    const char *bytes; /* as written by protobuf's own compiler */
    size_t n_bytes;
    const char *text;
};

#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct vector vectors[] = {
    {"three apps", "idfa\t1\t55.1\t55.1\t1,2,3",
        BYTES("\x08\x01\x08\x02\x08\x03"
              "\x11\xcd\xcc\xcc\xcc\xcc\x8c\x4b\x40"
              "\x19\xcd\xcc\xcc\xcc\xcc\x8c\x4b\x40"),
        "apps: 1 apps: 2 apps: 3 lat: 55.1 lon: 55.1"},
    {"no apps", "gaid\t2\t0\t-0\t",
        BYTES("\x11\x00\x00\x00\x00\x00\x00\x00\x00"
              "\x19\x00\x00\x00\x00\x00\x00\x00\x80"),
        "lat: 0 lon: -0"},
    {"the smallest and the largest id", "adid\t3\t-90\t180\t0,4294967295",
        BYTES("\x08\x00\x08\xff\xff\xff\xff\x0f"
              "\x11\x00\x00\x00\x00\x00\x80\x56\xc0"
              "\x19\x00\x00\x00\x00\x00\x80\x66\x40"),
        "apps: 0 apps: 4294967295 lat: -90 lon: 180"},
    {"the smallest and the largest number",
        "dvid\t4\t5e-324\t1.7976931348623157e308\t127,128",
        BYTES("\x08\x7f\x08\x80\x01"
              "\x11\x01\x00\x00\x00\x00\x00\x00\x00"
              "\x19\xff\xff\xff\xff\xff\xff\xef\x7f"),
        "apps: 127 apps: 128 lat: 4.94065645841247e-324 "
        "lon: 1.7976931348623157e+308"},
};

enum { N_VECTORS = sizeof(vectors) / sizeof(vectors[0]), ROOM = 64 };

static bool
packs(const struct vector *vector, struct record *record)
{
    struct record_warnings warnings;
    const char *detail;
    uint8_t value[ROOM];

    return record_split(record, vector->line, strlen(vector->line), &detail) ==
               REASON_NONE &&
           record_parse(record, true, &warnings, &detail) == REASON_NONE &&
           record_pack_room(record) <= ROOM &&
           record_pack(record, value) == vector->n_bytes &&
           memcmp(value, vector->bytes, vector->n_bytes) == 0;
}

static bool
unpacks(const struct vector *vector, const struct mapping *mapping)
{
    struct text text = {0};
    bool is_good;

    is_good =
        record_print(mapping, &text, vector->bytes, vector->n_bytes) == 0 &&
        strcmp(text.data, vector->text) == 0;
    text_release(&text);
    return is_good;
}

int
record_selftest(const char **what)
{
    struct err err;
    struct mapping *mapping = mapping_open(&(struct mapping_choice){0}, &err);
    struct column_map *map;
    struct record *record;
    int result = 0;

    if (!mapping)
        die("the built-in mapping: %s", err.text);
    map = column_map_new(mapping_columns(mapping));
    record = record_new(mapping, map);
    for (size_t i = 0; i < N_VECTORS && result == 0; i++) {
        if (packs(&vectors[i], record) && unpacks(&vectors[i], mapping))
            continue;
        *what = vectors[i].name;
        result = -1;
    }
    record_free(record);
    column_map_free(map);
    mapping_free(mapping);
    return result;
}

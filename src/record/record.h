/*
 * What a line means: columns -> key, shard and value, by a mapping.
 *
 * A line goes through steps, in this order because its reason is the first
 * that fits: record_split() finds the columns and judges the key; the caller
 * looks up the shard by record_route(); record_parse() reads the values;
 * record_pack() makes the bytes. No I/O, no locale, no globals. A record
 * belongs to one thread, is filled line after line, and points into the line
 * it was read from, which must stay until it is packed.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "record/mapping.h"
#include "record/reason.h"

/* memcached's limit. */
enum { KEY_MAX_BYTES = 250 };

struct record;

/* Both outlive it. */
struct record *record_new(const struct mapping *mapping,
    const struct column_map *map);
void record_free(struct record *record);

/* Nothing but spaces and tabs: counted as blank, looked at no further. */
bool record_is_blank(const char *line, size_t n_bytes);

/*
 * bad_line (a NUL byte, wrong quotes), columns, empty_key, bad_key or
 * REASON_NONE. *detail is a text for people ("6 columns, wanted 5", "byte 0x20
 * in the key" …), or "", that lives as long as the mapping.
 */
enum reason record_split(struct record *record, const char *line,
    size_t n_bytes, const char **detail);

/* At most KEY_MAX_BYTES, guaranteed by record_split(). */
size_t record_key(const struct record *record, char out[KEY_MAX_BYTES]);

/* The name of the shard; at is NULL when all go to the only one there is. */
struct span record_route(const struct record *record);

/* The line's column i, from 0, as it was split. */
struct span record_column(const struct record *record, size_t i);

/* Counted once a line, and once for each item left out. */
struct record_warnings {
    bool is_out_of_range;
    uint32_t skipped_items;
};

/* bad_number, bad_value, bad_app or REASON_NONE; *detail: the column.
 * strict: an item of a list that would be skipped is bad_app. */
enum reason record_parse(struct record *record, bool strict,
    struct record_warnings *warnings, const char **detail);

/*
 * After record_parse() rejected a line: what its column should have held, for
 * people, in UTF-8 but for what the line says: "not a valid int64", "outside 0
 * to 100", "item \"x\": not a valid uint32" ...
 */
void record_wants(const struct record *record, struct text *out);

/* An upper bound of what record_pack() writes, cheap to compute. */
size_t record_pack_room(const struct record *record);

/* The value; returns its bytes. */
size_t record_pack(const struct record *record, uint8_t *out);

/*
 * A stored value for people: "apps: 1 apps: 2 lat: 55.1 lon: 55.1", each
 * double in the fewest digits that read back as the same. -1 when the bytes
 * are not a value of this mapping; nothing is added then.
 */
int record_print(const struct mapping *mapping, struct text *out,
    const void *value, size_t n_bytes);

/* `--test`: packs and unpacks known records of the built-in mapping. -1 says
 * in *what which failed. */
int record_selftest(const char **what);

#endif

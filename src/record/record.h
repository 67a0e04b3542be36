/*
 * What a line means: the default record ("appsinstalled", DESIGN A.1).
 *
 * A line goes through three steps, in this order because its reason is the
 * first that fits: record_split() finds the columns and judges the key;
 * the caller looks up the shard; record_parse() reads the numbers and app
 * ids; record_pack() makes the value. All are functions of their arguments
 * alone: no I/O, no locale, no globals. A struct record points into the line
 * it was read from and into its app_list, which one thread owns and reuses.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "record/reason.h"

/* memcached's limit. */
enum { KEY_MAX_BYTES = 250 };

struct column {
    const char *at;
    size_t n_bytes;
};

enum { COL_DEV_TYPE, COL_DEV_ID, COL_LAT, COL_LON, COL_APPS, N_COLUMNS };

struct columns {
    struct column column[N_COLUMNS];
};

/* App ids of the record at hand; zero-initialised is empty. */
struct app_list {
    uint32_t *ids;
    size_t n, room;
};
void app_list_release(struct app_list *apps);

struct record {
    double lat, lon;
    const struct app_list *apps;
    bool is_out_of_range;  /* warning: lat or lon */
    uint32_t skipped_apps; /* warnings: ids left out */
};

/* Nothing but spaces and tabs: counted as blank, looked at no further. */
bool record_is_blank(const char *line, size_t n_bytes);

/*
 * bad_line (a NUL byte), columns, empty_key, bad_key or REASON_NONE. *detail
 * is a static text for people ("6 columns", "byte 0x20 in the key" …), or "".
 */
enum reason record_split(const char *line, size_t n_bytes, struct columns *out,
    const char **detail);

/* "dev_type:dev_id"; at most KEY_MAX_BYTES, guaranteed by record_split(). */
size_t record_key(const struct columns *columns, char out[KEY_MAX_BYTES]);

/* bad_number, bad_app (when strict) or REASON_NONE; *detail: the column. */
enum reason record_parse(const struct columns *columns, bool strict,
    struct app_list *apps, struct record *out, const char **detail);

/* An upper bound of what record_pack() writes, cheap to compute. */
size_t record_pack_room(const struct record *record);

/* The value, packed by protobuf-c; returns its bytes. */
size_t record_pack(const struct record *record, uint8_t *out);

/*
 * A stored value for people: "apps: 1 apps: 2 lat: 55.1 lon: 55.1", each
 * double in the fewest digits that read back as the same. -1 when the bytes
 * are no UserApps message; nothing is added then.
 */
int record_print(struct text *out, const void *value, size_t n_bytes);

/* `--test`: packs and unpacks known records. -1 says in *what which failed. */
int record_selftest(const char **what);

#endif

#include "record/record.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/number.h"

/* ------------------------------------------------------ columns and key --- */

bool
record_is_blank(const char *line, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (line[i] != ' ' && line[i] != '\t')
            return false;
    return true;
}

/* What is said of a line of n columns. */
static const char *
columns_text(size_t n)
{
    static const char *const texts[] = {"1 column, wanted 5",
        "2 columns, wanted 5", "3 columns, wanted 5", "4 columns, wanted 5",
        NULL, "6 columns, wanted 5", "7 columns, wanted 5",
        "8 columns, wanted 5", "9 columns, wanted 5"};

    if (n > sizeof(texts) / sizeof(texts[0]))
        return "10 or more columns, wanted 5";
    return texts[n - 1];
}

static size_t
count_columns(const char *line, size_t n_bytes)
{
    size_t n = 1;

    for (size_t i = 0; i < n_bytes; i++)
        n += line[i] == '\t';
    return n;
}

/* false when there are not exactly N_COLUMNS. */
static bool
cut_columns(const char *line, size_t n_bytes, struct columns *out)
{
    const char *at = line, *end = line + n_bytes, *tab;

    for (size_t i = 0; i < N_COLUMNS - 1; i++) {
        tab = memchr(at, '\t', (size_t)(end - at));
        if (!tab)
            return false;
        out->column[i] = (struct column){at, (size_t)(tab - at)};
        at = tab + 1;
    }
    out->column[N_COLUMNS - 1] = (struct column){at, (size_t)(end - at)};
    return !memchr(at, '\t', (size_t)(end - at));
}

static inline bool
is_bad_in_key(char byte)
{
    return (unsigned char)byte <= ' ' || byte == 0x7f;
}

/* Eight bytes at a time: is one of them <= 0x20 or 0x7f? */
static inline bool
has_bad_in_word(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t dels = word ^ ones * 0x7f;

    return (((word - ones * 0x21) & ~word) | ((dels - ones) & ~dels)) & highs;
}

/* The first byte that no key may have, or NULL. */
static const char *
find_bad_in_key(const struct column *column)
{
    const char *at = column->at, *end = at + column->n_bytes;
    uint64_t word;

    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        if (has_bad_in_word(word))
            break;
    }
    while (at < end && !is_bad_in_key(*at))
        at++;
    return at < end ? at : NULL;
}

static const char *
bad_byte_text(char byte)
{
    static const char *const texts[] = {"byte 0x00 in the key",
        "byte 0x01 in the key", "byte 0x02 in the key", "byte 0x03 in the key",
        "byte 0x04 in the key", "byte 0x05 in the key", "byte 0x06 in the key",
        "byte 0x07 in the key", "byte 0x08 in the key", "byte 0x09 in the key",
        "byte 0x0a in the key", "byte 0x0b in the key", "byte 0x0c in the key",
        "byte 0x0d in the key", "byte 0x0e in the key", "byte 0x0f in the key",
        "byte 0x10 in the key", "byte 0x11 in the key", "byte 0x12 in the key",
        "byte 0x13 in the key", "byte 0x14 in the key", "byte 0x15 in the key",
        "byte 0x16 in the key", "byte 0x17 in the key", "byte 0x18 in the key",
        "byte 0x19 in the key", "byte 0x1a in the key", "byte 0x1b in the key",
        "byte 0x1c in the key", "byte 0x1d in the key", "byte 0x1e in the key",
        "byte 0x1f in the key", "byte 0x20 in the key"};

    return byte == 0x7f ? "byte 0x7f in the key" : texts[(unsigned char)byte];
}

static enum reason
judge_key(const struct columns *columns, const char **detail)
{
    const struct column *type = &columns->column[COL_DEV_TYPE];
    const struct column *id = &columns->column[COL_DEV_ID];
    const char *bad;

    if (type->n_bytes == 0 || id->n_bytes == 0) {
        *detail = type->n_bytes == 0 ? "dev_type" : "dev_id";
        return REASON_EMPTY_KEY;
    }
    if (type->n_bytes + 1 + id->n_bytes > KEY_MAX_BYTES) {
        *detail = "key over 250 bytes";
        return REASON_BAD_KEY;
    }
    bad = find_bad_in_key(type);
    if (!bad)
        bad = find_bad_in_key(id);
    if (bad) {
        *detail = bad_byte_text(*bad);
        return REASON_BAD_KEY;
    }
    return REASON_NONE;
}

enum reason
record_split(const char *line, size_t n_bytes, struct columns *out,
    const char **detail)
{
    *detail = "";
    if (memchr(line, '\0', n_bytes)) {
        *detail = "NUL byte";
        return REASON_BAD_LINE;
    }
    if (!cut_columns(line, n_bytes, out)) {
        *detail = columns_text(count_columns(line, n_bytes));
        return REASON_COLUMNS;
    }
    return judge_key(out, detail);
}

size_t
record_key(const struct columns *columns, char out[KEY_MAX_BYTES])
{
    const struct column *type = &columns->column[COL_DEV_TYPE];
    const struct column *id = &columns->column[COL_DEV_ID];

    memcpy(out, type->at, type->n_bytes);
    out[type->n_bytes] = ':';
    memcpy(out + type->n_bytes + 1, id->at, id->n_bytes);
    return type->n_bytes + 1 + id->n_bytes;
}

/* -------------------------------------------------- numbers and app ids --- */

void
app_list_release(struct app_list *apps)
{
    free(apps->ids);
    *apps = (struct app_list){0};
}

/* Room for every id that a column of n_bytes can hold. */
static void
app_list_room(struct app_list *apps, size_t n_bytes)
{
    size_t want = n_bytes / 2 + 1;

    if (want <= apps->room)
        return;
    apps->room = want < 256 ? 256 : want;
    apps->ids = mem_grow(apps->ids, apps->room, sizeof(*apps->ids));
}

/* An id that is not just digits: blanks around it are fine, all else not. */
static bool
parse_odd_id(const char *at, const char *end, uint32_t *out)
{
    while (at < end && *at == ' ')
        at++;
    while (at < end && end[-1] == ' ')
        end--;
    return number_parse_uint32(at, (size_t)(end - at), out);
}

/*
 * Four digits at once, as nine of ten ids have them: each byte's digit, then
 * pairs, then the whole. False when one is no digit.
 */
static inline bool
parse_four(const char *at, uint32_t *out)
{
    uint32_t word;

    memcpy(&word, at, 4);
    word = le32toh(word) ^ 0x30303030;
    if ((word | (word + 0x76767676)) & 0x80808080)
        return false;
    word = (word * (10 * 256 + 1) >> 8) & 0x00ff00ff;
    *out = word * (100 * 65536 + 1) >> 16;
    return true;
}

/*
 * Reads the id at `at` up to its comma or the end, which it returns; *out is
 * left alone when it is not good.
 */
static inline const char *
parse_id(const char *at, const char *end, uint32_t *out, bool *is_good)
{
    const char *start = at;
    uint64_t value = 0;

    while (at < end && number_digit(*at) <= 9)
        value = value * 10 + number_digit(*at++);
    /* ten digits cannot have overflowed the value */
    if (at != start && (at == end || *at == ',') && at - start <= 10 &&
        value <= UINT32_MAX) {
        *out = (uint32_t)value;
        *is_good = true;
        return at;
    }
    while (at < end && *at != ',')
        at++;
    *is_good = parse_odd_id(start, at, out);
    return at;
}

/*
 * Fills the list; returns how many ids were left out. Most bytes of a file are
 * read here, so ids are read in place (four digits at once: 120 instead of 190
 * ns a line).
 */
static uint32_t
parse_ids(const struct column *column, struct app_list *apps)
{
    const char *at = column->at, *end = at + column->n_bytes;
    uint32_t *id = apps->ids, skipped = 0;
    bool is_good;

    for (;;) {
        while (end - at > 4 && at[4] == ',' && parse_four(at, id)) {
            id++;
            at += 5;
        }
        at = parse_id(at, end, id, &is_good);
        id += is_good;
        skipped += !is_good;
        if (at == end)
            break;
        at++;
    }
    apps->n = (size_t)(id - apps->ids);
    return skipped;
}

static bool
parse_column(const struct column *column, double *out)
{
    return number_parse_double(column->at, column->n_bytes, out);
}

enum reason
record_parse(const struct columns *columns, bool strict, struct app_list *apps,
    struct record *out, const char **detail)
{
    const struct column *ids = &columns->column[COL_APPS];

    *detail = "";
    if (!parse_column(&columns->column[COL_LAT], &out->lat)) {
        *detail = "lat";
        return REASON_BAD_NUMBER;
    }
    if (!parse_column(&columns->column[COL_LON], &out->lon)) {
        *detail = "lon";
        return REASON_BAD_NUMBER;
    }
    out->is_out_of_range =
        out->lat < -90 || out->lat > 90 || out->lon < -180 || out->lon > 180;
    out->apps = apps;
    out->skipped_apps = 0;
    app_list_room(apps, ids->n_bytes);
    apps->n = 0;
    if (ids->n_bytes)
        out->skipped_apps = parse_ids(ids, apps);
    if (strict && out->skipped_apps) {
        *detail = "apps";
        return REASON_BAD_APP;
    }
    return REASON_NONE;
}

/*
 * record: what a line comes to, against a reading column by column: the
 * reason, the key, and the value as protobuf-c unpacks it.
 *
 * Head: flags (1: strict). Rest: the line. Line ends are bytes like any other
 * here: the line reader leaves none, but a record must not depend on that.
 */
// FUZZ: -max_len=2048
#include <math.h>

#include "appsinstalled.pb-c.h"

#include "default_mapping.h"
#include "fuzz/fuzz.h"
#include "record/record.h"

enum { COL_DEV_TYPE, COL_DEV_ID, COL_LAT, COL_LON, COL_APPS, N_COLUMNS };

/* --- the reading -----------------------------------------------------------*/
struct reading {
    enum reason reason;
    const char *column[N_COLUMNS]; /* NUL-terminated, in `text` */
    size_t n[N_COLUMNS];
    double lat, lon;
    uint32_t *apps;
    size_t n_apps, n_skipped;
    char *text;
};

static bool
read_number(const char *text, double *out)
{
    char *end;

    if (!*text || text[strspn(text, "0123456789.eE+-")])
        return false;
    *out = strtod(text, &end);
    return !*end && isfinite(*out);
}

/* Blanks around it are cut off. */
static bool
read_app(char *text, uint32_t *out)
{
    size_t n;

    text += strspn(text, " ");
    n = strlen(text);
    while (n > 0 && text[n - 1] == ' ')
        text[--n] = '\0';
    if (n == 0 || text[strspn(text, "0123456789")])
        return false;
    text += strspn(text, "0");
    if (strlen(text) > 10 || strtoull(text, NULL, 10) > UINT32_MAX)
        return false;
    *out = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

static void
read_apps(struct reading *reading)
{
    char *column = mem_text(reading->column[COL_APPS]), *at = column, *word;

    reading->apps = mem_zero(strlen(column) + 1, sizeof(*reading->apps));
    if (!*column)
        at = NULL; /* no apps at all */
    while ((word = strsep(&at, ","))) {
        if (read_app(word, &reading->apps[reading->n_apps]))
            reading->n_apps++;
        else
            reading->n_skipped++;
    }
    free(column);
}

static bool
is_bad_key(const struct reading *reading)
{
    if (reading->n[COL_DEV_TYPE] + 1 + reading->n[COL_DEV_ID] > 250)
        return true;
    for (size_t i = COL_DEV_TYPE; i <= COL_DEV_ID; i++)
        for (const char *at = reading->column[i]; *at; at++)
            if ((unsigned char)*at <= 0x20 || *at == 0x7f)
                return true;
    return false;
}

static enum reason
read_line(struct reading *reading, const uint8_t *line, size_t n, bool strict)
{
    size_t n_columns = 1;

    reading->text = mem_zero(n + 1, 1);
    memcpy(reading->text, line, n);
    if (memchr(reading->text, '\0', n))
        return REASON_BAD_LINE;
    reading->column[0] = reading->text;
    for (char *at = reading->text; *at; at++) {
        if (*at != '\t')
            continue;
        *at = '\0';
        if (n_columns < N_COLUMNS)
            reading->column[n_columns] = at + 1;
        n_columns++;
    }
    if (n_columns != N_COLUMNS)
        return REASON_COLUMNS;
    for (size_t i = 0; i < N_COLUMNS; i++)
        reading->n[i] = strlen(reading->column[i]);
    if (!reading->n[COL_DEV_TYPE] || !reading->n[COL_DEV_ID])
        return REASON_EMPTY_KEY;
    if (is_bad_key(reading))
        return REASON_BAD_KEY;
    if (!read_number(reading->column[COL_LAT], &reading->lat) ||
        !read_number(reading->column[COL_LON], &reading->lon))
        return REASON_BAD_NUMBER;
    read_apps(reading);
    return strict && reading->n_skipped ? REASON_BAD_ITEM : REASON_NONE;
}

/* --- the comparison --------------------------------------------------------*/
static void
check_key(const struct reading *reading, const struct record *record)
{
    char key[KEY_MAX_BYTES], *wanted;
    size_t n = record_key(record, key);

    wanted = mem_format("%s:%s", reading->column[COL_DEV_TYPE],
        reading->column[COL_DEV_ID]);
    must(n == strlen(wanted) && n <= KEY_MAX_BYTES);
    must(memcmp(key, wanted, n) == 0);
    free(wanted);
}

static bool
is_same_double(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

/* What people are shown of it reads back as the same. */
static void
check_printed(const struct reading *reading, const uint8_t *value, size_t n)
{
    struct text printed = {0};
    char *at;

    text_add(&printed, "> ", 2);
    must(record_print(default_mapping(), &printed, value, n) == 0);
    at = printed.data + 2;
    for (size_t i = 0; i < reading->n_apps; i++) {
        must(strncmp(at, "apps: ", 6) == 0);
        must(strtoul(at + 6, &at, 10) == reading->apps[i]);
        must(*at++ == ' ');
    }
    must(strncmp(at, "lat: ", 5) == 0);
    must(is_same_double(strtod(at + 5, &at), reading->lat));
    must(strncmp(at, " lon: ", 6) == 0);
    must(is_same_double(strtod(at + 6, &at), reading->lon));
    must(!*at);
    text_release(&printed);
}

static void
check_value(const struct reading *reading, const struct record *record)
{
    size_t room = record_pack_room(record), n;
    uint8_t *value = mem_new(room);
    UserApps *message;

    n = record_pack(record, value);
    must(n <= room);
    message = user_apps__unpack(NULL, n, value);
    must(message && !message->base.n_unknown_fields);
    must(message->n_apps == reading->n_apps);
    must(reading->n_apps == 0 || memcmp(message->apps, reading->apps,
                                     reading->n_apps * sizeof(uint32_t)) == 0);
    must(message->has_lat && is_same_double(message->lat, reading->lat));
    must(message->has_lon && is_same_double(message->lon, reading->lon));
    user_apps__free_unpacked(message, NULL);
    check_printed(reading, value, n);
    free(value);
}

static bool
is_blank(const char *line, size_t n)
{
    while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    return n == 0;
}

static void
check(const struct reading *reading, const char *line, size_t n, bool strict)
{
    struct record *record = record_new(default_mapping(), default_columns());
    struct record_warnings warnings;
    const char *detail = NULL;
    enum reason reason = record_split(record, line, n, &detail);

    if (reason == REASON_NONE) {
        check_key(reading, record);
        reason = record_parse(record, strict, &warnings, &detail);
    }
    if (reason != reading->reason)
        die("%s, not %s: %.*s", reason_word(reason),
            reason_word(reading->reason), (int)n, line);
    must((detail && *detail) == (reason != REASON_NONE));
    must(record_is_blank(line, n) == is_blank(line, n));
    if (reason == REASON_NONE) {
        must(warnings.skipped_items == reading->n_skipped);
        must(warnings.is_out_of_range ==
             !(reading->lat >= -90 && reading->lat <= 90 &&
                 reading->lon >= -180 && reading->lon <= 180));
        check_value(reading, record);
    }
    record_free(record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct feed feed = {data, n};
    bool strict = feed_byte(&feed) & 1;
    struct reading reading = {0};
    char *line = exact_copy(feed.at, feed.n);

    reading.reason = read_line(&reading, feed.at, feed.n, strict);
    check(&reading, line, feed.n, strict);
    free(reading.apps);
    free(reading.text);
    free(line);
    return 0;
}

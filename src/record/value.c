#include "record/record.h"

#include <stdio.h>
#include <stdlib.h>

#include "appsinstalled.pb-c.h"

/* Bytes of a packed app id (tag and five of a 32-bit number), and of two
 * doubles with their tags. */
enum { APP_MAX_BYTES = 6, DOUBLES_BYTES = 18 };

/* No server holds a larger item (memcached -I ends there), so nothing larger
 * is handed to the unpacker. */
enum { VALUE_MAX_BYTES = 1 << 30 };

size_t
record_pack_room(const struct record *record)
{
    return record->apps->n * APP_MAX_BYTES + DOUBLES_BYTES;
}

size_t
record_pack(const struct record *record, uint8_t *out)
{
    UserApps message = USER_APPS__INIT;

    message.n_apps = record->apps->n;
    message.apps = record->apps->ids;
    message.has_lat = 1;
    message.lat = record->lat;
    message.has_lon = 1;
    message.lon = record->lon;
    return user_apps__pack(&message, out);
}

/* In the fewest digits that read back as the same; 17 always do. */
static void
print_double(struct text *out, const char *name, double value)
{
    char digits[32];

    for (int n = 15; n <= 17; n++) {
        snprintf(digits, sizeof(digits), "%.*g", n, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_format(out, "%s%s: %s", out->n_bytes ? " " : "", name, digits);
}

static void
print_message(struct text *out, const UserApps *message)
{
    for (size_t i = 0; i < message->n_apps; i++)
        text_format(out, "%sapps: %u", i ? " " : "", message->apps[i]);
    if (message->has_lat)
        print_double(out, "lat", message->lat);
    if (message->has_lon)
        print_double(out, "lon", message->lon);
}

int
record_print(struct text *out, const void *value, size_t n_bytes)
{
    struct text printed = {0};
    UserApps *message;

    if (n_bytes > VALUE_MAX_BYTES)
        return -1;
    message = user_apps__unpack(NULL, n_bytes, value);
    if (!message)
        return -1;
    print_message(&printed, message);
    user_apps__free_unpacked(message, NULL);
    text_add(out, printed.data ? printed.data : "", printed.n_bytes);
    text_release(&printed);
    return 0;
}

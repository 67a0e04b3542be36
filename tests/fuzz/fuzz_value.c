/*
 * record_print() on what a server holds: any bytes at all. What protobuf-c
 * takes is printed, field by field; nothing is added for the rest.
 *
 * No head: the input is the value.
 */
// FUZZ: -max_len=1024
#include "appsinstalled.pb-c.h"

#include "default_mapping.h"
#include "fuzz/fuzz.h"
#include "record/record.h"

/* The double behind `name` in the text; moves *at behind it. */
static void
check_double(char **at, const char *name, double value)
{
    double printed;

    while (**at == ' ')
        ++*at;
    must(strncmp(*at, name, strlen(name)) == 0);
    printed = strtod(*at + strlen(name), at);
    /* any nan will do: a text has no bits to tell them apart */
    must(printed == value || (printed != printed && value != value));
}

static void
check_text(char *at, const UserApps *message)
{
    for (size_t i = 0; i < message->n_apps; i++) {
        must(strncmp(at, i ? " apps: " : "apps: ", i ? 7 : 6) == 0);
        must(strtoul(at + (i ? 7 : 6), &at, 10) == message->apps[i]);
    }
    if (message->has_lat)
        check_double(&at, "lat: ", message->lat);
    if (message->has_lon)
        check_double(&at, "lon: ", message->lon);
    must(!*at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *value = exact_copy(data, n);
    UserApps *message = user_apps__unpack(NULL, n, data);
    struct text text = {0};

    text_add(&text, "", 0);
    must((record_print(default_mapping(), &text, value, n) == 0) ==
         (message != NULL));
    if (message)
        check_text(text.data, message);
    else
        must(text.n_bytes == 0);
    if (message)
        user_apps__free_unpacked(message, NULL);
    text_release(&text);
    free(value);
    return 0;
}

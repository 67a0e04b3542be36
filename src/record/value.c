#include "record/record.h"

#include <string.h>

#include <protobuf-c/protobuf-c.h>

#include "base/utf8.h"
#include "record/json_value.h"
#include "schema/print.h"
#include "record/scratch.h"

void
message_init(void *message, const struct schema_message *type)
{
    ProtobufCMessage *base = message;

    base->descriptor = type->descriptor;
}

size_t
record_pack(const struct record *record, uint8_t *out)
{
    const struct plan *plan = record->plan;
    const char *message = record->scratch;

    switch (plan->format) {
    case VALUE_RAW:
        memcpy(out, record->raw.at, record->raw.n_bytes);
        return record->raw.n_bytes;
    case VALUE_JSON:
        return json_value_pack(plan->messages[0].type, message, (char *)out);
    default:
        return protobuf_c_message_pack((const ProtobufCMessage *)(const void *)
                                           message,
            out);
    }
}

/* In quotes, so that its ends are seen; not text: in hex. */
static void
print_raw(struct text *out, const char *value, size_t n_bytes)
{
    if (!utf8_is_valid(value, n_bytes)) {
        text_add(out, "0x", 2);
        for (size_t i = 0; i < n_bytes; i++)
            text_format(out, "%02x", (unsigned char)value[i]);
        return;
    }
    text_add(out, "\"", 1);
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned char byte = (unsigned char)value[i];

        if (byte == '"' || byte == '\\')
            text_format(out, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            text_format(out, "\\x%02x", byte);
        else
            text_add(out, &value[i], 1);
    }
    text_add(out, "\"", 1);
}

int
record_print(const struct mapping *mapping, struct text *out, const void *value,
    size_t n_bytes)
{
    switch (mapping->plan.format) {
    case VALUE_RAW:
        print_raw(out, value, n_bytes);
        return 0;
    case VALUE_JSON:
        return json_value_print(out, value, n_bytes);
    default:
        return message_print(out, mapping->message, value, n_bytes);
    }
}

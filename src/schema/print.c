#include "schema/print.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schema/print_value.h"
#include "schema/protowire.h"

static enum protowire_type
wire_type_of(enum scalar_type type)
{
    switch (type) {
    case SCALAR_DOUBLE:
    case SCALAR_FIXED64:
    case SCALAR_SFIXED64:
        return PROTOWIRE_64BIT;
    case SCALAR_FLOAT:
    case SCALAR_FIXED32:
    case SCALAR_SFIXED32:
        return PROTOWIRE_32BIT;
    case SCALAR_STRING:
    case SCALAR_BYTES:
    case SCALAR_MESSAGE:
        return PROTOWIRE_BYTES;
    default:
        return PROTOWIRE_VARINT;
    }
}

/* ------------------------------------------------------------ what is there
 * --- */

/* A field of the message, where it is in the bytes. */
struct found_field {
    const struct schema_field *field;
    struct protowire_field wire;
    size_t order;
};

struct found_list {
    struct found_field *items;
    size_t n, room;
};

/* Where the message is: in pieces, when it came in several. */
struct pieces {
    const struct found_field *at; /* one after the other; NULL: `whole` it is */
    size_t n;
    struct span whole;
};

static void
add_found(struct found_list *list, const struct schema_field *field,
    const struct protowire_field *wire)
{
    if (list->n == list->room) {
        list->room = list->room * 2 + 16;
        list->items = mem_grow(list->items, list->room, sizeof(*list->items));
    }
    list->items[list->n] = (struct found_field){field, *wire, list->n};
    list->n++;
}

/* A list of numbers may be packed or not, whatever the schema says. */
static bool
fits(const struct schema_field *field, enum protowire_type type)
{
    enum protowire_type its = wire_type_of(field->type);

    return !field->is_group &&
           (type == its || (type == PROTOWIRE_BYTES && field->is_repeated));
}

static int
find_in(struct found_list *list, const struct schema_message *message,
    struct span bytes)
{
    const struct schema_field *field = NULL;
    enum protowire_step step;
    struct protowire_field wire;

    while ((step = protowire_next(&bytes, &wire)) == PROTOWIRE_FIELD) {
        if (!field || field->number != wire.number)
            field = schema_field_of(message, wire.number);
        if (field && !fits(field, wire.type))
            return -1;
        if (field)
            add_found(list, field, &wire);
    }
    return step == PROTOWIRE_END ? 0 : -1;
}

/* Of a oneof only what was set last is there: takes the others out. */
static void
settle_oneofs(struct found_list *list)
{
    struct winner {
        const struct schema_field *field;
        bool is_closed; /* another one was set before it */
    } *winners = NULL;
    size_t n_winners = 0, kept = list->n;

    for (size_t i = list->n; i-- > 0;) {
        const struct schema_field *field = list->items[i].field;
        size_t j = 0;

        if (field->oneof) {
            while (j < n_winners &&
                   strcmp(winners[j].field->oneof, field->oneof) != 0)
                j++;
            if (j == n_winners) {
                winners = mem_grow(winners, ++n_winners, sizeof(*winners));
                winners[j] = (struct winner){.field = field};
            }
            winners[j].is_closed |= winners[j].field != field;
            if (winners[j].is_closed)
                continue;
        }
        list->items[--kept] = list->items[i];
    }
    list->n -= kept;
    if (kept > 0)
        memmove(list->items, list->items + kept,
            list->n * sizeof(*list->items));
    free(winners);
}

static int
compare_found(const void *a, const void *b)
{
    const struct found_field *left = a, *right = b;

    if (left->field->number != right->field->number)
        return left->field->number < right->field->number ? -1 : 1;
    return (left->order > right->order) - (left->order < right->order);
}

/* As a rule they are. */
static bool
is_sorted(const struct found_list *list)
{
    for (size_t i = 1; i < list->n; i++)
        if (list->items[i].field->number < list->items[i - 1].field->number)
            return false;
    return true;
}

static bool
has_required(const struct schema_message *message,
    const struct found_list *list)
{
    size_t at = 0;

    for (size_t i = 0; i < message->n_fields && !message->is_proto3; i++) {
        if (!message->fields[i].is_required)
            continue;
        while (at < list->n &&
               list->items[at].field->number < message->fields[i].number)
            at++;
        if (at == list->n || list->items[at].field != &message->fields[i])
            return false;
    }
    return true;
}

/* The fields that count, by number. -1: no such message. */
static int
find_fields(struct found_list *list, const struct schema_message *message,
    const struct pieces *pieces)
{
    bool has_oneof = false;

    if (!pieces->at && find_in(list, message, pieces->whole) != 0)
        return -1;
    for (size_t i = 0; pieces->at && i < pieces->n; i++)
        if (find_in(list, message, pieces->at[i].wire.bytes) != 0)
            return -1;
    for (size_t i = 0; i < list->n && !has_oneof; i++)
        has_oneof = list->items[i].field->oneof != NULL;
    if (has_oneof)
        settle_oneofs(list);
    if (!is_sorted(list))
        qsort(list->items, list->n, sizeof(*list->items), compare_found);
    return has_required(message, list) ? 0 : -1;
}

/* ---------------------------------------------------------------- printing ---
 */

static int print_fields(struct text *out, const struct schema_message *message,
    const struct pieces *pieces, unsigned depth);

static void
begin(struct text *out, const struct schema_field *field)
{
    text_format(out, "%s%s%s", out->n_bytes ? " " : "", field->name,
        field->type == SCALAR_MESSAGE ? " {" : ": ");
}

static int
print_inner(struct text *out, const struct schema_field *field,
    const struct pieces *pieces, unsigned depth)
{
    if (depth == PRINT_MAX_DEPTH)
        return -1;
    begin(out, field);
    if (print_fields(out, field->message, pieces, depth + 1) != 0)
        return -1;
    text_add(out, " }", 2);
    return 0;
}

static int
print_packed(struct text *out, const struct schema_field *field,
    struct span list)
{
    uint64_t value;

    while (list.n_bytes > 0) {
        if (!protowire_number(&list, wire_type_of(field->type), &value))
            return -1;
        begin(out, field);
        print_number(out, field, value);
    }
    return 0;
}

/* Of no message; or several, of a packed list. */
static int
print_values(struct text *out, const struct found_field *found)
{
    const struct schema_field *field = found->field;

    if (found->wire.type == PROTOWIRE_BYTES &&
        wire_type_of(field->type) != PROTOWIRE_BYTES)
        return print_packed(out, field, found->wire.bytes);
    begin(out, field);
    if (field->type == SCALAR_STRING)
        print_string(out, found->wire.bytes);
    else if (field->type == SCALAR_BYTES)
        print_bytes(out, found->wire.bytes);
    else
        print_number(out, field, found->wire.value);
    return 0;
}

/* All values of one field. */
static int
print_field(struct text *out, const struct found_field *found, size_t n,
    unsigned depth)
{
    const struct schema_field *field = found->field;
    int rc = 0;

    if (!field->is_repeated)
        return field->type == SCALAR_MESSAGE
                   ? print_inner(out, field, &(struct pieces){found, n, {0}},
                         depth)
                   : print_values(out, &found[n - 1]);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = field->type == SCALAR_MESSAGE
                 ? print_inner(out, field, &(struct pieces){&found[i], 1, {0}},
                       depth)
                 : print_values(out, &found[i]);
    return rc;
}

static int
print_fields(struct text *out, const struct schema_message *message,
    const struct pieces *pieces, unsigned depth)
{
    struct found_list list = {0};
    int rc = find_fields(&list, message, pieces);

    for (size_t i = 0, n; i < list.n && rc == 0; i += n) {
        n = 1;
        while (i + n < list.n && list.items[i + n].field == list.items[i].field)
            n++;
        rc = print_field(out, &list.items[i], n, depth);
    }
    free(list.items);
    return rc;
}

int
message_print(struct text *out, const struct schema_message *message,
    const void *bytes, size_t n_bytes)
{
    struct text printed = {0};
    int rc = print_fields(&printed, message,
        &(struct pieces){.whole = {bytes, n_bytes}}, 0);

    if (rc == 0 && printed.n_bytes > 0)
        text_add(out, printed.data, printed.n_bytes);
    text_release(&printed);
    return rc;
}

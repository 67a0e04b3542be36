#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/compile.h"
#include "record/json_value.h"

/* One field's words. */
struct field_reader {
    struct compiler *compiler;
    const struct field_spec *spec;
    const struct schema_field *field;
    enum scalar_type type; /* of each value: a map's values, too */
    struct op *op;
};

#define REFUSE(reader, key, ...)                                            \
    yaml_refuse((reader)->compiler->spec->file, (reader)->spec->given[key], \
        (reader)->compiler->err, __VA_ARGS__)

const char *
compile_article(const char *type)
{
    return *type == 'i' || *type == 'e' ? "an" : "a";
}

/* "" or how format: json has it. */
static const char *
json_advice(const struct field_reader *reader, enum field_key key)
{
    if (reader->compiler->plan->format != VALUE_JSON)
        return "";
    if (key == FIELD_PAIR)
        return "; values of format: json have no maps";
    if (reader->spec->given[FIELD_TYPE])
        return "";
    switch (key) {
    case FIELD_TIME:
    case FIELD_UNIT:
        return "; add type: int";
    case FIELD_RANGE:
    case FIELD_OUTSIDE:
        return "; add type: int, uint or double";
    default:
        return "";
    }
}

/* -1: the key is given, and makes no sense for this field. */
static int
check_use(struct field_reader *reader, enum field_key key, bool is_right,
    const char *whose)
{
    char *type;

    if (is_right || !reader->spec->given[key])
        return 0;
    type = schema_type_text(reader->field);
    REFUSE(reader, key, "%s is for %s; field \"%s\" is %s %s%s",
        field_key_word(key), whose, reader->spec->path->text,
        compile_article(type), type, json_advice(reader, key));
    free(type);
    return -1;
}

static int
check_uses(struct field_reader *reader)
{
    const struct schema_field *field = reader->field;
    const struct yaml_node *const *given = reader->spec->given;
    bool is_list = field->is_repeated, is_integer;

    is_integer = scalar_is_integer(reader->type);
    if (check_use(reader, FIELD_SPLIT, is_list, "repeated fields and maps") ||
        check_use(reader, FIELD_PAIR, field->is_map, "maps") ||
        check_use(reader, FIELD_BAD_ITEM, is_list,
            "repeated fields and maps") ||
        check_use(reader, FIELD_ENCODING, reader->type == SCALAR_BYTES,
            "bytes") ||
        check_use(reader, FIELD_RANGE, scalar_is_number(reader->type),
            "numbers") ||
        check_use(reader, FIELD_OUTSIDE, scalar_is_number(reader->type),
            "numbers") ||
        check_use(reader, FIELD_TIME, is_integer, "integers") ||
        check_use(reader, FIELD_UNIT, is_integer, "integers"))
        return -1;
    if (given[FIELD_TYPE] && reader->compiler->plan->format != VALUE_JSON)
        return REFUSE(reader, FIELD_TYPE,
            "type is for format: json; here the types are those of the .proto");
    if (given[FIELD_OUTSIDE] && !given[FIELD_RANGE])
        return REFUSE(reader, FIELD_OUTSIDE,
            "outside says what becomes of values outside a range; give "
            "range: [LOW, HIGH], too");
    if (given[FIELD_UNIT] && !given[FIELD_TIME])
        return REFUSE(reader, FIELD_UNIT,
            "unit belongs to time: give its format, too, such as time: "
            "\"%%Y-%%m-%%d %%H:%%M:%%S\"");
    if (given[FIELD_EMPTY] && given[FIELD_CONSTANT])
        return REFUSE(reader, FIELD_EMPTY,
            "a constant is never empty; leave out empty");
    if (field->is_map && !given[FIELD_PAIR])
        return yaml_refuse(reader->compiler->spec->file, reader->spec->path,
            reader->compiler->err,
            "\"%s\" is a map: say what separates its entries, and key and "
            "value, such as {column: NAME, split: \",\", pair: \":\"}",
            reader->spec->path->text);
    return 0;
}

/* One of the words, `found` when nothing is given. */
static int
read_word(struct field_reader *reader, enum field_key key,
    const char *const *words, size_t n, int *found)
{
    const struct yaml_node *node = reader->spec->given[key];

    if (node)
        *found = spec_word(reader->compiler->spec->file, node,
            field_key_word(key), words, n, reader->compiler->err);
    return *found < 0 ? -1 : 0;
}

static int
read_between(struct field_reader *reader, enum field_key key, struct span *out)
{
    const struct yaml_node *node = reader->spec->given[key];
    const struct line_format *lines = &reader->compiler->spec->lines;

    if (!node)
        return 0;
    if (node->kind != YAML_IS_TEXT || !*node->text ||
        (node->is_nothing && !node->is_quoted))
        return REFUSE(reader, key,
            "%s needs the text that separates them, in quotes, such as \"%s\"",
            field_key_word(key), key == FIELD_SPLIT ? "," : ":");
    *out = (struct span){node->text, strlen(node->text)};
    if (!lines->has_quotes && memchr(out->at, lines->delimiter, out->n_bytes))
        return REFUSE(reader, key,
            "%s contains the delimiter of the columns, so no column can "
            "contain it",
            field_key_word(key));
    return 0;
}

static int
read_lists(struct field_reader *reader)
{
    static const char *const words[] = {"reject", "skip"};
    struct op *op = reader->op;
    int skips = 0;

    if (read_between(reader, FIELD_SPLIT, &op->split) ||
        read_between(reader, FIELD_PAIR, &op->pair) ||
        read_word(reader, FIELD_BAD_ITEM, words, 2, &skips))
        return -1;
    if (op->split.n_bytes && op->split.n_bytes == op->pair.n_bytes &&
        memcmp(op->split.at, op->pair.at, op->pair.n_bytes) == 0)
        return REFUSE(reader, FIELD_PAIR,
            "pair and split are the same text, so entries and their values "
            "cannot be separated");
    op->skips_bad = skips;
    return 0;
}

static int
read_empty(struct field_reader *reader)
{
    static const char *const words[] = {"reject", "skip", "default"};
    static const enum on_empty kinds[] = {
        EMPTY_REJECT, EMPTY_SKIP, EMPTY_DEFAULT};
    const struct schema_field *field = reader->field;
    struct op *op = reader->op;
    int found = 0;

    op->on_empty = EMPTY_NONE;
    if (reader->spec->given[FIELD_CONSTANT])
        return 0;
    if (field->is_repeated && !reader->spec->given[FIELD_EMPTY])
        return 0;
    if (read_word(reader, FIELD_EMPTY, words, 3, &found))
        return -1;
    op->on_empty = kinds[found];
    if (field->is_repeated && op->on_empty != EMPTY_REJECT)
        return REFUSE(reader, FIELD_EMPTY,
            "an empty column means that \"%s\" has no items; leave out empty, "
            "or say empty: reject",
            reader->spec->path->text);
    if (field->is_required && op->on_empty == EMPTY_SKIP)
        return REFUSE(reader, FIELD_EMPTY,
            "\"%s\" is required in the .proto, so it cannot be left out; say "
            "empty: reject or empty: default",
            reader->spec->path->text);
    op->default_value = field->default_value;
    return 0;
}

/* Is a before or at b? */
static bool
is_ordered(enum scalar_type type, const union scalar *a, const union scalar *b)
{
    double low = scalar_as_double(type, a), high = scalar_as_double(type, b);

    if (low < high || low > high)
        return low < high;
    return scalar_bytes(type) < 8 || type == SCALAR_DOUBLE ||
           (type == SCALAR_UINT64 || type == SCALAR_FIXED64 ? a->u64 <= b->u64
                                                            : a->i64 <= b->i64);
}

static int
read_range(struct field_reader *reader)
{
    static const char *const words[] = {"reject", "warn"};
    const struct yaml_node *node = reader->spec->given[FIELD_RANGE];
    struct value_reading *value = &reader->op->value;
    union scalar *bounds[] = {&value->low, &value->high};
    int warns = 0;

    if (reader->type == SCALAR_DOUBLE) {
        value->low.f64 = -HUGE_VAL;
        value->high.f64 = HUGE_VAL;
    }
    if (!node)
        return 0;
    if (node->kind != YAML_IS_LIST || node->n != 2)
        return REFUSE(reader, FIELD_RANGE,
            "range is [LOW, HIGH], such as [0, 100]");
    for (size_t i = 0; i < 2; i++) {
        const struct yaml_node *bound = node->items[i];

        if (bound->kind != YAML_IS_TEXT ||
            !scalar_parse(reader->type, bound->text, strlen(bound->text),
                bounds[i]))
            return yaml_refuse(reader->compiler->spec->file, bound,
                reader->compiler->err, "range: \"%.60s\" is not a valid %s",
                bound->kind == YAML_IS_TEXT ? bound->text : "a list",
                scalar_type_word(reader->type));
    }
    if (!is_ordered(reader->type, bounds[0], bounds[1]))
        return REFUSE(reader, FIELD_RANGE,
            "range: nothing is between %s and %s; give the smaller one first",
            node->items[0]->text, node->items[1]->text);
    value->has_range = true;
    if (read_word(reader, FIELD_OUTSIDE, words, 2, &warns))
        return -1;
    value->warns = warns;
    return 0;
}

static int
read_time_words(struct field_reader *reader)
{
    static const char *const words[] = {"s", "ms", "us", "ns"};
    static const uint32_t units[] = {1, 1000, 1000000, 1000000000};
    const struct yaml_node *node = reader->spec->given[FIELD_TIME];
    struct value_reading *value = &reader->op->value;
    struct time_format *format;
    struct err why;
    int found = 0;

    if (!node)
        return 0;
    if (node->kind != YAML_IS_TEXT || !*node->text)
        return REFUSE(reader, FIELD_TIME,
            "time is a format, such as \"%%Y-%%m-%%d %%H:%%M:%%S\"");
    if (read_word(reader, FIELD_UNIT, words, 4, &found))
        return -1;
    format = time_format_new(node->text, &why);
    if (!format)
        return REFUSE(reader, FIELD_TIME, "time: %s", why.text);
    value->how = READ_TIME;
    value->time = format;
    value->units_per_second = units[found];
    return 0;
}

static int
read_value_words(struct field_reader *reader)
{
    static const char *const encodings[] = {"raw", "hex", "base64"};
    static const enum reading_how hows[] = {READ_SCALAR, READ_HEX, READ_BASE64};
    static const char *const bools[] = {"false", "true"};
    struct op *op = reader->op;
    int encoding = 0, trims = 0;

    op->value.type = reader->type;
    op->value.values = reader->field->values;
    if (read_word(reader, FIELD_ENCODING, encodings, 3, &encoding) ||
        read_word(reader, FIELD_TRIM, bools, 2, &trims))
        return -1;
    op->value.how = hows[encoding];
    if (reader->type == SCALAR_ENUM)
        op->value.how = READ_ENUM;
    op->value.trims = trims;
    return read_range(reader) || read_time_words(reader) ? -1 : 0;
}

/* Entries have both, always. */
static void
set_map(struct op *op, const struct schema_message *entry)
{
    const struct schema_field *key = &entry->fields[0];
    const struct schema_field *value = &entry->fields[1];

    op->entry = entry;
    op->key = (struct value_reading){
        .how = READ_SCALAR, .type = key->type, .trims = op->value.trims};
    op->value.values = value->values;
    op->key_offset = key->offset;
    op->key_has_offset = key->quantifier_offset;
    op->value_offset = value->offset;
    op->value_has_offset = value->quantifier_offset;
}

static void
set_shape(struct op *op, const struct schema_field *field, bool is_constant)
{
    const struct value_reading *value = &op->value;

    if (field->is_map)
        op->shape = OP_MAP;
    else if (field->is_repeated)
        op->shape = value->type == SCALAR_UINT32 && op->split.n_bytes == 1 &&
                            !value->has_range && value->how == READ_SCALAR &&
                            op->on_empty == EMPTY_NONE
                        ? OP_UINT32
                        : OP_LIST;
    else
        op->shape = value->type == SCALAR_DOUBLE && !value->trims &&
                            op->on_empty == EMPTY_REJECT && op->sets_zero &&
                            (!value->has_range || value->warns) && !is_constant
                        ? OP_DOUBLE
                        : OP_SINGLE;
}

int
compile_reading(struct compiler *compiler, const struct field_spec *spec,
    const struct schema_field *field, struct op *op)
{
    struct field_reader reader = {
        .compiler = compiler,
        .spec = spec,
        .field = field,
        .type = field->is_map ? field->message->fields[1].type : field->type,
        .op = op,
    };

    op->sets_zero = field->has_presence || field->is_required;
    op->is_required = field->is_required;
    if (check_uses(&reader) || read_value_words(&reader) ||
        read_lists(&reader) || read_empty(&reader))
        return -1;
    if (field->is_map)
        set_map(op, field->message);
    op->reason = field->is_repeated ? REASON_BAD_ITEM
                 : scalar_is_number(reader.type) && op->value.how != READ_TIME
                     ? REASON_BAD_NUMBER
                     : REASON_BAD_VALUE;
    set_shape(op, field, spec->given[FIELD_CONSTANT] != NULL);
    return 0;
}

#include "settings/option_values.h"

#include <stdlib.h>

#include "base/mem.h"

void
option_values_add(struct option_values *values, const struct option *option,
    const char *value, char *where)
{
    values->items =
        mem_grow(values->items, values->n + 1, sizeof(*values->items));
    values->items[values->n++] = (struct option_value){
        .option = option, .value = mem_text(value), .where = where};
}

void
option_values_release(struct option_values *values)
{
    for (size_t i = 0; i < values->n; i++) {
        free(values->items[i].value);
        free(values->items[i].where);
    }
    free(values->items);
    *values = (struct option_values){0};
}

int
option_value_apply(const struct option_value *value_given,
    struct settings *settings, struct err *err)
{
    if (option_set(value_given->option, settings, value_given->value, err) == 0)
        return 0;
    if (value_given->where)
        err_wrap(err, "%s: %s", value_given->where, value_given->option->name);
    else
        err_wrap(err, "--%s", value_given->option->name);
    return -1;
}

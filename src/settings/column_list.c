/* --columns: the names of a line's columns, by position. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "settings/setters.h"

/* More columns than any table has; each line is split into as many. */
enum { MAX_COLUMNS = 4096 };

/* Of a column that is not wanted, any number of times. */
static const char no_name[] = "_";

static int
add_column(struct words *columns, const char *at, size_t n_bytes,
    struct err *err)
{
    char *name;

    if (n_bytes == 0) {
        err_set(err, ERR_USAGE,
            "column %zu has no name; one that is not wanted is called %s",
            columns->n + 1, no_name);
        return -1;
    }
    if (columns->n == MAX_COLUMNS) {
        err_set(err, ERR_USAGE, "more than %d columns", MAX_COLUMNS);
        return -1;
    }
    name = mem_format("%.*s", (int)n_bytes, at);
    for (size_t i = 0; i < columns->n; i++) {
        if (strcmp(columns->items[i], name) != 0 || strcmp(name, no_name) == 0)
            continue;
        err_set(err, ERR_USAGE, "\"%s\" is column %zu and column %zu", name,
            i + 1, columns->n + 1);
        free(name);
        return -1;
    }
    words_add(columns, name);
    free(name);
    return 0;
}

int
set_columns(struct settings *settings, const char *value, struct err *err)
{
    struct words columns = {0};

    for (const char *at = value;; at++) {
        size_t n_bytes = strcspn(at, ",");

        if (add_column(&columns, at, n_bytes, err)) {
            words_release(&columns);
            return -1;
        }
        at += n_bytes;
        if (!*at)
            break;
    }
    words_release(&settings->input.columns);
    settings->input.columns = columns;
    return 0;
}

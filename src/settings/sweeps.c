#include "settings/sweeps.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"

static const char *const can_be_swept[MAX_SWEEPS] = {"processes", "threads",
    "connections", "batch", "window", "mode", "inflate"};

/* The name as it is in the table above; NULL, with err, when it is not. */
static const char *
find_name(const char *name, size_t n_bytes, struct err *err)
{
    struct suggestion near = {.word = name, .n_bytes = n_bytes};
    int shown = n_bytes > 100 ? 100 : (int)n_bytes;

    for (size_t i = 0; i < MAX_SWEEPS; i++) {
        if (strlen(can_be_swept[i]) == n_bytes &&
            memcmp(can_be_swept[i], name, n_bytes) == 0)
            return can_be_swept[i];
        suggestion_offer(&near, can_be_swept[i]);
    }
    if (near.best)
        err_set(err, ERR_USAGE,
            "\"%.*s\" cannot be swept; did you mean \"%s\"?", shown, name,
            near.best);
    else
        err_set(err, ERR_USAGE,
            "\"%.*s\" cannot be swept, only: processes, threads, connections, "
            "batch, window, mode, inflate",
            shown, name);
    return NULL;
}

static int
add_value(struct sweep *sweep, const char *value, struct err *err)
{
    for (size_t i = 0; i < sweep->values.n; i++) {
        if (strcmp(sweep->values.items[i], value) == 0) {
            err_set(err, ERR_USAGE, "%s: \"%s\" is given twice", sweep->option,
                value);
            return -1;
        }
    }
    words_add(&sweep->values, value);
    return 0;
}

static int
read_values(struct sweep *sweep, const char *at, struct err *err)
{
    size_t n_bytes;
    char *value;
    int status;

    for (;; at += n_bytes + 1) {
        n_bytes = strcspn(at, ",");
        value = mem_format("%.*s", (int)n_bytes, at);
        status = add_value(sweep, value, err);
        free(value);
        if (status || !at[n_bytes])
            return status;
    }
}

int
set_sweep(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    struct bench_settings *bench = &settings->bench;
    size_t n_bytes = strcspn(value, "=");
    struct sweep sweep = {.option = find_name(value, n_bytes, err)};

    (void)option;
    if (!sweep.option)
        return -1;
    if (!value[n_bytes]) {
        err_set(err, ERR_USAGE, "%s: values are missing: %s=VALUE[,VALUE]...",
            sweep.option, sweep.option);
        return -1;
    }
    for (size_t i = 0; i < bench->n_sweeps; i++) {
        if (strcmp(bench->sweeps[i].option, sweep.option) == 0) {
            err_set(err, ERR_USAGE,
                "%s is swept twice: give all its values at once", sweep.option);
            return -1;
        }
    }
    if (read_values(&sweep, value + n_bytes + 1, err)) {
        words_release(&sweep.values);
        return -1;
    }
    must(bench->n_sweeps < MAX_SWEEPS);
    bench->sweeps[bench->n_sweeps++] = sweep;
    return 0;
}

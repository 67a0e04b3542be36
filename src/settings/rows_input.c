/* Options: what is read, and what a line may be. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "settings/limits.h"
#include "settings/option_rows.h"

/* --- columns: names by position -------------------------------------------*/

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

static int
set_columns(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    struct words columns = {0};

    (void)option;
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

/* Longer than any export is still written to. */
enum { DAY_S = 24 * 3600 };

/* --- rows -----------------------------------------------------------------*/

#ifdef HAVE_ISAL
#define INFLATE_DEFAULT "isal"
#define NO_ISAL NULL
#else
#define INFLATE_DEFAULT "zlib"
#define NO_ISAL                                                   \
    "this program was built without ISA-L; use zlib, or install " \
    "libisal-dev and build it again"
#endif

static const struct option_word inflaters[] = {
    {.word = "isal", .refusal = NO_ISAL},
    {.word = "zlib"},
    {.word = NULL},
};

static const struct option rows[] = {
    {.name = "pattern",
        .arg = "GLOB",
        .commands = FOR_LOAD | FOR_VERIFY,
        .repeats = true,
        .type = OPTION_LIST,
        FIELD(input.patterns),
        .noun = "pattern",
        .fallback = DEFAULT_PATTERN,
        .help = "files to load, beside those named as FILE; may repeat"},
    {.name = "mapping",
        .arg = "FILE",
        .commands = FOR_MAPPED,
        .is_cli_only = true,
        .type = OPTION_PATH,
        FIELD(input.mapping_path),
        .noun = "file name",
        .fallback = "the built-in record",
        .help = "YAML: what the columns mean, and what key and value are made "
                "of them"},
    {.name = "columns",
        .arg = "NAME[,NAME]...",
        .commands = FOR_MAPPED,
        .type = OPTION_OWN,
        FIELD(input.columns),
        .set = set_columns,
        .fallback = "those of the mapping",
        .help = "the columns of a line, in their order; _ is one that is not "
                "wanted"},
    {.name = "skip-header",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY | FOR_EXPLAIN,
        .type = OPTION_FLAG,
        FIELD(input.skip_header),
        .help = "the first line of each file is no record"},
    {.name = "strict",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY | FOR_EXPLAIN,
        .type = OPTION_FLAG,
        FIELD(input.strict),
        .help = "reject a line with a bad item in a list (an app id), instead "
                "of leaving that item out"},
    {.name = "max-line",
        .arg = "BYTES",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY | FOR_EXPLAIN | FOR_INIT,
        .type = OPTION_SIZE,
        FIELD(input.max_line_bytes),
        .least = 64,
        .most = 512 << 20,
        .preset = "1MiB",
        .help = "reject longer lines"},
    {.name = "max-error-rate",
        .arg = "R",
        .commands = FOR_LOAD | FOR_BENCH,
        .type = OPTION_RATE,
        FIELD(failure.max_error_rate),
        .low = 0,
        .high = 1,
        .preset = "0.01",
        .help = "a file fails when this share of its lines, or more, is "
                "rejected or failed"},
    {.name = "no-rename",
        .commands = FOR_LOAD,
        .type = OPTION_CLEARS,
        FIELD(input.rename),
        .help = "do not put a dot in front of the names of done files"},
    {.name = "settle",
        .arg = "SECONDS",
        .commands = FOR_LOAD,
        .type = OPTION_DURATION,
        .unit_ms = 1000,
        FIELD(input.settle_ms),
        .least = 0,
        .most = DAY_S,
        .preset = "0",
        .help = "wait so long for a file to be closed by who writes it, and "
                "unchanged for so long"},
    {.name = "inflate",
        .arg = "isal|zlib",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY | FOR_EXPLAIN | FOR_INIT,
        .type = OPTION_CHOICE,
        FIELD(input.inflate),
        .words = inflaters,
        .preset = INFLATE_DEFAULT,
        .help = "which library inflates"},
    {.name = NULL},
};

const struct option_group input_options = {
    .heading = "Input",
    .rows = rows,
};

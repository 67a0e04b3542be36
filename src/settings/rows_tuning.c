/* Options: how fast; docs/tuning.md has the figures behind the defaults. */
#include "settings/limits.h"
#include "settings/option_rows.h"

static const struct option rows[] = {
    {.name = "processes",
        .arg = "N",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY,
        .type = OPTION_COUNT,
        FIELD(tuning.processes),
        .least = 1,
        .most = PROCESSES_MAX,
        .fallback = "one per core",
        .help = "files that load side by side, a process each"},
    /* one keeps up with what a reader can inflate; 3 files on 2 cores load in
     * 1.01 times bare.c's time so, in 1.05 times with 0 */
    {.name = "threads",
        .arg = "N",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY,
        .type = OPTION_COUNT,
        FIELD(tuning.threads),
        .least = 0,
        .most = 64,
        .preset = "1",
        .help = "packing threads of a process; 0 does all in one thread"},
    {.name = "connections",
        .arg = "N",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY,
        .type = OPTION_COUNT,
        FIELD(tuning.connections),
        .least = 1,
        .most = 64,
        .preset = "1",
        .help = "connections of a process to each server; a key always "
                "travels on the same one"},
    {.name = "batch",
        .arg = "LINES",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY,
        .type = OPTION_COUNT,
        FIELD(tuning.batch_lines),
        .least = 1,
        .most = 1000000,
        .preset = "20000",
        .help = "lines that travel through the program together"},
    {.name = "window",
        .arg = "BYTES",
        .commands = FOR_LOAD | FOR_BENCH,
        .type = OPTION_SIZE,
        FIELD(tuning.window_bytes),
        .least = 1 << 10,
        .most = 64 << 20,
        .preset = "256KiB",
        .help = "requests sent before the server's word is asked for"},
    {.name = NULL},
};

const struct option_group tuning_options = {
    .heading = "Concurrency",
    .rows = rows,
};

/* Options: those that bench alone has. */
#include "settings/limits.h"
#include "settings/option_rows.h"
#include "settings/sweeps.h"

static void
note_seed(struct settings *settings)
{
    settings->verification.has_seed = true;
}

static const struct option rows[] = {
    {.name = "sweep",
        .arg = "OPTION=VALUE[,VALUE]...",
        .commands = FOR_BENCH,
        .repeats = true,
        .is_cli_only = true,
        .type = OPTION_OWN,
        .set = set_sweep,
        .fallback = "processes and threads, by the cores",
        .help = "try these values of processes, threads, connections, batch, "
                "window, mode or inflate; of several sweeps all combinations. "
                "May repeat"},
    {.name = "repeat",
        .arg = "N",
        .commands = FOR_BENCH,
        .is_cli_only = true,
        .type = OPTION_COUNT,
        FIELD(bench.repeat),
        .least = 1,
        .most = 1000,
        .preset = "5",
        .help = "times that each combination and each floor is measured"},
    {.name = "generate",
        .arg = "LINES",
        .commands = FOR_BENCH,
        .is_cli_only = true,
        .type = OPTION_COUNT,
        FIELD(bench.generate_lines),
        .least = 1,
        .most = 1000000000,
        .fallback = "1000000",
        .help = "lines to make up where no FILE is named, split over as many "
                "files as the most processes tried"},
    {.name = "yes",
        .commands = FOR_BENCH,
        .is_cli_only = true,
        .type = OPTION_FLAG,
        FIELD(bench.may_fill),
        .help = "servers named by --shard, --idfa and so on may be filled "
                "with test data; without any, bench starts four of its own"},
    {.name = "seed",
        .arg = "N",
        .commands = FOR_BENCH,
        .is_cli_only = true,
        .type = OPTION_COUNT,
        FIELD(verification.seed),
        .most = SEED_MOST,
        .then = note_seed,
        .fallback = "another one each time",
        .help = "of the order of the runs and of the lines made up"},
    {.name = "json",
        .arg = "FILE",
        .commands = FOR_BENCH,
        .is_cli_only = true,
        .type = OPTION_PATH,
        FIELD(bench.json_path),
        .noun = "file name",
        .help = "write every single run there, and what it ran on; - is "
                "standard output"},
    {.name = "csv",
        .arg = "FILE",
        .commands = FOR_BENCH,
        .is_cli_only = true,
        .type = OPTION_PATH,
        FIELD(bench.csv_path),
        .noun = "file name",
        .help = "the same as a table for other programs"},
    {.name = "plot",
        .arg = "FILE",
        .commands = FOR_BENCH,
        .is_cli_only = true,
        .type = OPTION_PATH,
        FIELD(bench.plot_path),
        .noun = "file name",
        .help = "draw the result, by gnuplot: FILE.svg or FILE.png; the first "
                "--sweep is the x axis"},
    {.name = "write-config",
        .arg = "FILE",
        .commands = FOR_BENCH,
        .is_cli_only = true,
        .type = OPTION_PATH,
        FIELD(bench.config_path),
        .noun = "file name",
        .help = "write the recommended settings there, for --config"},
    {.name = NULL},
};

const struct option_group bench_options = {
    .heading = "Benchmark",
    .rows = rows,
};

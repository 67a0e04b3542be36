#include "job/options.h"

#include <string.h>

#include "job/setters.h"

static const char input[] = "Input";
static const char servers[] = "Servers";
static const char concurrency[] = "Concurrency";
static const char failures[] = "Failures";
static const char output[] = "Output";
static const char others[] = "Other";

#ifdef HAVE_ISAL
#define INFLATE_FALLBACK "isal"
#else
#define INFLATE_FALLBACK "zlib"
#endif

/*
 * A row a paragraph. The man page and the completion tell the same; a test
 * compares names, argument words and defaults (tests/cli/test_options.py).
 */
const struct option options[] = {
    {.name = "pattern",
        .arg = "GLOB",
        .group = input,
        .commands = FOR_LOAD,
        .repeats = true,
        .set = set_pattern,
        .fallback = "/data/appsinstalled/*.tsv.gz",
        .help = "files to load, beside those named as FILE; may repeat"},
    {.name = "strict",
        .group = input,
        .commands = FOR_LOAD,
        .set = set_strict,
        .help = "reject a line with a bad app id, instead of leaving that id "
                "out"},
    {.name = "max-line",
        .arg = "BYTES",
        .group = input,
        .commands = FOR_LOAD,
        .set = set_max_line,
        .fallback = "1MiB",
        .help = "reject longer lines"},
    {.name = "max-error-rate",
        .arg = "R",
        .group = input,
        .commands = FOR_LOAD,
        .set = set_max_error_rate,
        .fallback = "0.01",
        .help = "a file fails when this share of its lines, or more, is "
                "rejected or failed"},
    {.name = "no-rename",
        .group = input,
        .commands = FOR_LOAD,
        .set = set_no_rename,
        .help = "do not put a dot in front of the names of done files"},
    {.name = "inflate",
        .arg = "isal|zlib",
        .group = input,
        .commands = FOR_LOAD,
        .set = set_inflate,
        .fallback = INFLATE_FALLBACK,
        .help = "which library inflates"},

    {.name = "idfa",
        .arg = "ADDR",
        .group = servers,
        .commands = FOR_ALL,
        .set = set_idfa,
        .fallback = "127.0.0.1:33013",
        .help = "address of shard idfa: host:port, [v6]:port or unix:/path"},
    {.name = "gaid",
        .arg = "ADDR",
        .group = servers,
        .commands = FOR_ALL,
        .set = set_gaid,
        .fallback = "127.0.0.1:33014",
        .help = "address of shard gaid"},
    {.name = "adid",
        .arg = "ADDR",
        .group = servers,
        .commands = FOR_ALL,
        .set = set_adid,
        .fallback = "127.0.0.1:33015",
        .help = "address of shard adid"},
    {.name = "dvid",
        .arg = "ADDR",
        .group = servers,
        .commands = FOR_ALL,
        .set = set_dvid,
        .fallback = "127.0.0.1:33016",
        .help = "address of shard dvid"},
    {.name = "shard",
        .arg = "NAME=ADDR[,ADDR]...",
        .group = servers,
        .commands = FOR_ALL,
        .repeats = true,
        .set = set_shard,
        .help = "any shard; several addresses are a ketama pool. The four "
                "above exist only while every shard named is one of them. May "
                "repeat"},
    {.name = "mode",
        .arg = "set|multi|noreply",
        .group = servers,
        .commands = FOR_LOAD,
        .set = set_mode,
        .fallback = "multi",
        .help = "set: a request and a reply per item; multi: windows of quiet "
                "requests, every refusal is told; noreply: refusals stay "
                "unknown"},
    {.name = "ttl",
        .arg = "S",
        .group = servers,
        .commands = FOR_LOAD,
        .set = set_ttl,
        .fallback = "0",
        .help = "items expire after so many seconds; 0 is never"},
    {.name = "dry",
        .group = servers,
        .commands = FOR_LOAD,
        .set = set_dry,
        .help = "connect to nothing, rename nothing, do all else; with -v "
                "show each item"},

    {.name = "processes",
        .arg = "N",
        .group = concurrency,
        .commands = FOR_LOAD,
        .set = set_processes,
        .fallback = "one per core",
        .help = "files that load side by side, a process each"},
    {.name = "threads",
        .arg = "N",
        .group = concurrency,
        .commands = FOR_LOAD,
        .set = set_threads,
        .fallback = "1",
        .help = "packing threads of a process; 0 does all in one thread"},
    {.name = "connections",
        .arg = "N",
        .group = concurrency,
        .commands = FOR_LOAD,
        .set = set_connections,
        .fallback = "1",
        .help = "connections of a process to each server; a key always "
                "travels on the same one"},
    {.name = "batch",
        .arg = "LINES",
        .group = concurrency,
        .commands = FOR_LOAD,
        .set = set_batch,
        .fallback = "20000",
        .help = "lines that travel through the program together"},
    {.name = "window",
        .arg = "BYTES",
        .group = concurrency,
        .commands = FOR_LOAD,
        .set = set_window,
        .fallback = "256KiB",
        .help = "requests sent before the server's word is asked for"},

    {.name = "retries",
        .arg = "N",
        .group = failures,
        .commands = FOR_LOAD,
        .set = set_retries,
        .fallback = "3",
        .help = "times a refused item is sent again"},
    {.name = "retry-delay",
        .arg = "MS",
        .group = failures,
        .commands = FOR_LOAD,
        .set = set_retry_delay,
        .fallback = "100",
        .help = "wait before the first time; doubles up to 5 s"},
    {.name = "timeout",
        .arg = "MS",
        .group = failures,
        .commands = FOR_ALL,
        .set = set_timeout,
        .fallback = "5000",
        .help = "a connection on which nothing moves for so long is lost"},
    {.name = "max-outage",
        .arg = "S",
        .group = failures,
        .commands = FOR_LOAD,
        .set = set_max_outage,
        .fallback = "60",
        .help = "a server away for longer is given up, its items fail"},
    {.name = "degraded",
        .group = failures,
        .commands = FOR_LOAD,
        .set = set_degraded,
        .help = "start although a server does not answer; its items fail"},
    {.name = "on-restart",
        .arg = "reload|fail",
        .group = failures,
        .commands = FOR_LOAD,
        .set = set_on_restart,
        .fallback = "reload",
        .help = "what a restarted server lost: reload it, or fail"},
    {.name = "max-evictions",
        .arg = "N",
        .group = failures,
        .commands = FOR_LOAD,
        .set = set_max_evictions,
        .help = "fail when the servers evict more items than that"},
    {.name = "require-capacity",
        .group = failures,
        .commands = FOR_LOAD,
        .set = set_require_capacity,
        .help = "do not start when servers have too little memory, too few "
                "connections or too small a limit on items for the load"},

    {.name = "rejects",
        .arg = "DIR",
        .group = output,
        .commands = FOR_LOAD,
        .set = set_rejects,
        .fallback = "beside the input",
        .help = "where rejected and failed lines go: NAME.rejects.tsv to mend "
                "and load again, NAME.rejects.jsonl with the reasons"},
    {.name = "no-rejects",
        .group = output,
        .commands = FOR_LOAD,
        .set = set_no_rejects,
        .help = "write no such files"},
    {.name = "log",
        .letter = 'l',
        .arg = "FILE",
        .group = output,
        .commands = FOR_LOAD,
        .set = set_log,
        .help = "write the log there instead of standard error"},
    {.name = "verbose",
        .letter = 'v',
        .group = output,
        .commands = FOR_LOAD,
        .set = set_verbose,
        .help = "log every batch, too"},
    {.name = "quiet",
        .letter = 'q',
        .group = output,
        .commands = FOR_LOAD,
        .set = set_quiet,
        .help = "log only warnings and errors; no progress, no report"},
    {.name = "progress",
        .arg = "auto|always|never",
        .group = output,
        .commands = FOR_LOAD,
        .set = set_progress,
        .fallback = "auto",
        .help = "auto: bars on a terminal, a line every few seconds elsewhere"},
    {.name = "summary",
        .arg = "FILE",
        .group = output,
        .commands = FOR_LOAD,
        .set = set_summary,
        .help = "write the result there as a JSON object; - is standard "
                "output, the report goes to standard error then"},

    {.name = "config",
        .arg = "FILE",
        .group = others,
        .commands = FOR_ALL,
        .is_cli_only = true,
        .set = set_config,
        .help = "YAML; under \"load:\" the keys are the long options' names. "
                "The command line wins"},
    {.name = "test",
        .letter = 't',
        .group = others,
        .commands = FOR_ALL,
        .is_cli_only = true,
        .action = ACTION_TEST,
        .help = "pack and unpack known records, then exit"},
    {.name = "help",
        .letter = 'h',
        .group = others,
        .commands = FOR_ALL,
        .is_cli_only = true,
        .action = ACTION_HELP,
        .help = "print this and exit"},
    {.name = "version",
        .group = others,
        .commands = FOR_ALL,
        .is_cli_only = true,
        .action = ACTION_VERSION,
        .help = "print the version and those of the libraries, then exit"},
    {.name = NULL},
};

const struct option *
option_find(const char *name, size_t n_bytes)
{
    for (const struct option *option = options; option->name; option++) {
        if (strlen(option->name) == n_bytes &&
            memcmp(option->name, name, n_bytes) == 0)
            return option;
    }
    return NULL;
}

const struct option *
option_find_letter(char letter)
{
    for (const struct option *option = options; option->name; option++) {
        if (option->letter && option->letter == letter)
            return option;
    }
    return NULL;
}

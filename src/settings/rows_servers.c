/* Options: where items go. */
#include <stdlib.h>

#include "base/mem.h"
#include "settings/option_rows.h"

static int
set_shard(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    (void)option;
    return settings_set_shard(settings, value, err);
}

/* The option is called as its shard is. */
static int
set_shard_of_name(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    char *spec = mem_format("%s=%s", option->name, value);
    int status = settings_set_shard(settings, spec, err);

    free(spec);
    return status;
}

/* A config for loads may say dry; it changes nothing for who verifies. */
static void
choose_purpose(struct settings *settings)
{
    if (settings->purpose != PURPOSE_VERIFY)
        settings->purpose = settings->dry ? PURPOSE_DRY : PURPOSE_LOAD;
}

static const struct option_word modes[] = {
    [MODE_SET] = {.word = "set"},
    [MODE_MULTI] = {.word = "multi"},
    [MODE_NOREPLY] = {.word = "noreply"},
    {.word = NULL},
};

static const struct option rows[] = {
    {.name = "idfa",
        .arg = "ADDR",
        .commands = FOR_MAPPED,
        .type = OPTION_OWN,
        .set = set_shard_of_name,
        .fallback = "127.0.0.1:33013",
        .help = "address of shard idfa: host:port, [v6]:port or unix:/path"},
    {.name = "gaid",
        .arg = "ADDR",
        .commands = FOR_MAPPED,
        .type = OPTION_OWN,
        .set = set_shard_of_name,
        .fallback = "127.0.0.1:33014",
        .help = "address of shard gaid"},
    {.name = "adid",
        .arg = "ADDR",
        .commands = FOR_MAPPED,
        .type = OPTION_OWN,
        .set = set_shard_of_name,
        .fallback = "127.0.0.1:33015",
        .help = "address of shard adid"},
    {.name = "dvid",
        .arg = "ADDR",
        .commands = FOR_MAPPED,
        .type = OPTION_OWN,
        .set = set_shard_of_name,
        .fallback = "127.0.0.1:33016",
        .help = "address of shard dvid"},
    {.name = "shard",
        .arg = "NAME=ADDR[,ADDR]...",
        .commands = FOR_MAPPED,
        .repeats = true,
        .type = OPTION_OWN,
        .set = set_shard,
        .help = "any shard; several addresses are a ketama pool. The four "
                "above exist only while every shard named is one of them. May "
                "repeat"},
    {.name = "mode",
        .arg = "set|multi|noreply",
        .commands = FOR_LOAD | FOR_BENCH,
        .type = OPTION_CHOICE,
        FIELD(tuning.mode),
        .words = modes,
        .preset = "multi",
        .help = "set: a request and a reply per item; multi: windows of quiet "
                "requests, every refusal is told; noreply: refusals stay "
                "unknown"},
    {.name = "ttl",
        .arg = "S",
        .commands = FOR_LOAD | FOR_BENCH | FOR_VERIFY,
        .type = OPTION_COUNT,
        FIELD(servers.ttl_s),
        .least = 0,
        .most = INT32_MAX,
        .preset = "0",
        .help = "items expire after so many seconds; 0 is never"},
    {.name = "dry",
        .commands = FOR_LOAD,
        .type = OPTION_FLAG,
        FIELD(dry),
        .then = choose_purpose,
        .help = "connect to nothing, rename nothing, do all else; with -v "
                "show each item"},
    {.name = NULL},
};

const struct option_group server_options = {
    .heading = "Servers",
    .rows = rows,
};

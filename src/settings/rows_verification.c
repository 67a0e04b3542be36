/* Options: what is read back. */
#include <string.h>

#include "base/units.h"
#include "settings/limits.h"
#include "settings/option_rows.h"

/* Of --verify and --margin the last one holds: both say how many. */
static int
set_verify(const struct option *option, struct settings *settings,
    const char *value, struct err *err)
{
    uint64_t n = 0;
    bool is_all = strcmp(value, "all") == 0;

    (void)option;
    if (!is_all && (units_parse_count(value, &n) || n < 1 || n > VERIFY_MOST)) {
        err_set(err, ERR_USAGE,
            "\"%s\" is neither all nor a number from 1 to %d", value,
            (int)VERIFY_MOST);
        return -1;
    }
    settings->verification.all = is_all;
    settings->verification.n = n;
    settings->verification.margin = 0;
    return 0;
}

static void
drop_verify(struct settings *settings)
{
    settings->verification.all = false;
    settings->verification.n = 0;
}

static void
note_seed(struct settings *settings)
{
    settings->verification.has_seed = true;
}

static const struct option rows[] = {
    {.name = "verify",
        .arg = "N|all",
        .commands = FOR_LOAD | FOR_VERIFY,
        .type = OPTION_OWN,
        .set = set_verify,
        .help = "read a random sample of N items back, or all of them, and "
                "compare; verify alone reads all"},
    {.name = "margin",
        .arg = "R",
        .commands = FOR_LOAD | FOR_VERIFY,
        .type = OPTION_BETWEEN,
        FIELD(verification.margin),
        .low = 0,
        .high = 1,
        .then = drop_verify,
        .help = "instead of N: as many as it takes to know the share that is "
                "stored to within R"},
    {.name = "confidence",
        .arg = "C",
        .commands = FOR_LOAD | FOR_VERIFY,
        .type = OPTION_BETWEEN,
        FIELD(verification.confidence),
        .low = 0,
        .high = 1,
        .preset = "0.99",
        .help = "how sure the bounds are to be that are told"},
    {.name = "min-success",
        .arg = "R",
        .commands = FOR_LOAD | FOR_VERIFY,
        .type = OPTION_RATE,
        FIELD(verification.min_success),
        .low = 0,
        .high = 1,
        .help = "exit status 6 when less than this share is sure to be stored; "
                "without it, when anything read back is not as it should be"},
    {.name = "seed",
        .arg = "N",
        .commands = FOR_LOAD | FOR_VERIFY,
        .type = OPTION_COUNT,
        FIELD(verification.seed),
        .most = SEED_MOST,
        .then = note_seed,
        .fallback = "another one each time",
        .help = "decides which items are the sample"},
    {.name = NULL},
};

const struct option_group verification_options = {
    .heading = "Verification",
    .rows = rows,
};

#include "settings/verification.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/units.h"
#include "settings/setters.h"

/* --- options --------------------------------------------------------------*/

/* Of --verify and --margin the last one holds: both say how many. */
int
set_verify(struct settings *settings, const char *value, struct err *err)
{
    uint64_t n = 0;
    bool is_all = strcmp(value, "all") == 0;

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

/* Between two bounds, neither of them allowed. */
static int
read_between(const char *value, double from, double to, double *out,
    struct err *err)
{
    double n;

    if (units_parse_decimal(value, &n) || !(n > from && n < to)) {
        err_set(err, ERR_USAGE, "\"%s\" is not a number between %g and %g",
            value, from, to);
        return -1;
    }
    *out = n;
    return 0;
}

int
set_margin(struct settings *settings, const char *value, struct err *err)
{
    if (read_between(value, 0, 1, &settings->verification.margin, err))
        return -1;
    settings->verification.all = false;
    settings->verification.n = 0;
    return 0;
}

int
set_confidence(struct settings *settings, const char *value, struct err *err)
{
    return read_between(value, 0, 1, &settings->verification.confidence, err);
}

int
set_min_success(struct settings *settings, const char *value, struct err *err)
{
    double rate;

    if (units_parse_decimal(value, &rate) || !(rate >= 0 && rate <= 1)) {
        err_set(err, ERR_USAGE, "\"%s\" is not a rate from 0 to 1", value);
        return -1;
    }
    settings->verification.min_success = rate;
    return 0;
}

int
set_seed(struct settings *settings, const char *value, struct err *err)
{
    uint64_t seed;

    /* in the summary it is a number of JSON, which jansson has with a sign */
    if (units_parse_count(value, &seed) || seed > INT64_MAX) {
        err_set(err, ERR_USAGE, "\"%s\" is not a number from 0 to %lld", value,
            (long long)INT64_MAX);
        return -1;
    }
    settings->verification.seed = seed;
    settings->verification.has_seed = true;
    return 0;
}

/* --- all of them ----------------------------------------------------------*/

static bool
has_stdin(const struct settings *settings)
{
    for (size_t i = 0; i < settings->input.files.n; i++)
        if (strcmp(settings->input.files.items[i], "-") == 0)
            return true;
    return false;
}

static int
check(const struct settings *settings, struct err *err)
{
    const char *wrong = NULL;

    if (settings->purpose == PURPOSE_DRY && settings_verifies(settings))
        wrong = "--dry stores nothing, so there is nothing to --verify: leave "
                "one of the two out";
    else if (settings->verification.min_success >= 0 &&
             !settings_verifies(settings))
        wrong = "--min-success judges what --verify finds: give --verify N, "
                "--verify all or --margin R, too";
    else if (settings->verification.all &&
             settings->purpose != PURPOSE_VERIFY && has_stdin(settings))
        wrong = "standard input cannot be read twice, as --verify all does: "
                "give --verify N, or load it from a file";
    if (!wrong)
        return 0;
    err_set(err, ERR_USAGE, "%s", wrong);
    return -1;
}

/* Small enough to be typed again. */
static uint64_t
choose_seed(void)
{
    uint32_t seed;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
        seed = (uint32_t)clock_ns();
    return seed;
}

/* A config file may say how to load; here it is only to be looked at. */
static void
leave_out_storing(struct settings *settings)
{
    settings->servers.require_capacity = false;
    settings->failure.max_evictions = UINT64_MAX;
    if (!settings_verifies(settings))
        settings->verification.all = true;
}

int
settings_finish_verification(struct settings *settings, struct err *err)
{
    if (settings->purpose == PURPOSE_VERIFY)
        leave_out_storing(settings);
    if (check(settings, err))
        return -1;
    if (settings_verifies(settings) && !settings->verification.has_seed)
        settings->verification.seed = choose_seed();
    return 0;
}

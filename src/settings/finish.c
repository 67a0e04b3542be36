/* settings_finish(): the settings checked against each other, and what follows
 * from several of them. */
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "settings/limits.h"
#include "settings/shards.h"

/*
 * Inflating takes a core to itself and is most of a worker's time, so a worker
 * a core; docs/tuning.md has the figures, and this is the one place to change.
 * The supervisor starts no more than there are files.
 */
static unsigned
default_processes(void)
{
    unsigned n = settings_cores();

    return n < PROCESSES_MAX ? n : PROCESSES_MAX;
}

/* memcached keeps times as signed 32-bit numbers and refuses later ones. */
static int
check_ttl(const struct settings *settings, struct err *err)
{
    int64_t now_s = clock_wall_s();

    if (settings_exptime(settings, now_s) <= INT32_MAX)
        return 0;
    err_set(err, ERR_USAGE,
        "--ttl: memcached knows no time after 2038-01-19, so at most %lld "
        "seconds from now",
        (long long)(INT32_MAX - now_s));
    return -1;
}

/* --- what is read back ----------------------------------------------------*/

static bool
has_stdin(const struct settings *settings)
{
    for (size_t i = 0; i < settings->input.files.n; i++)
        if (strcmp(settings->input.files.items[i], "-") == 0)
            return true;
    return false;
}

static int
check_verification(const struct settings *settings, struct err *err)
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

/* A config file may say how to load; `verify` reads it for the rest. */
static void
leave_out_storing(struct settings *settings)
{
    settings->servers.require_capacity = false;
    settings->failure.max_evictions = UINT64_MAX;
    if (!settings_verifies(settings))
        settings->verification.all = true;
}

/* --- all of it ------------------------------------------------------------*/

int
settings_finish(struct settings *settings, struct err *err)
{
    if (check_ttl(settings, err))
        return -1;
    if (settings->purpose == PURPOSE_VERIFY)
        leave_out_storing(settings);
    if (check_verification(settings, err))
        return -1;
    if (settings_verifies(settings) && !settings->verification.has_seed)
        settings->verification.seed = choose_seed();
    if (settings->input.files.n == 0 && settings->input.patterns.n == 0)
        words_add(&settings->input.patterns, DEFAULT_PATTERN);
    if (settings_add_default_shards(settings, err))
        return -1;
    if (settings->tuning.processes == 0)
        settings->tuning.processes = default_processes();
    return 0;
}

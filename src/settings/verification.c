#include "settings/verification.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/units.h"
#include "settings/setters.h"

/* --- options --------------------------------------------------------------*/

/* Of --verify and --margin the last one holds: both say how many. */
int
set_verify(struct job *job, const char *value, struct err *err)
{
    uint64_t n = 0;
    bool is_all = strcmp(value, "all") == 0;

    if (!is_all && (units_parse_count(value, &n) || n < 1 || n > VERIFY_MOST)) {
        err_set(err, ERR_USAGE,
            "\"%s\" is neither all nor a number from 1 to %d", value,
            (int)VERIFY_MOST);
        return -1;
    }
    job->verify_all = is_all;
    job->verify_n = n;
    job->margin = 0;
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
set_margin(struct job *job, const char *value, struct err *err)
{
    if (read_between(value, 0, 1, &job->margin, err))
        return -1;
    job->verify_all = false;
    job->verify_n = 0;
    return 0;
}

int
set_confidence(struct job *job, const char *value, struct err *err)
{
    return read_between(value, 0, 1, &job->confidence, err);
}

int
set_min_success(struct job *job, const char *value, struct err *err)
{
    double rate;

    if (units_parse_decimal(value, &rate) || !(rate >= 0 && rate <= 1)) {
        err_set(err, ERR_USAGE, "\"%s\" is not a rate from 0 to 1", value);
        return -1;
    }
    job->min_success = rate;
    return 0;
}

int
set_seed(struct job *job, const char *value, struct err *err)
{
    uint64_t seed;

    /* in the summary it is a number of JSON, which jansson has with a sign */
    if (units_parse_count(value, &seed) || seed > INT64_MAX) {
        err_set(err, ERR_USAGE, "\"%s\" is not a number from 0 to %lld", value,
            (long long)INT64_MAX);
        return -1;
    }
    job->seed = seed;
    job->has_seed = true;
    return 0;
}

/* --- all of them ----------------------------------------------------------*/

static bool
has_stdin(const struct job *job)
{
    for (size_t i = 0; i < job->files.n; i++)
        if (strcmp(job->files.items[i], "-") == 0)
            return true;
    return false;
}

static int
check(const struct job *job, struct err *err)
{
    const char *wrong = NULL;

    if (job->dry && job_verifies(job))
        wrong = "--dry stores nothing, so there is nothing to --verify: leave "
                "one of the two out";
    else if (job->min_success >= 0 && !job_verifies(job))
        wrong = "--min-success judges what --verify finds: give --verify N, "
                "--verify all or --margin R, too";
    else if (job->verify_all && !job->only_verifies && has_stdin(job))
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
leave_out_storing(struct job *job)
{
    job->dry = false;
    job->rename = false;
    job->rejects = false;
    job->require_capacity = false;
    job->max_evictions = UINT64_MAX;
    if (!job_verifies(job))
        job->verify_all = true;
}

int
job_finish_verification(struct job *job, struct err *err)
{
    if (job->only_verifies)
        leave_out_storing(job);
    if (check(job, err))
        return -1;
    if (job_verifies(job) && !job->has_seed)
        job->seed = choose_seed();
    return 0;
}

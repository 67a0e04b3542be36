#include "verify/interval.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"
#include "verify/beta.h"

/* Less than the distance of two neighbouring doubles. */
static const double FINE = 1e-16;

/*
 * Where a tail of the distribution, which rises or falls with x, reaches
 * `chance`: two numbers around that point, as close to each other as possible.
 */
static struct interval
crossing(double (*tail)(double x, double a, double b), double a, double b,
    double chance, bool rises)
{
    double low = 0, high = 1;

    while (high - low > FINE * high) {
        double middle = low + (high - low) / 2, at;

        if (middle <= low || middle >= high)
            break;
        at = tail(middle, a, b);
        if (rises ? at < chance : at > chance)
            low = middle;
        else
            high = middle;
    }
    return (struct interval){low, high};
}

/* The probability left on either side. */
static double
chance_of(double confidence)
{
    must(confidence > 0 && confidence < 1);
    return (1 - confidence) / 2;
}

/* The rate that may be missing when all of n match: 1 - low in closed form. */
static double
most_missing(double n, double chance)
{
    return -expm1(log(chance) / n);
}

struct interval
interval_of(uint64_t k, uint64_t n, double confidence)
{
    double chance = chance_of(confidence);
    struct interval interval;

    must(k <= n);
    if (n == 0)
        return (struct interval){0, 1};
    if (k == 0)
        return (struct interval){0, most_missing((double)n, chance)};
    if (k > n / 2) { /* the smaller of k and n - k gives more digits */
        interval = interval_of(n - k, n, confidence);
        return (struct interval){1 - interval.high, 1 - interval.low};
    }
    /* k or more of n have this probability at low; k or fewer at high */
    interval.low =
        crossing(beta_below, (double)k, (double)(n - k + 1), chance, true).low;
    interval.high =
        crossing(beta_above, (double)(k + 1), (double)(n - k), chance, false)
            .high;
    return interval;
}

uint64_t
sample_size(double margin, double confidence)
{
    double chance = chance_of(confidence), n;

    must(margin > 0 && margin < 1);
    n = ceil(log(chance) / log1p(-margin));
    if (n >= (double)SAMPLE_SIZE_MOST)
        return SAMPLE_SIZE_MOST;
    /* correct what the logarithms were rounded by */
    while (n > 1 && most_missing(n - 1, chance) <= margin)
        n--;
    while (most_missing(n, chance) > margin)
        n++;
    return (uint64_t)n;
}

/* Do n items give the rate to within the margin? */
static bool
is_within(uint64_t n, double rate, double margin, double confidence)
{
    uint64_t k = (uint64_t)(rate * (double)n + 0.5);
    double estimate = (double)k / (double)n;
    struct interval interval = interval_of(k, n, confidence);

    return estimate - interval.low <= margin &&
           interval.high - estimate <= margin;
}

uint64_t
sample_size_at(double rate, double margin, double confidence)
{
    uint64_t low = sample_size(margin, confidence), high = low;

    must(rate >= 0 && rate <= 1);
    if (rate <= 0 || rate >= 1)
        return low;
    while (!is_within(high, rate, margin, confidence)) {
        if (high >= SAMPLE_SIZE_MOST / 2)
            return SAMPLE_SIZE_MOST;
        low = high;
        high *= 2;
    }
    while (high - low > high / 128) {
        uint64_t middle = low + (high - low) / 2;

        if (is_within(middle, rate, margin, confidence))
            high = middle;
        else
            low = middle;
    }
    return high;
}

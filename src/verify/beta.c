#include "verify/beta.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

static const double TWO_PI = 6.283185307179586476925;

/* lgamma(z + 1) less Stirling's (z + 1/2) log z - z + log(2 pi)/2: small, and
 * so are its errors, where lgamma's own are those of a huge number. */
static double
stirling_rest(double z)
{
    double zz = z * z;
    int sign;

    if (z < 16)
        return lgamma_r(z + 1, &sign) - (z + 0.5) * log(z) + z -
               0.5 * log(TWO_PI);
    return (1.0 / 12 -
               (1.0 / 360 -
                   (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / zz) / zz) / zz) /
                   zz) /
           z;
}

/*
 * n log(n/m) + m - n, how far n is from the mean m; both are large and nearly
 * equal where it counts, so the logarithm is taken as a series in their
 * difference: log(n/m) = 2 atanh(v), v = (n - m)/(n + m).
 */
static double
deviance(double n, double m)
{
    double v = (n - m) / (n + m), sum, term;

    if (fabs(v) > 0.1)
        return n * log(n / m) + m - n;
    sum = (n - m) * v;
    term = 2 * n * v;
    for (int i = 3; i < 100; i += 2) {
        double before = sum;

        term *= v * v;
        sum += term / i;
        if (sum == before)
            break;
    }
    return sum;
}

/* x^a (1-x)^b / B(a, b), by the saddle point of the binomial (C. Loader, "Fast
 * and accurate computation of binomial probabilities", 2000). */
static double
power(double x, double a, double b)
{
    double n = a + b;
    double log_rest = stirling_rest(n) - stirling_rest(a) - stirling_rest(b);

    return exp(log_rest - deviance(a, n * x) - deviance(b, n * (1 - x))) *
           sqrt(a / n * b / TWO_PI);
}

/* Keeps the recurrence off a division by zero. */
static double
not_zero(double x)
{
    static const double TINY = 1e-300;

    return fabs(x) < TINY ? TINY : x;
}

/*
 * The continued fraction of I_x(a, b) (DLMF 8.17.22) by Lentz's method; it
 * converges in some sqrt(a + b) steps for x up to the mean.
 */
static double
fraction(double x, double a, double b)
{
    static const double ENOUGH = 1e-16;
    enum { STEPS_MOST = 10000000 };
    double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), f = d;

    for (int i = 1; i < STEPS_MOST; i++) {
        double even = i * (b - i) * x / ((a + 2 * i - 1) * (a + 2 * i));
        double odd =
            -(a + i) * (a + b + i) * x / ((a + 2 * i) * (a + 2 * i + 1));
        double change;

        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        f *= d * c;
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        change = d * c;
        f *= change;
        if (fabs(change - 1) <= ENOUGH)
            return f;
    }
    die("no end of a continued fraction (beta: %g, %g, %g)", x, a, b);
}

static double
tail(double x, double a, double b, bool is_above)
{
    must(a >= 1 && b >= 1 && x >= 0 && x <= 1);
    if (x <= 0 || x >= 1)
        return (x >= 1) != is_above ? 1 : 0;
    /* I_x(a, b) = 1 - I_(1-x)(b, a): the one whose fraction converges */
    if (x < (a + 1) / (a + b + 2)) {
        double below = power(x, a, b) * fraction(x, a, b) / a;

        return is_above ? 1 - below : below;
    } else {
        double above = power(x, a, b) * fraction(1 - x, b, a) / b;

        return is_above ? above : 1 - above;
    }
}

double
beta_below(double x, double a, double b)
{
    return tail(x, a, b, false);
}

double
beta_above(double x, double a, double b)
{
    return tail(x, a, b, true);
}

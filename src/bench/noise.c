#include "bench/noise.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "bench/bench_result.h"

/* Pairs whose number is higher than the other; a tie is half a pair. */
static double
count_higher(const double *numbers, size_t n, const double *others,
    size_t n_others)
{
    double pairs = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n_others; j++) {
            if (numbers[i] > others[j])
                pairs += 1;
            else if (!(numbers[i] < others[j]))
                pairs += 0.5;
        }
    }
    return pairs;
}

/*
 * P(so many pairs or fewer), all orders being equally likely. The highest of
 * all is one of the n numbers with probability n / (n + m), and is then above
 * all m others; what remains is the same problem with one number less: p(n, m,
 * u) = n/(n+m) p(n-1, m, u-m) + m/(n+m) p(n, m-1, u) table[m] holds p(n, m, u)
 * for the n at hand, u from 0 to n_most * m_most.
 */
static double
exact(size_t n_most, size_t m_most, size_t pairs)
{
    size_t room = n_most * m_most + 1;
    double *table = mem_zero((m_most + 1) * room, sizeof(*table));
    double sum = 0;

    for (size_t m = 0; m <= m_most; m++)
        table[m * room] = 1; /* no number, no pair */
    for (size_t n = 1; n <= n_most; n++) {
        for (size_t m = 1; m <= m_most; m++) {
            double *row = &table[m * room], *fewer = &table[(m - 1) * room];
            double ours = (double)n / (double)(n + m);

            for (size_t u = room; u-- > 0;)
                row[u] =
                    ours * (u >= m ? row[u - m] : 0) + (1 - ours) * fewer[u];
        }
    }
    for (size_t u = 0; u <= pairs && u < room; u++)
        sum += table[m_most * room + u];
    free(table);
    return sum < 1 ? sum : 1;
}

static double
normal(size_t n, size_t m, double pairs)
{
    double product = (double)n * (double)m;
    double deviation = sqrt(product * (double)(n + m + 1) / 12);

    return 0.5 * erfc((product / 2 - pairs - 0.5) / (deviation * sqrt(2)));
}

double
noise_p_lower(const double *numbers, size_t n, const double *others,
    size_t n_others)
{
    double pairs = count_higher(numbers, n, others, n_others);

    if (n == 0 || n_others == 0)
        return 1;
    if (n > NOISE_EXACT || n_others > NOISE_EXACT)
        return normal(n, n_others, pairs);
    return exact(n, n_others, (size_t)ceil(pairs));
}

bool
noise_is_lower(const double *numbers, size_t n, const double *others,
    size_t n_others)
{
    static const double rounding = 1e-9; /* three against three is 0.05 */
    struct bench_figure ours = bench_figure_of(numbers, n);
    struct bench_figure theirs = bench_figure_of(others, n_others);

    if (n < NOISE_LEAST_RUNS || n_others < NOISE_LEAST_RUNS)
        return false;
    return ours.median < theirs.min ||
           ours.median < (1 - NOISE_MOST) * theirs.median ||
           noise_p_lower(numbers, n, others, n_others) <=
               NOISE_LEVEL + rounding;
}

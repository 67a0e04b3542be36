#include "load/counts.h"

const struct count_field count_fields[N_COUNTS] = {
#define X(name, use, column, about) \
    {#name, about, use, column, offsetof(struct counts, name)},
    COUNTS(X)
#undef X
};

const struct count_field server_count_fields[N_SERVER_COUNTS] = {
#define X(name, use, column, about) \
    {#name, about, use, column, offsetof(struct server_counts, name)},
    SERVER_COUNTS(X)
#undef X
};

const struct count_field *
count_column(const struct count_field *fields, size_t n, unsigned column)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].column == column)
            return &fields[i];
    return NULL;
}

void
counts_add(struct counts *to, const struct counts *from)
{
#define X(name, use, column, about) to->name += from->name;
    COUNTS(X)
#undef X
    for (size_t i = 0; i < N_REASONS; i++)
        to->rejects[i] += from->rejects[i];
    for (size_t i = 0; i < N_OUTCOMES; i++)
        to->outcomes[i] += from->outcomes[i];
}

bool
counts_balance(const struct counts *counts)
{
    const uint64_t *outcomes = counts->outcomes;
    uint64_t rejects = 0;

    for (size_t i = REASON_NONE + 1; i < N_REASONS; i++)
        rejects += counts->rejects[i];
    return counts->lines == counts->blank + counts->rejected + counts->stored +
                                counts->sent + counts->failed &&
           counts->rejected == rejects &&
           counts->stored == outcomes[OUTCOME_STORED] &&
           counts->sent == outcomes[OUTCOME_SENT] &&
           counts->failed == outcomes[OUTCOME_OUT_OF_MEMORY] +
                                 outcomes[OUTCOME_REFUSED] +
                                 outcomes[OUTCOME_OUTAGE] &&
           counts->rejects[REASON_TOO_LARGE] >= outcomes[OUTCOME_TOO_LARGE];
}

double
counts_error_rate(const struct counts *counts)
{
    uint64_t bad = counts->rejected + counts->failed;
    uint64_t lines = counts->lines - counts->blank;

    return bad ? (double)bad / (double)lines : 0;
}

void
server_counts_add(struct server_counts *to, const struct server_counts *from)
{
#define X(name, use, column, about) to->name += from->name;
    SERVER_COUNTS(X)
#undef X
}

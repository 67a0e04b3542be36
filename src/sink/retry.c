#include "sink/retry.h"

static const struct {
    const char *text;
    struct remedy remedy;
} troubles[] = {
    [TROUBLE_NO_MEMORY] = {"out of memory",
        {.retry = true, .final = OUTCOME_OUT_OF_MEMORY}},
    [TROUBLE_TOO_LARGE] = {"item too large", {.final = OUTCOME_TOO_LARGE}},
    [TROUBLE_REFUSED] = {"refused", {.retry = true, .final = OUTCOME_REFUSED}},
    [TROUBLE_CLOSED] = {"connection lost",
        {.retry = true, .final = OUTCOME_OUTAGE}},
    [TROUBLE_SILENT] = {"no answer",
        {.retry = true, .drain = true, .final = OUTCOME_OUTAGE}},
    [TROUBLE_GARBAGE] = {"unexpected reply",
        {.retry = true, .drain = true, .final = OUTCOME_OUTAGE}},
};

struct remedy
retry_remedy(enum trouble trouble)
{
    return troubles[trouble].remedy;
}

const char *
trouble_text(enum trouble trouble)
{
    return troubles[trouble].text;
}

int64_t
retry_delay_ms(int64_t base_ms, unsigned n, struct rng *rng)
{
    int64_t delay_ms = base_ms;

    while (n-- > 1 && delay_ms < RETRY_DELAY_MAX_MS)
        delay_ms *= 2;
    if (delay_ms > RETRY_DELAY_MAX_MS)
        delay_ms = RETRY_DELAY_MAX_MS;
    return delay_ms - (int64_t)rng_below(rng, (uint64_t)delay_ms / 2 + 1);
}

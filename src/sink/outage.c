#include "sink/outage.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "sink/retry.h"

void
outage_init(struct outage *outage, const struct sink_config *config,
    const char *given_up)
{
    *outage = (struct outage){
        .config = config,
        .given_up = given_up,
        .since_ms = CLOCK_NEVER,
    };
    rng_init(&outage->rng, (uint64_t)clock_ns() ^ (uintptr_t)outage);
}

bool
outage_lasts(struct outage *outage, const char *detail, int64_t now_ms)
{
    const struct sink_config *config = outage->config;
    char span[UNITS_TEXT_BYTES];
    int64_t away_ms;

    if (outage->since_ms == CLOCK_NEVER) {
        outage->since_ms = now_ms;
        log_warn("shard %s (%s): %s: %s", config->shard, config->address->text,
            trouble_text(TROUBLE_CLOSED), detail);
    }
    away_ms = now_ms - outage->since_ms;
    if (away_ms >= config->max_outage_ms) {
        log_error("shard %s (%s): given up after %s: %s; %s", config->shard,
            config->address->text, units_span((double)away_ms / 1000, span),
            detail, outage->given_up);
        return false;
    }
    outage->paused_until = now_ms + retry_delay_ms(config->retry_delay_ms,
                                        ++outage->tries, &outage->rng);
    if (outage->paused_until > outage->since_ms + config->max_outage_ms)
        outage->paused_until = outage->since_ms + config->max_outage_ms;
    return true;
}

void
outage_is_over(struct outage *outage, int64_t now_ms)
{
    char span[UNITS_TEXT_BYTES];

    outage->tries = 0;
    if (outage->since_ms == CLOCK_NEVER)
        return;
    log_info("shard %s (%s): back after %s", outage->config->shard,
        outage->config->address->text,
        units_span((double)(now_ms - outage->since_ms) / 1000, span));
    outage->since_ms = CLOCK_NEVER;
}

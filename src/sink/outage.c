#include "sink/outage.h"

#include "base/log.h"
#include "base/units.h"

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

/* How long it has lasted, for people. */
static const char *
span_text(const struct outage *outage, int64_t now_ms,
    char text[UNITS_TEXT_BYTES])
{
    return units_span((double)(now_ms - outage->since_ms) / 1000, text);
}

void
outage_note(struct outage *outage, enum trouble trouble, const char *detail,
    int64_t now_ms)
{
    const struct sink_config *config = outage->config;

    log_line(outage_is_on(outage) ? LOG_D : LOG_W, "shard %s (%s): %s: %s",
        config->shard, config->address->text, trouble_text(trouble), detail);
    if (!outage_is_on(outage))
        outage->since_ms = now_ms;
}

bool
outage_may_retry(struct outage *outage, const char *detail, int64_t now_ms)
{
    if (now_ms >= outage_ends_at(outage)) {
        outage_give_up(outage, detail, now_ms);
        return false;
    }
    outage->paused_until =
        now_ms + retry_delay_ms(outage->config->retry_delay_ms, ++outage->tries,
                     &outage->rng);
    /* one last try at the very end */
    if (outage->paused_until > outage_ends_at(outage))
        outage->paused_until = outage_ends_at(outage);
    return true;
}

void
outage_give_up(const struct outage *outage, const char *detail, int64_t now_ms)
{
    const struct sink_config *config = outage->config;
    char span[UNITS_TEXT_BYTES];

    log_error("shard %s (%s): given up after %s: %s; %s", config->shard,
        config->address->text, span_text(outage, now_ms, span), detail,
        outage->given_up);
}

void
outage_end(struct outage *outage, int64_t now_ms)
{
    const struct sink_config *config = outage->config;
    char span[UNITS_TEXT_BYTES];

    if (!outage_is_on(outage))
        return;
    log_info("shard %s (%s): back after %s", config->shard,
        config->address->text, span_text(outage, now_ms, span));
    outage->since_ms = CLOCK_NEVER;
    outage->tries = 0;
}

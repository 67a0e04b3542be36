#include "memc/probe_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "memc/protocol.h"
#include "memc/shard_map.h"

/* Of memcached, its ITEM_UPDATE_INTERVAL. */
enum { CLOCK_BEGAN_S = 60 };

/* What all answers take at most; a real server's, with all 63 slab classes in
 * use, take some 30 KiB. */
enum { PROBE_MOST_BYTES = 1 << 20 };

/* What a server has no more of: four petabytes, the sets of a century. Sums
 * over two thousand servers do not overflow. */
#define MOST_NUMBER (1ULL << 52)

static void
take_stat(struct probe_answer *answer, struct server_facts *facts)
{
    const struct {
        const char *name;
        uint64_t *to;
    } stats[] = {
        {"pid", &facts->pid},
        {"time", &answer->time_s},
        {"uptime", &facts->uptime_s},
        {"cmd_flush", &facts->cmd_flush},
        {"oldest", &facts->oldest},
        {"cmd_set", &facts->cmd_set},
        {"store_no_memory", &facts->store_no_memory},
        {"store_too_large", &facts->store_too_large},
        {"evictions", &facts->evictions},
        {"total_connections", &facts->total_connections},
        {"curr_connections", &facts->curr_connections},
        {"maxconns", &facts->max_connections},
        {"item_size_max", &facts->item_size_max},
        {"limit_maxbytes", &facts->limit_bytes},
        {"bytes", &answer->item_bytes},
        {"curr_items", &facts->curr_items},
        {"reserved_fds", &facts->reserved_fds},
        {"chunk_size", &facts->slabs.least_bytes},
        {"slab_chunk_max", &facts->slabs.chunk_max},
    };
    char name[64];
    unsigned long long n;

    if (sscanf(answer->line, "STAT %63s %llu", name, &n) != 2 ||
        n > MOST_NUMBER)
        return;
    for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++)
        if (strcmp(name, stats[i].name) == 0)
            *stats[i].to = n;
    for (enum eviction_way way = 0; way < N_EVICTION_WAYS; way++)
        if (strcmp(name, eviction_counter(way)) == 0)
            facts->evictions_by[way] = n;
    facts->has_counters |= strcmp(name, "cmd_set") == 0;
    facts->has_oldest |= strcmp(name, "oldest") == 0;
    answer->has_time |= strcmp(name, "time") == 0;
    answer->has_uptime |= strcmp(name, "uptime") == 0;
}

/* Of its settings those that are no whole numbers. */
static void
take_setting(const char *line, struct server_facts *facts)
{
    char name[64], value[32];

    if (sscanf(line, "STAT %63s %31s", name, value) != 2)
        return;
    if (strcmp(name, "growth_factor") == 0)
        facts->slabs.growth_factor = strtod(value, NULL);
    else if (strcmp(name, "cas_enabled") == 0)
        facts->slabs.has_no_cas = strcmp(value, "no") == 0;
    else if (strcmp(name, "evictions") == 0)
        facts->never_evicts |= strcmp(value, "off") == 0;
}

/* "STAT 5:used_chunks 12": of slab class 5. */
static void
take_slab(struct probe_answer *answer, struct server_facts *facts)
{
    char name[64];
    unsigned long long n;

    if (sscanf(answer->line, "STAT %*u:%63s %llu", name, &n) != 2 ||
        n > MOST_NUMBER)
        return;
    if (strcmp(name, "chunk_size") == 0)
        answer->chunk_bytes = n;
    else if (strcmp(name, "used_chunks") == 0)
        facts->used_bytes += answer->chunk_bytes * n;
}

/* What is known when all was said. */
static void
conclude(const struct probe_answer *answer, struct server_facts *facts)
{
    facts->is_known = true;
    for (size_t i = 0; i < N_EVICTION_WAYS; i++)
        facts->evictions += facts->evictions_by[i];
    facts->told_at_ms = clock_ms();
    if (answer->has_time)
        facts->clock_ahead_s = (int64_t)answer->time_s - clock_wall_s();
    /* one of them alone would be another start each time */
    if (answer->has_time && answer->has_uptime)
        facts->started_at = (int64_t)(answer->time_s - facts->uptime_s);
    /* its clock began a minute before its uptime (1.4.18 and later), and what
     * is stored in the second of a flush goes with it */
    if (facts->oldest >= facts->uptime_s + CLOCK_BEGAN_S)
        facts->flush_due_s =
            facts->oldest - facts->uptime_s - CLOCK_BEGAN_S + 1;
    if (facts->item_size_max == 0)
        facts->item_size_max = ITEM_SIZE_MAX_DEFAULT;
    /* one that knows of no largest chunk has a chunk for every item */
    if (facts->slabs.growth_factor > 0 && facts->slabs.chunk_max == 0)
        facts->slabs.chunk_max = facts->item_size_max;
    if (facts->used_bytes == 0)
        facts->used_bytes = answer->item_bytes;
}

/* "STAT items:5:evicted 12": of slab class 5. */
static void
take_items(struct probe_answer *answer, struct server_facts *facts)
{
    char name[64];
    unsigned class;
    unsigned long long n;

    if (sscanf(answer->line, "STAT items:%u:%63s %llu", &class, name, &n) ==
            3 &&
        class == answer->canary_class && strcmp(name, "evicted") == 0 &&
        n <= MOST_NUMBER)
        facts->canary_evictions = n;
}

/* "VALUE key flags bytes": of the canary, since nothing else was asked for. */
static enum probe_state
take_canary(struct probe_answer *answer, struct server_facts *facts)
{
    const char *line = answer->line;

    if (answer->is_value) {
        answer->is_value = false;
        facts->canary = strcmp(line, answer->canary->value) == 0 ? CANARY_THERE
                                                                 : CANARY_GONE;
        return PROBE_MORE;
    }
    if (strncmp(line, "VALUE ", 6) == 0) {
        answer->is_value = true;
        return PROBE_MORE;
    }
    if (strcmp(line, "END") != 0)
        return PROBE_SENSELESS;
    if (facts->canary == CANARY_UNKNOWN)
        facts->canary = CANARY_GONE;
    answer->step = PROBE_STEP_FENCE;
    return PROBE_MORE;
}

static bool
is_stat_end(const char *line)
{
    return strcmp(line, "END") == 0 || strcmp(line, "ERROR") == 0;
}

static enum probe_step
after_slabs(const struct probe_answer *answer)
{
    return answer->canary && answer->canary->value[0] ? PROBE_STEP_TOUCH
                                                      : PROBE_STEP_FENCE;
}

/* All was said that was asked first. */
static enum probe_state
take_fence(struct probe_answer *answer, struct server_facts *facts)
{
    facts->has_meta =
        strcmp(answer->line, "MN") == 0 && version_has_meta(facts->version);
    conclude(answer, facts);
    if (!answer->canary || facts->canary == CANARY_THERE ||
        !answer->canary->next[0]) {
        answer->step = PROBE_STEP_DONE;
        return PROBE_ANSWERED;
    }
    answer->canary_class = canary_class(answer->canary, &facts->slabs);
    answer->step = PROBE_STEP_ITEMS;
    return PROBE_WANTS_CANARY;
}

/* The reply to its set; the counters were read before it. */
static enum probe_state
take_stored(struct probe_answer *answer, struct server_facts *facts)
{
    facts->has_canary = strcmp(answer->line, "STORED") == 0;
    if (facts->has_canary)
        facts->cmd_set++;
    if (facts->canary == CANARY_GONE &&
        facts->canary_evictions > answer->canary->evictions)
        facts->canary = CANARY_EVICTED;
    answer->step = PROBE_STEP_DONE;
    return PROBE_ANSWERED;
}

/* A line that ends an answer, or that is all of it. */
static enum probe_state
take_end(struct probe_answer *answer, struct server_facts *facts)
{
    const char *line = answer->line;

    switch (answer->step) {
    case PROBE_STEP_VERSION:
        if (strncmp(line, "VERSION ", 8) != 0)
            return PROBE_SENSELESS;
        snprintf(facts->version, sizeof(facts->version), "%.31s", line + 8);
        answer->step = PROBE_STEP_STATS;
        return PROBE_MORE;
    case PROBE_STEP_STATS:
    case PROBE_STEP_SETTINGS:
        answer->step++;
        return is_stat_end(line) ? PROBE_MORE : PROBE_SENSELESS;
    case PROBE_STEP_SLABS:
        answer->step = after_slabs(answer);
        return is_stat_end(line) ? PROBE_MORE : PROBE_SENSELESS;
    case PROBE_STEP_TOUCH: /* whatever it says: the next one tells */
        answer->step = PROBE_STEP_GET;
        return PROBE_MORE;
    case PROBE_STEP_GET:
        return take_canary(answer, facts);
    case PROBE_STEP_FENCE:
        return take_fence(answer, facts);
    case PROBE_STEP_ITEMS:
        answer->step = PROBE_STEP_SET;
        return is_stat_end(line) ? PROBE_MORE : PROBE_SENSELESS;
    case PROBE_STEP_SET:
        return take_stored(answer, facts);
    case PROBE_STEP_DONE:
        break;
    }
    return PROBE_SENSELESS;
}

static enum probe_state
take_line(struct probe_answer *answer, struct server_facts *facts)
{
    if (strncmp(answer->line, "STAT ", 5) != 0)
        return take_end(answer, facts);
    if (answer->step == PROBE_STEP_ITEMS) {
        take_items(answer, facts);
        return PROBE_MORE;
    }
    take_stat(answer, facts);
    take_setting(answer->line, facts);
    take_slab(answer, facts);
    return PROBE_MORE;
}

enum probe_state
probe_feed(struct probe_answer *answer, const char *bytes, size_t n,
    struct server_facts *facts)
{
    enum probe_state state = PROBE_MORE;

    answer->n_bytes += n;
    if (answer->n_bytes > PROBE_MOST_BYTES) {
        snprintf(answer->line, sizeof(answer->line), "its answer has no end");
        return PROBE_SENSELESS;
    }
    for (size_t i = 0; i < n && state == PROBE_MORE; i++) {
        if (bytes[i] != '\n') {
            if (answer->n == sizeof(answer->line) - 1)
                return PROBE_SENSELESS;
            answer->line[answer->n++] = bytes[i];
            continue;
        }
        if (answer->n && answer->line[answer->n - 1] == '\r')
            answer->n--;
        answer->line[answer->n] = '\0';
        answer->n = 0;
        state = take_line(answer, facts);
    }
    return state;
}

#include "memc/canary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
canary_name(struct canary *canary, uint32_t run_id, size_t server)
{
    *canary = (struct canary){0};
    snprintf(canary->key, sizeof(canary->key), CANARY_PREFIX "%08" PRIx32 "%x",
        run_id, (unsigned)(server & 0xffff));
}

void
canary_draw(struct canary *canary, struct rng *rng)
{
    snprintf(canary->next, sizeof(canary->next), "%08" PRIx32,
        (uint32_t)rng_next(rng));
}

void
canary_take(struct canary *canary, const struct server_facts *facts)
{
    if (facts->has_canary) {
        memcpy(canary->value, canary->next, sizeof(canary->value));
        canary->evictions = facts->canary_evictions;
    } else if (facts->canary != CANARY_THERE) {
        canary->value[0] = '\0';
    }
}

size_t
canary_ask(const struct canary *canary, char text[CANARY_TEXT_BYTES])
{
    /* two commands: one for both is not known to memcached 1.4 */
    return (size_t)snprintf(text, CANARY_TEXT_BYTES,
        "touch %s %d\r\nget %s\r\n", canary->key, CANARY_TTL_S, canary->key);
}

size_t
canary_set(const struct canary *canary, char text[CANARY_TEXT_BYTES])
{
    return (size_t)snprintf(text, CANARY_TEXT_BYTES,
        "set %s 0 %d %zu\r\n%s\r\n", canary->key, CANARY_TTL_S,
        strlen(canary->next), canary->next);
}

size_t
canary_remove(const struct canary *canary, char text[CANARY_TEXT_BYTES])
{
    return (size_t)snprintf(text, CANARY_TEXT_BYTES, "delete %s\r\n",
        canary->key);
}

unsigned
canary_class(const struct canary *canary, const struct slab_settings *settings)
{
    double chunks[SLABS_MAX_CLASSES] = {0};
    struct slabs slabs;
    unsigned at = 0;

    slabs_init(&slabs, settings);
    slabs_add(&slabs, strlen(canary->key), CANARY_VALUE_BYTES - 1, 1, chunks);
    while (at + 1 < SLABS_MAX_CLASSES && !(chunks[at] > 0))
        at++;
    return at + 1;
}

#include "load/turnstile.h"

#include <stdlib.h>

#include "base/mem.h"
#include "load/lanes.h"

void
turnstile_open(struct turnstile *turnstile, size_t room, struct lanes *lanes)
{
    pthread_mutex_init(&turnstile->lock, NULL);
    turnstile->early = mem_zero(room, sizeof(struct batch *));
    turnstile->room = room;
    turnstile->next = 1;
    turnstile->lanes = lanes;
}

void
turnstile_close(struct turnstile *turnstile)
{
    free(turnstile->early);
    pthread_mutex_destroy(&turnstile->lock);
}

void
turnstile_pass(struct turnstile *turnstile, struct batch *batch)
{
    struct batch **place;

    pthread_mutex_lock(&turnstile->lock);
    turnstile->early[batch->number % turnstile->room] = batch;
    for (;;) {
        place = &turnstile->early[turnstile->next % turnstile->room];
        if (!*place)
            break;
        lanes_take(turnstile->lanes, *place);
        *place = NULL;
        turnstile->next++;
    }
    pthread_mutex_unlock(&turnstile->lock);
}

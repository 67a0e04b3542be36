#include "base/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct queue {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t has_room, has_unit;
    void **units; /* a ring */
    size_t room, first, n;
    bool is_closed;
};

struct queue *
queue_new(size_t room)
{
    struct queue *queue = mem_zero(1, sizeof(*queue));

    must(room > 0);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->has_room, NULL);
    pthread_cond_init(&queue->has_unit, NULL);
    queue->units = mem_zero(room, sizeof(*queue->units));
    queue->room = room;
    return queue;
}

void
queue_free(struct queue *queue)
{
    if (!queue)
        return;
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->has_room);
    pthread_cond_destroy(&queue->has_unit);
    free(queue->units);
    free(queue);
}

bool
queue_push(struct queue *queue, void *unit)
{
    bool taken;

    must(unit);
    pthread_mutex_lock(&queue->lock);
    while (queue->n == queue->room && !queue->is_closed)
        pthread_cond_wait(&queue->has_room, &queue->lock);
    taken = !queue->is_closed;
    if (taken) {
        queue->units[(queue->first + queue->n++) % queue->room] = unit;
        pthread_cond_signal(&queue->has_unit);
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

/* The first unit or NULL; holds the lock. */
static void *
take(struct queue *queue)
{
    void *unit;

    if (queue->n == 0)
        return NULL;
    unit = queue->units[queue->first];
    queue->first = (queue->first + 1) % queue->room;
    queue->n--;
    pthread_cond_signal(&queue->has_room);
    return unit;
}

void *
queue_pop(struct queue *queue)
{
    void *unit;

    pthread_mutex_lock(&queue->lock);
    while (queue->n == 0 && !queue->is_closed)
        pthread_cond_wait(&queue->has_unit, &queue->lock);
    unit = take(queue);
    pthread_mutex_unlock(&queue->lock);
    return unit;
}

void *
queue_try_pop(struct queue *queue)
{
    void *unit;

    pthread_mutex_lock(&queue->lock);
    unit = take(queue);
    pthread_mutex_unlock(&queue->lock);
    return unit;
}

void
queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_closed = true;
    pthread_cond_broadcast(&queue->has_room);
    pthread_cond_broadcast(&queue->has_unit);
    pthread_mutex_unlock(&queue->lock);
}

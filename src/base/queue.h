/*
 * A bounded queue of pointers between threads, first in first out.
 *
 * Ownership: push moves the pointer to the queue only when it returns true;
 * after that the pusher must not touch it. On a closed queue it returns false
 * and the pusher still owns it. pop returns NULL only when the queue is closed
 * *and* empty: closing drains. The queue never frees what it holds.
 *
 * Any number of threads on both sides. push and pop may block; close wakes
 * them all. NULL cannot be pushed. Units are a batch each, so a mutex costs
 * nothing that can be measured.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

struct queue *queue_new(size_t room);
void queue_free(struct queue *queue);

bool queue_push(struct queue *queue, void *unit);
void *queue_pop(struct queue *queue);

/* Like pop, but NULL at once when there is nothing. */
void *queue_try_pop(struct queue *queue);

void queue_close(struct queue *queue);

#endif

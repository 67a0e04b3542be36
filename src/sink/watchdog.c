#include "sink/watchdog.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

static struct {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t has_changed;
    pthread_t thread;
    struct guarded *first;
    unsigned holders; /* the thread runs while there are any */
} dog = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .has_changed = PTHREAD_COND_INITIALIZER,
};

/* Looks at one; returns how soon it wants to be looked at again. */
static int64_t
look(struct guarded *guarded, int64_t now_ms)
{
    int64_t since_ms = atomic_load(&guarded->since_ms);
    int64_t waited_ms = since_ms ? now_ms - since_ms : 0;

    if (waited_ms >= guarded->timeout_ms + guarded->max_outage_ms) {
        shutdown(guarded->fd, SHUT_RDWR);
    } else if (waited_ms >= guarded->timeout_ms &&
               !atomic_exchange(&guarded->was_shut, true)) {
        shutdown(guarded->fd, SHUT_WR);
    }
    /* a quarter of the timeout is early enough for a wait that has just
     * begun, and cheap */
    return guarded->timeout_ms / 4 + 1;
}

static void *
watch(void *unused)
{
    struct timespec until;
    int64_t next_ms, ask_ms;

    (void)unused;
    pthread_mutex_lock(&dog.lock);
    while (dog.holders) {
        next_ms = INT64_C(3600000);
        for (struct guarded *g = dog.first; g; g = g->next) {
            ask_ms = look(g, clock_ms());
            if (ask_ms < next_ms)
                next_ms = ask_ms;
        }
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += next_ms / 1000;
        until.tv_nsec += next_ms % 1000 * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&dog.has_changed, &dog.lock, &until);
    }
    pthread_mutex_unlock(&dog.lock);
    return NULL;
}

void
watchdog_hold(void)
{
    int error = 0;

    pthread_mutex_lock(&dog.lock);
    if (dog.holders++ == 0)
        error = pthread_create(&dog.thread, NULL, watch, NULL);
    if (error)
        die("cannot start the watchdog's thread: %s", strerror(error));
    pthread_mutex_unlock(&dog.lock);
}

void
watchdog_release(void)
{
    bool is_last;

    pthread_mutex_lock(&dog.lock);
    is_last = --dog.holders == 0;
    pthread_cond_signal(&dog.has_changed);
    pthread_mutex_unlock(&dog.lock);
    if (is_last)
        pthread_join(dog.thread, NULL);
}

void
watchdog_add(struct guarded *guarded)
{
    pthread_mutex_lock(&dog.lock);
    guarded->next = dog.first;
    dog.first = guarded;
    pthread_cond_signal(&dog.has_changed);
    pthread_mutex_unlock(&dog.lock);
}

void
watchdog_remove(struct guarded *guarded)
{
    struct guarded **at;

    pthread_mutex_lock(&dog.lock);
    for (at = &dog.first; *at && *at != guarded; at = &(*at)->next)
        ;
    if (*at)
        *at = guarded->next;
    pthread_mutex_unlock(&dog.lock);
    close(guarded->fd);
    guarded->fd = -1;
}

#include "sink/watchdog.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "memc/transport_plain.h"

static struct {
    pthread_mutex_t lock; /* guards all below but stopped_at */
    pthread_t thread;
    struct guarded *first;
    unsigned holders; /* the thread runs while there are any */
    int wake_fd;      /* an eventfd: there is something new to look at */
    int stop_fd;
    _Atomic int64_t stopped_at; /* CLOCK_NEVER until stop_fd was readable */
} dog = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When the stop, if there is one, leaves no more time. */
static int64_t
stop_at(const struct guarded *guarded)
{
    int64_t stopped_at = atomic_load(&dog.stopped_at);

    return stopped_at == CLOCK_NEVER ? CLOCK_NEVER
                                     : stopped_at + guarded->timeout_ms;
}

/* Ends all waits for it, see watchdog.h. Shut down for writing, a TCP socket
 * has room; a unix socket has what its peer leaves. */
static void
cut(int fd)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};

    shutdown(fd, SHUT_WR);
    if (poll(&room, 1, 0) > 0 && room.revents & POLLOUT)
        shutdown(fd, SHUT_RD);
}

/* Looks at one; returns when it wants to be looked at again. */
static int64_t
look(struct guarded *guarded, int64_t now)
{
    int64_t since = atomic_load(&guarded->since_ms);
    int64_t end_at = stop_at(guarded);
    /* a quarter of the timeout is early enough for a wait that has just
     * begun, and cheap */
    int64_t again_at = now + guarded->timeout_ms / 4 + 1;

    if (since && now >= least(end_at, since + guarded->timeout_ms +
                                          guarded->max_outage_ms)) {
        cut(guarded->fd);
    } else if (since && now >= since + 2 * guarded->timeout_ms &&
               transport_plain_unheard_ms(guarded->fd) >= guarded->timeout_ms) {
        transport_plain_cut(guarded->fd);
        cut(guarded->fd);
    } else if (since && now >= since + guarded->timeout_ms &&
               !atomic_exchange(&guarded->was_shut, true)) {
        shutdown(guarded->fd, SHUT_WR);
    }
    return now < end_at ? least(again_at, end_at) : again_at;
}

static void *
watch(void *unused)
{
    struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};
    int64_t now, again_at;
    eventfd_t count;

    (void)unused;
    pthread_mutex_lock(&dog.lock);
    fds[0].fd = dog.wake_fd;
    fds[1].fd = dog.stop_fd;
    while (dog.holders) {
        now = clock_ms();
        again_at = CLOCK_NEVER;
        for (struct guarded *g = dog.first; g; g = g->next)
            again_at = least(again_at, look(g, now));
        pthread_mutex_unlock(&dog.lock);
        if (poll(fds, 2, clock_poll_ms(again_at, now)) > 0) {
            if (fds[0].revents)
                eventfd_read(fds[0].fd, &count);
            if (fds[1].revents) {
                atomic_store(&dog.stopped_at, clock_ms());
                fds[1].fd = -1;
            }
        }
        pthread_mutex_lock(&dog.lock);
    }
    pthread_mutex_unlock(&dog.lock);
    return NULL;
}

static void
start(int stop_fd)
{
    int error;

    dog.stop_fd = stop_fd;
    atomic_store(&dog.stopped_at, CLOCK_NEVER);
    dog.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (dog.wake_fd < 0)
        die("no eventfd for the watchdog: %s", strerror(errno));
    error = pthread_create(&dog.thread, NULL, watch, NULL);
    if (error)
        die("cannot start the watchdog's thread: %s", strerror(error));
}

void
watchdog_hold(int stop_fd)
{
    pthread_mutex_lock(&dog.lock);
    if (dog.holders++ == 0)
        start(stop_fd);
    pthread_mutex_unlock(&dog.lock);
}

void
watchdog_release(void)
{
    bool is_last;

    pthread_mutex_lock(&dog.lock);
    is_last = --dog.holders == 0;
    eventfd_write(dog.wake_fd, 1);
    pthread_mutex_unlock(&dog.lock);
    if (!is_last)
        return;
    pthread_join(dog.thread, NULL);
    close(dog.wake_fd);
}

int64_t
watchdog_left_ms(const struct guarded *guarded)
{
    int64_t end_at = stop_at(guarded);

    return end_at == CLOCK_NEVER
               ? guarded->timeout_ms
               : least(guarded->timeout_ms, end_at - clock_ms());
}

void
watchdog_add(struct guarded *guarded)
{
    pthread_mutex_lock(&dog.lock);
    guarded->next = dog.first;
    dog.first = guarded;
    eventfd_write(dog.wake_fd, 1);
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

/*
 * A server that a link connects to, played by the test in its own thread, on a
 * unix socket; and a clock that the test sets. For programs that are linked
 * with -Wl,--wrap=clock_ms,--wrap=conn_finish.
 *
 * What cannot be, as a connection that should have come and did not, stops the
 * test at once.
 */
#ifndef UNIT_LINK_PEER_H
#define UNIT_LINK_PEER_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/address.h"
#include "base/log.h"
#include "base/mem.h"
#include "sink/link.h"
#include "unit/temp_dir.h"

enum {
    RETRY_DELAY_MS = 100,
    TIMEOUT_MS = 5000,
    MAX_OUTAGE_MS = 60000,
    START_MS = 1000000,
};

static int64_t now_ms;
static bool connects_slowly; /* connecting does not come to an end */

int64_t __wrap_clock_ms(void);
int __real_conn_finish(struct conn *conn, struct err *err);
int __wrap_conn_finish(struct conn *conn, struct err *err);

int64_t
__wrap_clock_ms(void)
{
    return now_ms;
}

int
__wrap_conn_finish(struct conn *conn, struct err *err)
{
    return connects_slowly ? 0 : __real_conn_finish(conn, err);
}

static struct address address;
static struct sink_config config;
static struct link link_;
static int listener = -1, peer = -1, log_fd = -1;

/* ---------------------------------------------------------- the server --- */

static inline void
peer_listen(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    snprintf(to.sun_path, sizeof(to.sun_path), "%s", address.host);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(bind(listener, (struct sockaddr *)&to, sizeof(to)) == 0);
    must(listen(listener, 16) == 0);
}

/* Connections that are there stay. */
static inline void
peer_stop_listening(void)
{
    if (listener < 0)
        return;
    close(listener);
    unlink(address.host);
    listener = -1;
}

static inline void
peer_close(void)
{
    if (peer >= 0)
        close(peer);
    peer = -1;
}

/* Takes the next connection, if there is one. */
static inline bool
peer_accepts(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return false;
    peer_close();
    peer = fd;
    return true;
}

static inline void
peer_say(const char *text)
{
    assert_int_equal(send(peer, text, strlen(text), MSG_NOSIGNAL),
        strlen(text));
}

/* What came since the last time; "EOF" is its end. */
static inline const char *
peer_heard(void)
{
    static char text[4096];
    ssize_t got = recv(peer, text, sizeof(text) - 1, 0);

    if (got == 0)
        return "EOF";
    text[got > 0 ? got : 0] = '\0';
    return text;
}

/* ------------------------------------------------------------ the link --- */

/* Until nothing changes. */
static inline void
link_run(bool wanted)
{
    for (unsigned i = 0; link_work(&link_, wanted, now_ms); i++)
        assert_true(i < 100);
}

static inline int64_t
link_wake_at(bool wanted)
{
    struct pollfd entry;
    int64_t wake_at;

    link_wants(&link_, wanted, &entry, &wake_at);
    return wake_at;
}

static inline short
link_events(bool wanted)
{
    struct pollfd entry;
    int64_t wake_at;

    link_wants(&link_, wanted, &entry, &wake_at);
    assert_int_equal(entry.fd, link_.state == LINK_DOWN ? -1 : link_.conn.fd);
    return entry.fd < 0 ? 0 : entry.events;
}

/* Connects and greets; the server has meta commands. */
static inline void
link_up(void)
{
    link_run(true);
    assert_true(peer_accepts());
    assert_string_equal(peer_heard(), "version\r\nmn\r\n");
    peer_say("VERSION 1.6.18\r\nMN\r\n");
    link_run(true);
    assert_int_equal(link_.state, LINK_UP);
}

static inline char *
logged_text(void)
{
    return temp_read(temp_path("log"));
}

static inline void
assert_logged(const char *text)
{
    char *log = logged_text();

    if (!strstr(log, text))
        fail_msg("\"%s\" was not logged: %s", text, log);
    free(log);
}

/* -------------------------------------------------------------- a test --- */

static inline int
set_up_link(void **state)
{
    char text[128];
    struct err err;

    if (temp_dir_make(state))
        return -1;
    snprintf(text, sizeof(text), "unix:%s/s", temp_dir);
    must(address_parse(&address, text, strlen(text), &err) == 0);
    config = (struct sink_config){
        .shard = "test",
        .address = &address,
        .retry_delay_ms = RETRY_DELAY_MS,
        .timeout_ms = TIMEOUT_MS,
        .max_outage_ms = MAX_OUTAGE_MS,
        .stop_fd = -1,
    };
    log_fd =
        open(temp_path("log"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    log_init(log_fd, LOG_I);
    now_ms = START_MS;
    connects_slowly = false;
    peer_listen();
    link_init(&link_, &config);
    return 0;
}

static inline int
tear_down_link(void **state)
{
    link_release(&link_);
    peer_close();
    peer_stop_listening();
    log_init(STDERR_FILENO, LOG_I);
    close(log_fd);
    address_release(&address);
    return temp_dir_remove(state);
}

#endif

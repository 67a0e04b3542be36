/*
 * A server that follows a script, on a unix socket of its own, in a thread of
 * its own: for tests of what reads from servers.
 *
 * start() fails the test when it cannot. stop() waits for open connections, so
 * it comes after whatever holds one is gone. Sockets are made in `directory`,
 * which the test makes first.
 */
#ifndef CONTRACT_SCRIPTED_H
#define CONTRACT_SCRIPTED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"

enum { LINE_ROOM = 1 << 20 };

/* A server with meta commands speaks when it was asked for so many keys. */
enum { META_KEYS = 3 };

/* What a connection does with each `get` it gets, or with each META_KEYS `mg`.
 */
struct script {
    enum {
        SAY,
        SAY_AND_CLOSE,
        GREET, /* says it instead of its version */
        ECHO,
        ECHO_BACKWARDS,
        STAY_SILENT
    } act;
    const char *reply;
};

/* Connection i follows script i, and the last one all later ones. */
struct fake {
    char path[108], address[120];
    int listener;
    pthread_t thread;
    const struct script *scripts;
    size_t n_scripts;
    bool has_meta; /* knows `mn` and `mg`; set before it is asked */
    bool hangs_up; /* at `mn`, as a proxy may */
    atomic_uint n_connections;
    atomic_uint n_requests; /* `get` and `mg` lines */
};

static char directory[64];

static void
say(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void
say_text(int fd, const char *text)
{
    say(fd, text, strlen(text));
}

/* Every key asked for, its value the key twice. */
static void
echo(int fd, char *line, bool is_backwards)
{
    char *keys[4096], *at = line, *word;
    struct text reply = {0};
    size_t n = 0;

    while ((word = strsep(&at, " \r\n")))
        if (*word && n < 4096)
            keys[n++] = word;
    for (size_t i = 1; i < n; i++) {
        word = keys[is_backwards ? n - i : i];
        text_format(&reply, "VALUE %s 7 %zu\r\n%s%s\r\n", word,
            strlen(word) * 2, word, word);
    }
    text_format(&reply, "END\r\n");
    say(fd, reply.data, reply.n_bytes);
    text_release(&reply);
}

/* The same of one key, by a meta get: "mg KEY ...". */
static void
echo_meta(int fd, const char *line)
{
    int n = (int)strcspn(line + 3, " ");
    struct text reply = {0};

    text_format(&reply, "VA %d k%.*s f7\r\n%.*s%.*s\r\n", n * 2, n, line + 3, n,
        line + 3, n, line + 3);
    say(fd, reply.data, reply.n_bytes);
    text_release(&reply);
}

/* False: the connection is to be closed. */
static bool
follow(struct fake *server, const struct script *script, int fd, char *line)
{
    bool is_meta;
    unsigned n;

    if (strncmp(line, "version", 7) == 0) {
        say_text(fd,
            script->act == GREET ? script->reply : "VERSION 1.6.18\r\n");
        return true;
    }
    if (strcmp(line, "mn") == 0) {
        if (server->hangs_up)
            return false;
        say_text(fd, server->has_meta ? "MN\r\n" : "ERROR\r\n");
        return true;
    }
    is_meta = server->has_meta && strncmp(line, "mg ", 3) == 0;
    if (!is_meta && strncmp(line, "get ", 4) != 0)
        return false;
    n = atomic_fetch_add(&server->n_requests, 1) + 1;
    switch (script->act) {
    case SAY:
    case SAY_AND_CLOSE:
        if (is_meta && n % META_KEYS)
            return true;
        say_text(fd, script->reply);
        return script->act == SAY;
    case ECHO:
    case ECHO_BACKWARDS:
        if (is_meta)
            echo_meta(fd, line);
        else
            echo(fd, line, script->act == ECHO_BACKWARDS);
        return true;
    case GREET:
    case STAY_SILENT:
        break;
    }
    return true;
}

static void
serve(struct fake *server, const struct script *script, int fd)
{
    char *line = mem_new(LINE_ROOM), *end;
    bool is_open = true;
    size_t n = 0;
    ssize_t got;

    while (is_open && (got = recv(fd, line + n, LINE_ROOM - n - 1, 0)) > 0) {
        n += (size_t)got;
        line[n] = '\0';
        while (is_open && (end = strstr(line, "\r\n"))) {
            *end = '\0';
            is_open = follow(server, script, fd, line);
            n -= (size_t)(end + 2 - line);
            memmove(line, end + 2, n + 1);
        }
    }
    free(line);
}

/* Ends when the listener is shut down. */
static void *
run(void *arg)
{
    struct fake *server = arg;
    size_t i;
    int fd;

    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        i = atomic_fetch_add(&server->n_connections, 1);
        if (i >= server->n_scripts)
            i = server->n_scripts - 1;
        serve(server, &server->scripts[i], fd);
        close(fd);
    }
    return NULL;
}

static void
start(struct fake *server, const char *name, const struct script *scripts,
    size_t n_scripts)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    *server = (struct fake){.scripts = scripts, .n_scripts = n_scripts};
    snprintf(server->path, sizeof(server->path), "%s/%s", directory, name);
    snprintf(server->address, sizeof(server->address), "unix:%s", server->path);
    memcpy(to.sun_path, server->path, strlen(server->path) + 1);
    server->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&to, sizeof(to)),
        0);
    assert_int_equal(listen(server->listener, 16), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
}

/* After the fetcher is gone, so that no connection keeps it. */
static void
stop(struct fake *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    unlink(server->path);
}

#endif

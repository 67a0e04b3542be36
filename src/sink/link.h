/*
 * A connection that comes back: connect, greet, lose, drain, wait, connect.
 *
 * docs/contract.md 4 in one place: a lost connection is opened again with
 * exponential backoff and jitter; one given up on a timeout is first shut down
 * for writing and read to its end, because bytes that its server has not read
 * yet may be applied after those of a new connection; a server away for longer
 * than max_outage_ms is given up for good. The greeting asks for the version
 * and a fence, so has_meta is known before the first item is sent.
 *
 * An old connection of which the server's kernel acknowledges nothing any more,
 * be it sent again and again, may have no end: a firewall forgot it. So another
 * is tried beside it. Where that one is answered, the server is well and can be
 * reached, and the old one has timeout_ms more to show any sign of life or to
 * end; what had reached the server by then has been applied by then. Then it is
 * cut, so that nothing of it is sent any more, and the other one takes over.
 *
 * Belongs to the sink that holds it; one thread; never blocks but for name
 * resolution.
 */
#ifndef SINK_LINK_H
#define SINK_LINK_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "memc/conn.h"
#include "memc/protocol.h"
#include "sink/outage.h"
#include "sink/retry.h"
#include "sink/sink.h"

enum link_state {
    LINK_DOWN,       /* waiting until wake_at, or until it is wanted */
    LINK_CONNECTING, /* until wake_at at the latest */
    LINK_GREETING,   /* likewise */
    LINK_UP,
    LINK_DRAINING, /* reading the old connection to its end */
    LINK_PROVING,  /* another is greeted; until wake_at the old one may end */
    LINK_AWAY,     /* given up */
};

struct link {
    const struct sink_config *config;
    struct conn conn;
    struct conn old; /* that is drained, while another is tried */
    enum link_state state;
    bool has_meta;   /* of the server at the other end; while UP */
    bool is_known;   /* has been UP before */
    int64_t wake_at; /* see the states */
    int64_t look_at; /* while draining: when to look at the old one */
    struct outage outage;
    uint64_t reconnects;
    struct reply_parser parser;
    size_t greeting_sent, greetings_read;
};

void link_init(struct link *link, const struct sink_config *config);
void link_release(struct link *link);

/*
 * Gets on towards LINK_UP (wanted: connect if it is down) or out of a drain.
 * True when the state changed.
 */
bool link_work(struct link *link, bool wanted, int64_t now_ms);

/* While UP: the connection is of no use any more, but nothing was asked of it.
 * That is no outage: it is opened again when it is wanted. */
void link_end_idle(struct link *link, enum trouble trouble, const char *detail);

/* The connection is of no use any more; detail is for people. */
void link_lose(struct link *link, enum trouble trouble, const char *detail,
    int64_t now_ms);

/* A fence came: an outage, if there was one, is over. */
void link_alive(struct link *link, int64_t now_ms);

/* What to poll for and when to work at the latest, in every state but UP. */
void link_wants(const struct link *link, bool wanted, struct pollfd *poll_out,
    int64_t *wake_at_out);

#endif

/*
 * A connection that comes back, whatever its server and its owner do: random
 * walks through its states, by a clock that the test sets.
 */
// LDFLAGS: -Wl,--wrap=clock_ms -Wl,--wrap=conn_finish
#include "unit/link_peer.h"
#include "unit/seed.h"

enum { WALKS = 1000, STEPS = 200, N_STATES = LINK_AWAY + 1 };

/* What may follow each state, within one call. */
static const bool follows[N_STATES][N_STATES] = {
    [LINK_DOWN] =
        {[LINK_DOWN] = true, [LINK_CONNECTING] = true, [LINK_AWAY] = true},
    [LINK_CONNECTING] = {[LINK_CONNECTING] = true,
        [LINK_GREETING] = true,
        [LINK_DOWN] = true,
        [LINK_AWAY] = true},
    [LINK_GREETING] = {[LINK_GREETING] = true,
        [LINK_UP] = true,
        [LINK_DOWN] = true,
        [LINK_AWAY] = true},
    [LINK_UP] = {[LINK_UP] = true,
        [LINK_DOWN] = true,
        [LINK_DRAINING] = true,
        [LINK_AWAY] = true},
    [LINK_DRAINING] =
        {[LINK_DRAINING] = true, [LINK_DOWN] = true, [LINK_AWAY] = true},
    [LINK_AWAY] = {[LINK_AWAY] = true},
};

static unsigned seen[N_STATES][N_STATES];

/* One walk: what the link has been through. */
struct walk {
    struct rng rng;
    unsigned n_up;
    bool is_wanted, is_open; /* the server ends connections, or not */
};

/* After a call that may have changed the state, which was `before`. */
static void
check(struct walk *walk, enum link_state before)
{
    enum link_state state = link_.state;
    bool has_fd = state == LINK_CONNECTING || state == LINK_GREETING ||
                  state == LINK_UP || state == LINK_DRAINING;

    if (!follows[before][state])
        fail_msg("state %d follows %d", (int)state, (int)before);
    seen[before][state]++;
    walk->n_up += before != LINK_UP && state == LINK_UP;
    assert_int_equal(link_.conn.fd >= 0, has_fd);
    assert_int_equal(link_.reconnects, walk->n_up ? walk->n_up - 1 : 0);
    if (state == LINK_DRAINING)
        assert_true(outage_is_on(&link_.outage));
    /* given up only when it was time for that */
    if (state == LINK_AWAY && before != LINK_AWAY)
        assert_true(now_ms >= outage_ends_at(&link_.outage));
}

/* As its owner calls it: until nothing moves, then there is something to wait
 * for. */
static void
work(struct walk *walk)
{
    enum link_state before = link_.state;
    struct pollfd entry;
    int64_t wake_at;

    for (unsigned i = 0; link_work(&link_, walk->is_wanted, now_ms); i++) {
        assert_true(i < 20);
        check(walk, before);
        before = link_.state;
    }
    check(walk, before);
    if (link_.state == LINK_UP)
        return;
    link_wants(&link_, walk->is_wanted, &entry, &wake_at);
    /* else it would be called without end and without pause */
    assert_true(wake_at > now_ms);
    if (wake_at == CLOCK_NEVER && walk->is_wanted)
        assert_int_equal(link_.state, LINK_AWAY);
}

static void
lose(struct walk *walk)
{
    static const enum trouble troubles[] = {
        TROUBLE_CLOSED, TROUBLE_SILENT, TROUBLE_GARBAGE};
    enum trouble trouble = troubles[rng_below(&walk->rng, 3)];

    if (link_.state != LINK_UP)
        return;
    if (walk->is_wanted)
        link_lose(&link_, trouble, "trouble", now_ms);
    else
        link_end_idle(&link_, trouble, "trouble");
    check(walk, LINK_UP);
}

static void
let_server_act(struct walk *walk)
{
    static const char *const words[] = {"VERSION 1.6.18\r\nMN\r\n",
        "VERSION 1.6.18\r\n", "MN\r\n", "VERSION 1.4.15\r\nERROR\r\n", "ERR",
        "OR\r\n", "HELLO\r\n"};
    const char *word = words[rng_below(&walk->rng, 10) % 7];

    switch (rng_below(&walk->rng, 6)) {
    case 0:
        peer_close();
        break;
    case 1:
        walk->is_open = !walk->is_open;
        if (walk->is_open && listener < 0)
            peer_listen();
        if (!walk->is_open)
            peer_stop_listening();
        break;
    case 2:
        connects_slowly = !connects_slowly;
        break;
    default:
        if (listener >= 0)
            peer_accepts();
        if (peer >= 0 && send(peer, word, strlen(word), MSG_NOSIGNAL) < 0)
            peer_close();
    }
}

static void
step(struct walk *walk)
{
    int64_t wake_at = link_wake_at(walk->is_wanted);

    switch (rng_below(&walk->rng, 8)) {
    case 0:
        lose(walk);
        break;
    case 1:
        walk->is_wanted = !walk->is_wanted;
        break;
    case 2:
        if (link_.state == LINK_UP)
            link_alive(&link_, now_ms);
        break;
    case 3: /* exactly when it said */
        if (wake_at != CLOCK_NEVER && wake_at > now_ms)
            now_ms = wake_at;
        break;
    case 4:
        now_ms += (int64_t)rng_below(&walk->rng, 3000);
        break;
    default:
        let_server_act(walk);
    }
    work(walk);
}

static void
test_walks(void **state)
{
    struct rng rng;

    (void)state;
    seed_rng(&rng);
    log_init(log_fd, LOG_E);
    for (unsigned i = 0; i < WALKS; i++) {
        struct walk walk = {.is_wanted = true, .is_open = true};

        rng_init(&walk.rng, rng_next(&rng));
        connects_slowly = false;
        link_release(&link_);
        peer_close();
        peer_stop_listening();
        peer_listen();
        link_init(&link_, &config);
        for (unsigned j = 0; j < STEPS; j++)
            step(&walk);
    }
    /* else this has shown little */
    for (size_t i = 0; i < N_STATES; i++)
        for (size_t j = 0; j < N_STATES; j++)
            if (follows[i][j] && !seen[i][j])
                print_message("state %zu was never followed by %zu\n", i, j);
    assert_true(seen[LINK_DRAINING][LINK_DOWN] && seen[LINK_DOWN][LINK_AWAY] &&
                seen[LINK_GREETING][LINK_UP] && seen[LINK_UP][LINK_DRAINING]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_walks, set_up_link,
            tear_down_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

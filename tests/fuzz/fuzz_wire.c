/*
 * The pipelined sinks on a server of which anything may be expected
 * (model_server.h): short writes, refusals, resets, silence, nonsense, all at
 * any time. Then it is well again, and must hold what the sink says it does:
 *
 * - each item is done once, in the order put, and touched no more after that;
 * - what is `stored` was stored before it was said, what was refused, refused;
 * - in the end each key holds its last item, unless that was refused;
 * - the sink asks to be called whenever it can get on, never for nothing.
 *
 * Head: the sink and its settings. Rest: what happens, a few bytes a step.
 */
// LDFLAGS: -Wl,--wrap=conn_open,--wrap=conn_finish,--wrap=conn_send
// LDFLAGS: -Wl,--wrap=conn_receive,--wrap=conn_shut,--wrap=conn_close
// LDFLAGS: -Wl,--wrap=conn_unacked,--wrap=conn_unheard_ms,--wrap=rng_init
// FUZZ: -max_len=600
#include <limits.h>
#include <poll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "memc/item.h"
#include "sink/sink_types.h"

#include "fuzz/model_server.h"

enum { TIMEOUT_MS = 50, DELAY_MS = 10, MOST_TURNS = 100000, MOST_WAITS = 10 };

/* The jitter is the same each time. */
void __real_rng_init(struct rng *rng, uint64_t seed);
WRAP(void, rng_init, struct rng *rng, uint64_t seed)
{
    (void)seed;
    __real_rng_init(rng, 1);
}

static struct {
    struct sink *sink;
    int64_t now;
    size_t n_done;
} run;

/* --- items -----------------------------------------------------------------*/
static void
is_done(void *ctx, struct item *first, size_t n, enum outcome outcome)
{
    struct item *item = first, *next;

    must(ctx == &run && n > 0);
    for (; n > 0; n--, item = next) {
        struct known_item *it = &known[run.n_done];

        must(item == it->item && item->line == run.n_done);
        run.n_done++;
        next = item->next;
        it->outcome = outcome;
        it->item = NULL;
        free(item);
        if (outcome == OUTCOME_STORED)
            must(it->n_applied > 0);
        else if (outcome == OUTCOME_SENT)
            must(it->n_applied > 0 || it->n_refused[OUTCOME_TOO_LARGE] ||
                 it->n_refused[OUTCOME_OUT_OF_MEMORY] ||
                 it->n_refused[OUTCOME_REFUSED]);
        else if (outcome == OUTCOME_OUTAGE)
            must(run.sink->stats.is_away);
        else
            must(it->n_refused[outcome] > 0);
    }
}

static struct item *
make_item(size_t key, size_t more_bytes)
{
    struct known_item *it = &known[n_known];
    char name[256];
    size_t n_key = key_of(key, name);
    struct item *item;

    *it = (struct known_item){.key = key, .value_bytes = 8 + more_bytes};
    item = mem_zero(1, sizeof(*item) + n_key + it->value_bytes);
    item->line = (uint32_t)n_known;
    item->key_bytes = (uint8_t)n_key;
    item->value_bytes = (uint32_t)it->value_bytes;
    memcpy(item->bytes, name, n_key);
    value_of(n_known, item->bytes + n_key, it->value_bytes);
    it->item = item;
    n_known++;
    return item;
}

static void
put_items(struct feed *feed)
{
    unsigned how = feed_byte(feed);
    size_t n = 1 + how % 16, more = (how >> 4) * 5, n_bytes = 0;
    struct item *first = NULL, *last = NULL, *item;

    if (n_known + n > MOST_ITEMS)
        return;
    for (size_t i = 0; i < n; i++, last = item) {
        item = make_item((how * 7 + i * i) % N_KEYS, more);
        n_bytes += item->key_bytes + item->value_bytes;
        if (last)
            last->next = item;
        else
            first = item;
    }
    sink_put(run.sink, first, last, n, n_bytes);
}

/* --- time and turns --------------------------------------------------------*/
/* As long as it gets on; that must have an end, as the server does nothing. */
static void
work(void)
{
    int n = 0;

    while (run.sink->type->work(run.sink, run.now))
        must(++n < MOST_TURNS);
}

static bool
has_reason_to_work(int64_t *wake_at)
{
    struct pollfd poll;

    run.sink->type->wants(run.sink, &poll, wake_at);
    return is_ready(&poll) || *wake_at <= run.now;
}

static void
work_if_called(void)
{
    int64_t wake_at;

    if (has_reason_to_work(&wake_at))
        work();
}

/* --- what may happen -------------------------------------------------------*/
static void
refuse(struct feed *feed)
{
    static const enum outcome as[] = {OUTCOME_OUT_OF_MEMORY, OUTCOME_TOO_LARGE,
        OUTCOME_REFUSED, OUTCOME_OUT_OF_MEMORY};
    unsigned how = feed_byte(feed);

    server.refuse_as = as[how % 4];
    server.n_refuse = how >> 2;
}

static void
say_nonsense(struct peer *peer)
{
    if (peer && !peer->is_closed)
        say(peer, "CLIENT_ERROR what");
}

static void
restart_as_another(void)
{
    for (size_t i = 0; i < server.n_peers; i++)
        reset(&server.peer[i]);
    server.has_meta = !server.has_meta;
}

static void
step(struct feed *feed)
{
    struct peer *peer = newest_peer();
    unsigned what = feed_byte(feed);

    switch (what % 20) {
    case 0:
    case 1:
        put_items(feed);
        run.sink->type->work(run.sink, run.now);
        break;
    case 2:
        run.sink->type->flush(run.sink);
        work();
        break;
    case 3:
        run.sink->type->work(run.sink, run.now);
        break;
    case 4:
        work_if_called();
        break;
    case 5:
        run.now += feed_byte(feed);
        work_if_called();
        break;
    case 6:
        run.now += TIMEOUT_MS;
        work_if_called();
        break;
    case 7:
        if (peer)
            serve(peer, 1 + feed_byte(feed) % 16);
        break;
    case 8:
        serve_newest();
        work_if_called();
        break;
    case 9: /* an old connection's bytes, late */
        if (peer)
            serve(&server.peer[feed_byte(feed) % server.n_peers], 1000);
        break;
    case 10:
        refuse(feed);
        break;
    case 11:
        if (peer)
            peer->is_closed = true;
        break;
    case 12:
        if (peer)
            reset(peer);
        break;
    case 13:
        say_nonsense(peer);
        break;
    case 14:
        server.is_down = !server.is_down;
        server.is_down_late = feed_byte(feed) & 1;
        break;
    case 15:
        server.hangs = !server.hangs;
        break;
    case 16:
        server.buffer_bytes = 64 + feed_byte(feed) * 16u;
        break;
    case 17:
        server.receive_bytes = 1 + feed_byte(feed) % 64;
        break;
    case 18:
        restart_as_another();
        break;
    case 19: /* all is well for a while */
        run.sink->type->flush(run.sink);
        work();
        for (int i = 0; i < 20; i++) {
            serve_newest();
            work_if_called();
        }
        break;
    }
}

/* --- the end ---------------------------------------------------------------*/
/* The server is well, or refuses everything for ever, and the sink is called
 * only when it asked to be. */
static void
recover(bool refuses)
{
    uint64_t reconnects = run.sink->stats.reconnects;
    unsigned n_waits = 0;
    int64_t wake_at;

    server.is_down = server.hangs = false;
    server.n_refuse = refuses ? UINT_MAX : 0;
    server.receive_bytes = SIZE_MAX;
    run.sink->type->flush(run.sink);
    work();
    for (int turn = 0; run.sink->pending > 0; turn++) {
        must(turn < MOST_TURNS);
        serve_newest();
        if (!has_reason_to_work(&wake_at)) {
            must(wake_at != CLOCK_NEVER);
            run.now = wake_at;
            n_waits++;
        }
        work();
    }
    /* one that was broken, one that broke while it was greeted; from there on
     * no timeout has to help */
    must(run.sink->stats.reconnects <= reconnects + 2);
    must(refuses || n_waits < MOST_WAITS);
    serve_old();
}

static void
check_end(void)
{
    bool confirms = run.sink->type->caps & SINK_CONFIRMS;

    must(run.n_done == n_known);
    for (size_t key = 0; key < N_KEYS; key++) {
        const struct known_item *last = NULL;
        bool is_sure = true;

        for (size_t i = 0; i < n_known; i++) {
            if (known[i].key != key)
                continue;
            last = &known[i];
            is_sure &= last->outcome != OUTCOME_OUTAGE;
        }
        if (!last || !is_sure)
            continue;
        if (!confirms && server.holds[key] == 0)
            must(last->n_refused[OUTCOME_TOO_LARGE] ||
                 last->n_refused[OUTCOME_OUT_OF_MEMORY] ||
                 last->n_refused[OUTCOME_REFUSED]);
        else if (last->outcome == OUTCOME_STORED ||
                 last->outcome == OUTCOME_SENT)
            must(server.holds[key] == (size_t)(last - known) + 1);
        else
            must(server.holds[key] == 0);
    }
}

static void
abandon(void)
{
    run.sink->type->abandon(run.sink);
    must(run.sink->pending == 0);
    for (size_t i = run.n_done; i < n_known; i++)
        free(known[i].item);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const size_t scratches[] = {7, 64, 1000, 8192};
    static char host[] = "model";
    static struct address address = {.text = host, .host = host};
    struct feed feed = {data, n};
    unsigned flags = feed_byte(&feed), sizes = feed_byte(&feed);
    struct sink_config config = {
        .shard = "model",
        .address = &address,
        .terms = {.flags = flags & 4 ? 7 : 0, .exptime = flags & 4 ? 60 : 0},
        .window_bytes = (size_t)1 << (5 + sizes % 8),
        .retries = flags >> 4 & 3,
        .retry_delay_ms = DELAY_MS,
        .timeout_ms = TIMEOUT_MS,
        .max_outage_ms = flags & 8 ? 4 * TIMEOUT_MS : 1000000,
        .is_away = flags == 0xff,
        .scratch_bytes = scratches[sizes >> 4 & 3],
        .done = is_done,
        .ctx = &run,
    };

    log_init(-1, LOG_E);
    memset(&run, 0, sizeof(run));
    n_known = 0;
    run.now = 1000;
    server.has_meta = !(flags & 2);
    server.refuse_as = OUTCOME_OUT_OF_MEMORY;
    server.buffer_bytes = server.receive_bytes = SIZE_MAX;
    config.scratch = mem_new(config.scratch_bytes);
    run.sink = sink_new(sink_find(flags & 1 ? "noreply" : "multi"), &config);
    while (feed.n > 0)
        step(&feed);
    if (flags & 64) {
        abandon();
    } else {
        recover(flags & 128);
        check_end();
    }
    sink_free(run.sink);
    server_release();
    free(config.scratch);
    return 0;
}

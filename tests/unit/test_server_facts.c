/* What an answer of a server means that came after another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memc/canary.h"
#include "memc/server_facts.h"

static const struct server_facts then = {
    .is_known = true,
    .pid = 1,
    .started_at = 1000,
    .uptime_s = 500,
    .cmd_flush = 3,
    .has_oldest = true,
    .oldest = 400,
    .evictions_by[EVICTION_PAGE_BUSY] = 7,
};

static void
gone(struct server_facts *now)
{
    now->canary = CANARY_GONE;
}

static void
there(struct server_facts *now)
{
    now->canary = CANARY_THERE;
    now->uptime_s += 100000;
}

static void
other_pid(struct server_facts *now)
{
    now->pid = 2;
}

static void
later_start(struct server_facts *now)
{
    now->started_at += 2;
}

static void
start_read_apart(struct server_facts *now)
{
    now->started_at++;
}

static void
earlier_start(struct server_facts *now)
{
    now->started_at -= 5000;
    gone(now);
}

static void
flushed(struct server_facts *now)
{
    now->cmd_flush++;
    now->oldest = 510;
}

/* The counter is 0 again. */
static void
flushed_and_reset(struct server_facts *now)
{
    now->cmd_flush = 0;
    now->oldest = 510;
}

static void
reset(struct server_facts *now)
{
    now->cmd_flush = 0;
}

static void
flush_said(struct server_facts *now)
{
    now->cmd_flush++;
    now->flush_due_s = 5;
    now->oldest = 570;
}

/* One that took place, and one to come. */
static void
flushed_and_another_said(struct server_facts *now)
{
    flush_said(now);
    now->cmd_flush++;
}

static void
two_said(struct server_facts *now)
{
    flushed_and_another_said(now);
    now->canary = CANARY_THERE;
}

static void
evicted(struct server_facts *now)
{
    now->canary = CANARY_EVICTED;
}

static void
page_moved(struct server_facts *now)
{
    gone(now);
    now->evictions_by[EVICTION_PAGE_BUSY]++;
}

static void
expired(struct server_facts *now)
{
    gone(now);
    now->uptime_s += CANARY_TTL_S;
    now->told_at_ms += CANARY_TTL_S * 1000;
}

/* Not long ago by our clock: it is another one, which has run for longer. */
static void
has_run_longer(struct server_facts *now)
{
    gone(now);
    now->uptime_s += CANARY_TTL_S;
    now->told_at_ms += 1000;
}

static void
every_change(void **state)
{
    static const struct {
        void (*change)(struct server_facts *now);
        enum server_loss wanted;
    } cases[] = {
        {there, SERVER_KEPT},
        {start_read_apart, SERVER_KEPT},
        {reset, SERVER_KEPT},
        {flush_said, SERVER_KEPT},
        {two_said, SERVER_KEPT},
        {other_pid, SERVER_RESTARTED},
        {later_start, SERVER_RESTARTED},
        {flushed, SERVER_FLUSHED},
        {flushed_and_reset, SERVER_FLUSHED},
        {flushed_and_another_said, SERVER_FLUSHED},
        {gone, SERVER_REPLACED},
        {has_run_longer, SERVER_REPLACED},
        {earlier_start, SERVER_REPLACED},
        {evicted, SERVER_UNSURE},
        {page_moved, SERVER_UNSURE},
        {expired, SERVER_UNSURE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct server_facts now = then;

        now.uptime_s++;
        cases[i].change(&now);
        if (server_loss(&then, &now) != cases[i].wanted)
            fail_msg("case %zu: %s, not %s", i,
                server_loss_text(server_loss(&then, &now)),
                server_loss_text(cases[i].wanted));
    }
}

/* Its moment comes between two answers, or another takes its place. */
static void
a_flush_that_was_to_come(void **state)
{
    struct server_facts before = then, now = then;

    (void)state;
    before.flush_due_s = 5;
    before.oldest = now.oldest = 564;
    now.uptime_s = before.uptime_s + 4;
    now.flush_due_s = 1;
    assert_int_equal(server_loss(&before, &now), SERVER_KEPT);
    now.uptime_s++;
    now.flush_due_s = 0;
    now.canary = CANARY_THERE; /* it was asked for just before, and kept */
    assert_int_equal(server_loss(&before, &now), SERVER_FLUSHED);
    /* in its second a canary is gone again and again */
    now.flush_due_s = 1;
    now.uptime_s--;
    now.canary = CANARY_GONE;
    assert_int_equal(server_loss(&before, &now), SERVER_KEPT);
    now.flush_due_s = 3;
    assert_int_equal(server_loss(&before, &now), SERVER_REPLACED);
    now.canary = CANARY_THERE;
    now.uptime_s++;
    now.flush_due_s = 9;
    now.oldest = 573;
    assert_int_equal(server_loss(&before, &now), SERVER_FLUSHED);
    now.uptime_s = before.uptime_s + 3;
    now.cmd_flush++;
    assert_int_equal(server_loss(&before, &now), SERVER_KEPT);
}

static void
it_is_a_small_item(void **state)
{
    struct slab_settings settings = {0};
    struct canary canary;
    char text[CANARY_TEXT_BYTES];
    struct rng rng;

    (void)state;
    canary_name(&canary, UINT32_MAX, 65535);
    assert_int_equal(strlen(canary.key), CANARY_KEY_BYTES - 1);
    rng_init(&rng, 5);
    canary_draw(&canary, &rng);
    assert_int_equal(canary_class(&canary, &settings), 1);
    assert_in_range(canary_set(&canary, text), 20, sizeof(text) - 1);
    assert_in_range(canary_ask(&canary, text), 20, sizeof(text) - 1);
    settings.least_bytes = 8;
    assert_in_range(canary_class(&canary, &settings), 2, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change),
        cmocka_unit_test(a_flush_that_was_to_come),
        cmocka_unit_test(it_is_a_small_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "memc/patience.h"

/* So many looks in each --timeout, a system call each. */
enum { LOOKS = 8 };

void
patience_begin(struct patience *patience, int64_t now_ms)
{
    *patience = (struct patience){.since_ms = now_ms};
}

static void
look(struct patience *patience, const struct conn *conn, uint64_t goal,
    int64_t now_ms)
{
    size_t unacked = conn_unacked(conn);
    uint64_t acked = unacked < patience->sent ? patience->sent - unacked : 0;

    if (acked > goal)
        acked = goal;
    if (acked < patience->acked + PATIENCE_BYTES &&
        (acked < goal || acked <= patience->acked))
        return;
    patience->acked = acked;
    patience->since_ms = now_ms;
}

bool
patience_is_over(struct patience *patience, const struct conn *conn,
    uint64_t goal, int64_t timeout_ms, int64_t now_ms)
{
    if (now_ms < patience_wake_at(patience, timeout_ms))
        return false;
    patience->look_at = now_ms + timeout_ms / LOOKS + 1;
    look(patience, conn, goal, now_ms);
    return now_ms - patience->since_ms >= timeout_ms;
}

int64_t
patience_wake_at(const struct patience *patience, int64_t timeout_ms)
{
    int64_t end_at = patience->since_ms + timeout_ms;

    return patience->look_at < end_at ? patience->look_at : end_at;
}

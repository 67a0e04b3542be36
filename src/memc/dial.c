#include "memc/dial.h"

#include "base/clock.h"

/* The next address that does not fail at once. */
static int
next_turn(struct dial *dial, struct err *err)
{
    while (conn_open(dial->conn, dial->address, err))
        if (++dial->failures >= dial->conn->n_turns)
            return -1;
    dial->turn_ends_at = clock_ms() + dial->timeout_ms / dial->conn->n_turns;
    return 0;
}

int
dial_begin(struct dial *dial, struct conn *conn, const struct address *address,
    int64_t timeout_ms, struct err *err)
{
    *dial = (struct dial){
        .conn = conn, .address = address, .timeout_ms = timeout_ms};
    return next_turn(dial, err);
}

int
dial_work(struct dial *dial, int64_t now_ms, struct err *err)
{
    int result = conn_finish(dial->conn, err);

    if (result > 0)
        return 1;
    if (result == 0 && now_ms < dial_wake_at(dial))
        return 0;
    conn_close(dial->conn);
    if (++dial->failures >= dial->conn->n_turns)
        return -1;
    return next_turn(dial, err);
}

int64_t
dial_wake_at(const struct dial *dial)
{
    return dial->failures + 1 < dial->conn->n_turns ? dial->turn_ends_at
                                                    : CLOCK_NEVER;
}

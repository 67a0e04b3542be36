#include "verify/readback.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "sink/fetch.h"

/* Keys told of each state, without -v. */
enum { TOLD_MAX = 10 };

struct reader {
    const struct readback_input *input;
    const struct draw *draw;
    struct verify_counts *servers;
    size_t told[N_VERIFY_STATES];
};

static bool
is_one_of(const struct draw_value *value, const struct fetched *fetched)
{
    for (; value; value = value->next)
        if (value->n_bytes == fetched->value_bytes &&
            memcmp(value->bytes, fetched->value, value->n_bytes) == 0)
            return true;
    return false;
}

static enum verify_state
state_of(const struct draw_key *key, const struct fetched *fetched)
{
    switch (fetched->state) {
    case FETCH_FOUND:
        return is_one_of(key->values, fetched) ? VERIFY_MATCHED
                                               : VERIFY_DIFFERENT;
    case FETCH_MISSING:
        return VERIFY_MISSING;
    case FETCH_UNREADABLE:
        break;
    }
    return VERIFY_UNREADABLE;
}

static void
tell(struct reader *reader, const struct draw_key *key,
    const struct fetched *fetched, enum verify_state state)
{
    static const char *const what[] = {"as it should be",
        "missing on %s", "different on %s", "unreadable on %s"};
    const struct readback_input *input = reader->input;
    const struct draw_origin *origin = &key->values->origin;
    const char *address = input->shards->server[fetched->server].address->text;
    char place[ADDRESS_SHOWN_BYTES];
}

static void
take(void *ctx, const struct fetched *fetched)
{
    struct reader *reader = ctx;
    const struct draw_key *key = draw_at(reader->draw, fetched->key);
    enum verify_state state = state_of(key, fetched);

    verify_count(&reader->servers[fetched->server], state, 1);
    if (state != VERIFY_MATCHED)
        tell(reader, key, fetched, state);
}

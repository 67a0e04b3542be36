#include "memc/get_round.h"

#include <string.h>

#include "base/mem.h"

void
round_begin(struct get_round *round, enum get_form form)
{
    round->form = form;
    round->n = round->at = 0;
}

bool
round_has_room(const struct get_round *round, size_t n_bytes)
{
    return round->n < ROUND_KEYS && n_bytes < ROUND_BYTES;
}

size_t
round_add(struct get_round *round, const struct get_key *key,
    char to[GET_REQUEST_KEY_BYTES])
{
    bool is_first = round->n == 0;

    must(round->n < ROUND_KEYS);
    round->asked[round->n].key = *key;
    round->asked[round->n++].is_answered = false;
    return get_request_key(round->form, is_first, key->bytes, key->n_bytes, to);
}

static bool
is_of(const struct get_round *round, size_t i, const struct get_reply *reply)
{
    const struct get_key *key = &round->asked[i].key;

    return !round->asked[i].is_answered && key->n_bytes == reply->key_bytes &&
           memcmp(key->bytes, reply->key, key->n_bytes) == 0;
}

/* The key asked for that a value is of, among [from, to); `to` when it is none
 * of them. */
static size_t
find_between(const struct get_round *round, const struct get_reply *reply,
    size_t from, size_t to)
{
    while (from < to && !is_of(round, from, reply))
        from++;
    return from;
}

/*
 * Meta gets are answered one by one. Of a classic one, servers answer in the
 * order of the request, so the search goes on behind the last key found;
 * proxies may not, so it begins anew at the end. False: nobody asked for it.
 */
static bool
find(struct get_round *round, const struct get_reply *reply)
{
    size_t end = round->form == GET_META ? round->at + 1 : round->n, i;

    if (!reply->key || round->at > round->n)
        return false;
    i = find_between(round, reply, round->at, end);
    if (i == end && round->form == GET_CLASSIC) {
        end = round->at;
        i = find_between(round, reply, 0, end);
    }
    if (i == end)
        return false;
    round->asked[i].is_answered = true;
    round->tag = round->asked[i].key.tag;
    round->at = i + 1;
    return true;
}

/* A meta get has no END. */
static int
is_over(const struct get_round *round)
{
    return round->form == GET_META && round->at == round->n;
}

static int
take_miss(struct get_round *round, const struct get_reply *reply, got_fn *got,
    void *ctx)
{
    if (reply->key && !is_of(round, round->at, reply))
        return -1;
    round->asked[round->at].is_answered = true;
    got(ctx, round->asked[round->at++].key.tag, NULL);
    return is_over(round);
}

int
round_take(struct get_round *round, enum get_kind kind,
    const struct get_reply *reply, got_fn *got, void *ctx)
{
    switch (kind) {
    case GET_VALUE:
        if (reply->offset == 0 && !find(round, reply))
            return -1;
        got(ctx, round->tag, reply);
        return reply->is_last && is_over(round);
    case GET_MISS:
        return take_miss(round, reply, got, ctx);
    case GET_END:
        for (size_t i = 0; i < round->n; i++)
            if (!round->asked[i].is_answered)
                got(ctx, round->asked[i].key.tag, NULL);
        return 1;
    default:
        return -1;
    }
}

#include "verify/sample_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "memc/fetch.h"
#include "verify/mismatches.h"

struct sample_reader {
    const struct readback_input *input;
    const struct sample *sample;
    struct verify_counts *servers;
    struct mismatch_log mismatches;
};

static bool
is_one_of(const struct sample_value *value, const struct fetched *fetched)
{
    for (; value; value = value->next)
        if (value->n_bytes == fetched->value_bytes &&
            memcmp(value->bytes, fetched->value, value->n_bytes) == 0)
            return true;
    return false;
}

static enum verify_state
state_of(const struct sample_key *key, const struct fetched *fetched,
    uint32_t flags)
{
    switch (fetched->state) {
    case FETCH_FOUND:
        return fetched->flags == flags && is_one_of(key->values, fetched)
                   ? VERIFY_MATCHED
                   : VERIFY_DIFFERENT;
    case FETCH_MISSING:
        return VERIFY_MISSING;
    case FETCH_UNREADABLE:
        break;
    }
    return VERIFY_UNREADABLE;
}

static void
tell(struct sample_reader *reader, const struct sample_key *key,
    const struct fetched *fetched, enum verify_state state)
{
    const struct readback_input *input = reader->input;
    const struct server *server = &input->shards->server[fetched->server];
    const struct sample_origin *origin = &key->values->origin;

    mismatch_log_add(&reader->mismatches,
        &(struct mismatch_line){
            .state = state,
            .file = input->file_name(input->ctx, origin->file),
            .line = origin->line,
            .key = key->bytes,
            .key_bytes = key->n_bytes,
            .address = server->address->text,
            .why = state == VERIFY_UNREADABLE ? fetched->why : NULL,
        });
}

static void
take(void *ctx, const struct fetched *fetched)
{
    struct sample_reader *reader = ctx;
    const struct sample_key *key = sample_at(reader->sample, fetched->key);
    enum verify_state state = state_of(key, fetched, reader->input->flags);

    verify_count(&reader->servers[fetched->server], state, 1);
    if (state != VERIFY_MATCHED)
        tell(reader, key, fetched, state);
}

void
readback(const struct readback_input *input, const struct sample *sample,
    struct verify_counts *servers)
{
    struct sample_reader reader = {input, sample, servers, {{0}}};
    size_t n = sample_count(sample);
    struct fetch_key *keys = mem_zero(n, sizeof(*keys));
    struct fetcher *fetcher =
        fetcher_new(input->shards, input->timeout_ms, FETCH_TRIES);

    for (size_t i = 0; i < n; i++) {
        const struct sample_key *key = sample_at(sample, i);
        size_t server = key->values->origin.server;

        keys[i] = (struct fetch_key){
            key->bytes, key->n_bytes, input->shards->server[server].shard};
    }
    fetch(fetcher, keys, n, take, &reader);
    fetcher_free(fetcher);
    free(keys);
}

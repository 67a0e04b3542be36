#include "preflight/doctor.h"

#include "base/json_build.h"
#include "preflight/sizing.h"

/* Estimates are told as whole numbers: nobody has half an item. */
static void
put_about(json_t *object, const char *key, double n)
{
    put_count(object, key, (uint64_t)(n + 0.5));
}

/* Null where it is not known. */
static void
put_fact(json_t *object, const char *key, bool is_known, uint64_t n)
{
    if (is_known)
        put_count(object, key, n);
    else
        put(object, key, json_null());
}

static json_t *
files_json(const struct run *run, const struct forecast *forecast)
{
    json_t *json = made(json_object()), *rejects = made(json_object());

    put_count(json, "files", run->task.n);
    put_count(json, "files_sampled", forecast->files_sampled);
    put_count(json, "lines_sampled", forecast->lines_sampled);
    put(json, "exact", json_boolean(forecast->is_exact));
    put_about(json, "lines", forecast->lines);
    put_about(json, "blank", forecast->blank);
    put_about(json, "rejected", forecast->rejected);
    for (enum reason i = REASON_NONE + 1; i < N_REASONS; i++)
        put_about(rejects, reason_word(i), forecast->rejects[i]);
    put(json, "rejects", rejects);
    return json;
}

static json_t *
classes_json(const struct server_forecast *forecast)
{
    json_t *list = made(json_array());

    for (size_t i = 0; i < forecast->slabs.n; i++) {
        json_t *json;

        if (forecast->chunks[i] <= 0)
            continue;
        json = made(json_object());
        put_count(json, "chunk_bytes", forecast->slabs.chunk_bytes[i]);
        put_about(json, "chunks", forecast->chunks[i]);
        append(list, json);
    }
    return list;
}

static void
put_facts(json_t *json, const struct server_facts *facts)
{
    bool is_known = facts->is_known;

    put(json, "answers", json_boolean(is_known));
    put(json, "version", is_known ? json_string(facts->version) : json_null());
    put(json, "meta", is_known ? json_boolean(facts->has_meta) : json_null());
    put(json, "evicts",
        is_known ? json_boolean(!facts->never_evicts) : json_null());
    put_fact(json, "item_size_max", is_known, facts->item_size_max);
    put_fact(json, "connections_free", facts->max_connections > 0,
        needs_connections_free(facts));
    put_fact(json, "memory_bytes", facts->limit_bytes > 0, facts->limit_bytes);
    put_fact(json, "used_bytes", is_known, facts->used_bytes);
    put_fact(json, "items_held", is_known, facts->curr_items);
}

static json_t *
names_json(const struct run *run, const struct preflight *preflight,
    size_t server)
{
    const struct shards *shards = &run->shards;
    json_t *list = made(json_array());

    for (size_t i = server; i < shards->n_servers; i++)
        if (preflight->forecast.servers[i].first == server)
            append(list,
                name_json(shards->shard[shards->server[i].shard].name));
    return list;
}

static json_t *
server_json(const struct run *run, const struct preflight *preflight, size_t i)
{
    const struct server *server = &run->shards.server[i];
    const struct server_forecast *forecast = &preflight->forecast.servers[i];
    json_t *json = made(json_object());
    struct text command = {0};

    put(json, "shards", names_json(run, preflight, i));
    put_path(json, "address", server->address->text);
    put_facts(json, &server->facts);
    put_count(json, "connections", needs_connections(run, preflight, i));
    put_about(json, "items", forecast->items);
    put_about(json, "too_large", forecast->too_large);
    put_count(json, "largest_bytes", forecast->largest_bytes);
    put_count(json, "needed_bytes", forecast->needed_bytes);
    put_count(json, "hash_bytes", forecast->hash_bytes);
    put(json, "classes", classes_json(forecast));
    sizing_print(&command, run, preflight, i);
    put_path(json, "suits", command.data);
    text_release(&command);
    return json;
}

static json_t *
finding_json(const struct run *run, const struct finding *finding)
{
    const struct server *server;
    json_t *json = made(json_object());
    struct text text = {0};

    put(json, "level", json_string(finding_level_word(finding->level)));
    if (finding->server != FINDING_NO_SERVER) {
        server = &run->shards.server[finding->server];
        put_path(json, "shard", run->shards.shard[server->shard].name);
        put_path(json, "address", server->address->text);
    }
    finding_say(&text, finding);
    put_path(json, "text", text.data);
    text_release(&text);
    return json;
}

int
doctor_summary_write(const char *path, const struct run *run,
    const struct preflight *preflight, int exit_code, struct err *err)
{
    json_t *json = made(json_object()), *servers = made(json_array());
    json_t *findings = made(json_array());

    put(json, "program", json_string("memc_load"));
    put(json, "version", json_string(MEMC_LOAD_VERSION));
    put(json, "command", json_string("doctor"));
    put_count(json, "exit_code", (uint64_t)exit_code);
    put_seconds(json, "elapsed_s", run_elapsed_s(run));
    put(json, "forecast", files_json(run, &preflight->forecast));
    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (preflight->forecast.servers[i].n_shards)
            append(servers, server_json(run, preflight, i));
    put(json, "servers", servers);
    for (size_t i = 0; i < preflight->findings.n; i++)
        append(findings, finding_json(run, &preflight->findings.items[i]));
    put(json, "findings", findings);
    return write_json(path, json, err);
}

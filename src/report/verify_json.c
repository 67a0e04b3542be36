#include "report/verify_json.h"

/* More digits than put_rate(): of a bound it is the last ones that tell. */
static void
put_share(json_t *object, const char *key, double share)
{
    char text[64];

    snprintf(text, sizeof(text), "%.12g", share);
    put(object, key, json_real(strtod(text, NULL)));
}

static void
put_counts(json_t *json, const struct verify_counts *counts)
{
    put_count(json, "sampled", counts->sampled);
#define X(name, word) put_count(json, #word, counts->word);
    VERIFY_STATES(X)
#undef X
}

static void
add_cause(void *ctx, const char *what, const char *why)
{
    struct text text = {0};

    text_format(&text, "%s: %s", what, why);
    append(ctx, name_json(text.data));
    text_release(&text);
}

static json_t *
row_json(const struct verify_row *row)
{
    json_t *json = made(json_object()), *causes = made(json_array());

    put_path(json, "name", row->name);
    put_counts(json, &row->counts);
    put_share(json, "estimate", row->estimate);
    put_share(json, "low", row->low);
    put_share(json, "high", row->high);
    causes_list(&row->facts,
        &(struct cause_counts){.missing = row->counts.missing,
            .different = row->counts.different,
            .unreadable = row->counts.unreadable},
        add_cause, causes);
    put(json, "likely_causes", causes);
    return json;
}

json_t *
verify_json(const struct verify_result *result)
{
    const struct verify_row *total = &result->total;
    json_t *json = made(json_object()), *shards = made(json_array());

    put_counts(json, &total->counts);
    put_share(json, "estimate", total->estimate);
    put_share(json, "confidence", result->confidence);
    put_share(json, "low", total->low);
    put_share(json, "high", total->high);
    put(json, "success", json_boolean(verify_is_success(result)));
    put_count(json, "files_unread", result->n_unread);
    put(json, "census", json_boolean(result->is_of_all));
    put_count(json, "population", result->population);
    put(json, "population_exact", json_boolean(!result->is_about));
    if (!result->is_of_all)
        put_count(json, "seed", result->seed);
    if (result->min_success >= 0)
        put_share(json, "min_success", result->min_success);
    if (result->margin > 0)
        put_share(json, "margin", result->margin);
    for (size_t i = 0; i < result->n_shards; i++)
        append(shards, row_json(&result->shard[i]));
    put(json, "shards", shards);
    return json;
}

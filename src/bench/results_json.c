#include "bench/results_json.h"

#include <time.h>

#include "base/json_build.h"
#include "bench/advice.h"

static void
put_text(json_t *object, const char *key, const char *text)
{
    put(object, key, text && text[0] ? name_json(text) : json_null());
}

static json_t *
machine_json(const struct bench_machine *machine)
{
    json_t *json = made(json_object());

    put_text(json, "cpu", machine->cpu);
    put_count(json, "cores", machine->cores);
    put_count(json, "memory_bytes", machine->memory_bytes);
    put_text(json, "kernel", machine->kernel);
    put_text(json, "memc_load", MEMC_LOAD_VERSION);
    put_text(json, "memcached", machine->memcached);
    put_text(json, "libmemcached", machine->libmemcached);
    put_text(json, "protobuf_c", machine->protobuf_c);
    put_text(json, "isal", machine->isal);
    put_text(json, "zlib", machine->zlib);
    return json;
}

static json_t *
data_json(const struct bench_results *results)
{
    json_t *json = made(json_object()), *operands = made(json_array());

    put_count(json, "files", results->n_files);
    put_count(json, "lines", results->lines);
    put(json, "generated", json_boolean(results->is_generated));
    for (size_t i = 0; i < results->n_operands; i++)
        append(operands, name_json(results->operands[i]));
    put(json, "operands", operands);
    return json;
}

static json_t *
servers_json(const struct bench_results *results)
{
    json_t *json = made(json_object());

    put_count(json, "n", results->n_servers);
    put(json, "own", json_boolean(results->has_own_servers));
    return json;
}

/* A list of pairs, since an option may be given more than once. */
static json_t *
options_json(const struct bench_results *results)
{
    json_t *list = made(json_array());

    for (size_t i = 0; i < results->n_options; i++) {
        const struct bench_option *option = &results->options[i];
        json_t *json = made(json_object());

        put(json, "option", json_string(option->name));
        put(json, "value",
            option->value ? name_json(option->value) : json_true());
        append(list, json);
    }
    return list;
}

static json_t *
sweeps_json(const struct bench_results *results)
{
    json_t *list = made(json_array());

    for (size_t i = 0; i < results->n_sweeps; i++) {
        const struct bench_sweep *sweep = &results->sweeps[i];
        json_t *json = made(json_object()), *values = made(json_array());

        for (size_t j = 0; j < sweep->n_values; j++)
            append(values, name_json(sweep->values[j]));
        put(json, "option", json_string(sweep->option));
        put(json, "values", values);
        append(list, json);
    }
    return list;
}

static json_t *
setting_json(const struct bench_results *results, size_t setting)
{
    json_t *json = made(json_object());

    for (size_t i = 0; i < results->n_sweeps; i++)
        put(json, results->sweeps[i].option,
            name_json(bench_value(results, setting, i)));
    return json;
}

static json_t *
figure_json(const struct bench_figure *figure)
{
    json_t *json;

    if (figure->n == 0)
        return json_null();
    json = made(json_object());
    put_rate(json, "median", figure->median);
    put_rate(json, "min", figure->min);
    put_rate(json, "max", figure->max);
    return json;
}

static void
put_row(json_t *json, const struct bench_row *row)
{
    put_count(json, "runs", row->n_runs);
    put_count(json, "failed_runs", row->n_failed);
    put(json, "lines_per_s", figure_json(&row->lines_per_s));
    put(json, "wall_s", figure_json(&row->wall_s));
    if (row->n_runs)
        put_rate(json, "text_mb_per_s", row->text_mb_per_s);
    else
        put(json, "text_mb_per_s", json_null());
    put(json, "client_cpu_s_per_million", figure_json(&row->client_cpu));
    put(json, "server_cpu_s_per_million", figure_json(&row->server_cpu));
    put_count(json, "peak_rss_bytes", row->peak_rss_bytes);
}

static json_t *
settings_json(const struct bench_results *results, const struct advice *advice)
{
    json_t *list = made(json_array());
    size_t n;
    struct bench_row *rows = bench_rows(results, &n);

    for (size_t i = 0; i < n; i++) {
        json_t *json = made(json_object());

        put(json, "setting", setting_json(results, rows[i].setting));
        put_row(json, &rows[i]);
        if (rows[i].share > 0)
            put_rate(json, "ceiling_share", rows[i].share);
        else
            put(json, "ceiling_share", json_null());
        put(json, "within_noise",
            advice->is_noise_known
                ? json_boolean(advice->is_within[rows[i].setting])
                : json_null());
        append(list, json);
    }
    free(rows);
    return list;
}

static json_t *
floors_json(const struct bench_results *results)
{
    json_t *list = made(json_array());
    struct bench_row row;

    for (enum bench_floor_kind i = 0; i < N_FLOORS; i++) {
        json_t *json;

        if (results->floors[i].n_runs == 0)
            continue;
        json = made(json_object());
        bench_floor_row(results, i, &row);
        put(json, "floor", json_string(bench_floor_name(i)));
        put_row(json, &row);
        append(list, json);
    }
    return list;
}

static json_t *
ceiling_json(const struct bench_results *results)
{
    enum bench_floor_kind kind;
    double ceiling = bench_ceiling(results, &kind);
    json_t *json;

    if (!(ceiling > 0))
        return json_null();
    json = made(json_object());
    put_rate(json, "lines_per_s", ceiling);
    put(json, "floor", json_string(bench_floor_name(kind)));
    return json;
}

static json_t *
advice_json(const struct bench_results *results, const struct advice *advice)
{
    struct text command = {0};
    json_t *json;

    if (!advice->is_given)
        return json_null();
    json = made(json_object());
    advice_command(&command, results, advice->setting);
    put(json, "setting", setting_json(results, advice->setting));
    put(json, "fastest", setting_json(results, advice->fastest));
    put(json, "noise_known", json_boolean(advice->is_noise_known));
    put(json, "command", name_json(command.data));
    text_release(&command);
    return json;
}

static json_t *
run_json(const struct bench_results *results, const struct bench_in_order *each)
{
    const struct bench_run *run = each->run;
    json_t *json = made(json_object());

    put_count(json, "order", run->order);
    put_count(json, "round", run->round + 1);
    put(json, "kind", json_string(each->floor ? each->floor : "load"));
    put(json, "setting",
        each->floor ? json_null() : setting_json(results, run->setting));
    put_rate(json, "lines_per_s", bench_lines_per_s(run));
    put_rate(json, "text_mb_per_s", bench_text_mb_per_s(run));
    put_rate(json, "wall_s", run->wall_s);
    put_rate(json, "client_user_s", run->client_user_s);
    put_rate(json, "client_system_s", run->client_system_s);
    if (run->server_cpu_s < 0)
        put(json, "server_cpu_s", json_null());
    else
        put_rate(json, "server_cpu_s", run->server_cpu_s);
    put_count(json, "peak_rss_bytes", run->peak_rss_bytes);
    put_count(json, "lines", run->lines);
    put_count(json, "text_bytes", run->text_bytes);
    put_count(json, "gz_bytes", run->gz_bytes);
    put(json, "failed", json_boolean(run->failed));
    put_text(json, "why", run->why);
    return json;
}

static json_t *
runs_json(const struct bench_results *results)
{
    json_t *list = made(json_array());
    size_t n;
    struct bench_in_order *all = bench_in_order(results, &n);

    for (size_t i = 0; i < n; i++)
        append(list, run_json(results, &all[i]));
    free(all);
    return list;
}

/* "2026-01-31T23:59:59Z" */
static json_t *
time_json(int64_t at_s)
{
    time_t at = (time_t)at_s;
    char text[64];
    struct tm utc;

    if (!gmtime_r(&at, &utc) ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        return json_null();
    return json_string(text);
}

void
results_json_add(struct text *out, const struct bench_results *results)
{
    json_t *json = made(json_object());
    struct advice advice;

    advice_make(&advice, results);
    put(json, "program", json_string("memc_load"));
    put(json, "version", json_string(MEMC_LOAD_VERSION));
    put(json, "command", json_string("bench"));
    put_text(json, "command_line", results->command_line);
    put(json, "started", time_json(results->started_s));
    put_seconds(json, "elapsed_s", results->elapsed_s);
    put(json, "interrupted", json_boolean(results->is_interrupted));
    put_count(json, "seed", results->seed);
    put_count(json, "rounds", results->rounds);
    put(json, "machine", machine_json(&results->machine));
    put(json, "data", data_json(results));
    put(json, "servers", servers_json(results));
    put(json, "options", options_json(results));
    put(json, "sweeps", sweeps_json(results));
    put(json, "settings", settings_json(results, &advice));
    put(json, "floors", floors_json(results));
    put(json, "ceiling", ceiling_json(results));
    put(json, "recommended", advice_json(results, &advice));
    put(json, "runs", runs_json(results));
    add_json(out, json);
    advice_release(&advice);
}

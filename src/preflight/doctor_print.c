#include "preflight/doctor.h"

#include <sys/resource.h>

#include "base/columns.h"
#include "base/table.h"
#include "base/text.h"
#include "base/units.h"
#include "settings/exit.h"
#include "load/load.h"
#include "preflight/sizing.h"

/* What any terminal shows in a line. */
enum { ROOM = 80 };

/* "idfa", or "idfa, gaid" where both name its address. */
static void
add_names(struct text *out, const struct run *run,
    const struct preflight *preflight, size_t server)
{
    const struct shards *shards = &run->shards;
    const char *lead = "";

    for (size_t i = server; i < shards->n_servers; i++) {
        if (preflight->forecast.servers[i].first != server)
            continue;
        text_format(out, "%s%s", lead,
            shards->shard[shards->server[i].shard].name);
        lead = ", ";
    }
}

/* Does the server have a row of its own? */
static bool
has_row(const struct preflight *preflight, size_t server)
{
    return preflight->forecast.servers[server].n_shards > 0;
}

static void
cell_names(struct table *table, const struct run *run,
    const struct preflight *preflight, size_t server)
{
    struct text names = {0};

    add_names(&names, run, preflight, server);
    table_cell(table, "%s", names.data);
    text_release(&names);
}

/* "" for what is not known. */
static void
cell_size(struct table *table, bool is_known, uint64_t n_bytes)
{
    char text[UNITS_TEXT_BYTES];

    table_cell(table, "%s", is_known ? units_size(n_bytes, text) : "");
}

/* -------------------------------------------------------------- servers --- */

static void
add_server_row(struct table *table, const struct run *run,
    const struct preflight *preflight, size_t i)
{
    const struct server *server = &run->shards.server[i];
    const struct server_facts *facts = &server->facts;
    uint64_t largest = preflight->forecast.servers[i].largest_bytes;
    char free[UNITS_TEXT_BYTES] = "?";

    cell_names(table, run, preflight, i);
    table_cell(table, "%s", server->address->text);
    if (facts->is_known)
        table_cell(table, "%s%s", facts->version,
            facts->has_meta ? "" : ", no meta");
    else
        table_cell(table, "%s",
            purpose_type(run->task.purpose)->asks_servers ? "no answer"
                                                          : "not asked");
    table_cell(table, "%s",
        !facts->is_known      ? ""
        : facts->never_evicts ? "refuses"
                              : "evicts");
    cell_size(table, largest > 0, largest);
    cell_size(table, facts->is_known, facts->item_size_max);
    if (facts->max_connections)
        units_count(needs_connections_free(facts), free);
    table_cell(table, "%llu of %s",
        (unsigned long long)needs_connections(run, preflight, i), free);
}

static void
add_servers(struct text *out, const struct run *run,
    const struct preflight *preflight)
{
    struct table table = {0};

    table_column(&table, "shard", 0);
    table_column(&table, "address", 0);
    table_column(&table, "memcached", 0);
    table_column(&table, "when full", TABLE_QUIET);
    table_column(&table, "item seen", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "item max", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "connections", TABLE_RIGHT);
    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (has_row(preflight, i))
            add_server_row(&table, run, preflight, i);
    table_print(&table, ROOM, out);
    table_release(&table);
}

static void
add_memory(struct text *out, const struct run *run,
    const struct preflight *preflight)
{
    struct table table = {0};

    table_column(&table, "shard", 0);
    table_column(&table, "address", 0);
    table_column(&table, "items held", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "to come", TABLE_RIGHT);
    table_column(&table, "in use", TABLE_RIGHT | TABLE_QUIET);
    table_column(&table, "needed", TABLE_RIGHT);
    table_column(&table, "memory", TABLE_RIGHT | TABLE_QUIET);
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        const struct server *server = &run->shards.server[i];
        const struct server_facts *facts = &server->facts;
        const struct server_forecast *forecast =
            &preflight->forecast.servers[i];

        if (!has_row(preflight, i))
            continue;
        cell_names(&table, run, preflight, i);
        table_cell(&table, "%s", server->address->text);
        table_count(&table, facts->curr_items);
        table_count(&table,
            forecast_count(&preflight->forecast, forecast->items));
        cell_size(&table, facts->is_known, facts->used_bytes);
        cell_size(&table, true, forecast->needed_bytes);
        cell_size(&table, facts->limit_bytes > 0, facts->limit_bytes);
    }
    text_format(out, "\n");
    table_print(&table, ROOM, out);
    table_release(&table);
}

/* ------------------------------------------------------------- the load --- */

static void
add_files(struct text *out, const struct forecast *forecast)
{
    char size[UNITS_TEXT_BYTES], lines[UNITS_TEXT_BYTES];
    char sampled[UNITS_TEXT_BYTES];

    text_format(out, "files       %zu, %s\n", forecast->n_files,
        units_size(forecast->file_bytes, size));
    if (forecast->n_files == 0)
        return;
    units_count(forecast_count(forecast, forecast->lines), lines);
    units_count(forecast->lines_sampled, sampled);
    if (forecast->is_exact)
        text_format(out, "lines       %s, all of them read", lines);
    else
        text_format(out,
            "lines       about %s, by a sample: the first %s of %zu file%s",
            lines, sampled, forecast->files_sampled,
            forecast->files_sampled == 1 ? "" : "s");
    text_format(out,
        "\n            (a key that occurs twice is counted twice)\n");
}

static void
add_rejects(struct text *out, const struct forecast *forecast)
{
    double lines = forecast->lines - forecast->blank;
    enum reason most = REASON_NONE;
    char n[UNITS_TEXT_BYTES];

    if (forecast->rejected <= 0 || lines <= 0)
        return;
    for (enum reason i = most + 1; i < N_REASONS; i++)
        if (forecast->rejects[i] > forecast->rejects[most])
            most = i;
    text_format(out, "rejected    about %s, %.2g %%, most as %s\n",
        units_count(forecast_count(forecast, forecast->rejected), n),
        forecast->rejected / lines * 100, reason_word(most));
}

static void
add_processes(struct text *out, const struct run *run)
{
    size_t n = run_places(run);
    char memory[UNITS_TEXT_BYTES], most[UNITS_TEXT_BYTES] = "any number";
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur != RLIM_INFINITY)
        units_count(limit.rlim_cur, most);
    text_format(out,
        "processes   %zu on %u core%s, each with up to %s of "
        "batches\n",
        n, settings_cores(), settings_cores() == 1 ? "" : "s",
        units_size(load_memory(run->settings), memory));
    text_format(out, "open files  %llu of %s in each process\n",
        (unsigned long long)needs_descriptors(run), most);
}

static void
add_expiry(struct text *out, const struct settings *settings)
{
    char span[UNITS_TEXT_BYTES];

    if (settings->servers.ttl_s == 0)
        text_format(out, "expiry      never (--ttl)\n");
    else
        text_format(out, "expiry      after %s s%s\n",
            units_count(settings->servers.ttl_s, span),
            settings_exptime(settings, 1) == settings->servers.ttl_s
                ? ""
                : ", sent as a time since 1970: memcached takes more than 30 "
                  "days for one");
}

static void
add_hash_tables(struct text *out, const struct run *run,
    const struct forecast *forecast)
{
    uint64_t most = 0;
    char size[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < run->shards.n_servers; i++)
        if (most < forecast->servers[i].hash_bytes)
            most = forecast->servers[i].hash_bytes;
    text_format(out,
        "hash table  up to %s a server, which its memory (-m) does not count\n",
        units_size(most, size));
}

/* ------------------------------------------------------------- findings --- */

static void
add_findings(struct text *out, const struct run *run,
    const struct findings *findings)
{
    struct text line = {0};

    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->items[i];

        text_clear(&line);
        finding_print(&line, finding, &run->shards);
        text_format(out, "%s%s: ", i ? "" : "\n",
            finding_level_word(finding->level));
        columns_add(out, line.data, SIZE_MAX);
        text_format(out, "\n");
    }
    text_release(&line);
}

static void
add_wishes(struct text *out, const struct run *run,
    const struct preflight *preflight)
{
    text_format(out, "\nWhat suits this load:\n");
    for (size_t i = 0; i < run->shards.n_servers; i++) {
        if (!has_row(preflight, i))
            continue;
        text_format(out, "  ");
        sizing_print(out, run, preflight, i);
        text_format(out, "  # ");
        add_names(out, run, preflight, i);
        text_format(out, "\n");
    }
}

static void
add_check(struct text *out, int exit_code)
{
    static const char *const words[] = {
        [EXIT_DONE] = "Nothing was found wrong.",
        [EXIT_NOT_ALL] = "It can start, but some file will fail as it is.",
        [EXIT_USAGE] = "A load would be refused as it stands.",
        [EXIT_NO_GO] = "It is not ready for this load.",
    };

    text_format(out, "\n%s\n", words[exit_code]);
}

void
doctor_print(FILE *to, const struct run *run, const struct preflight *preflight,
    int exit_code)
{
    const struct forecast *forecast = &preflight->forecast;
    struct text out = {0};

    add_servers(&out, run, preflight);
    add_memory(&out, run, preflight);
    text_format(&out, "\n");
    add_hash_tables(&out, run, forecast);
    add_files(&out, forecast);
    add_rejects(&out, forecast);
    add_expiry(&out, run->settings);
    add_processes(&out, run);
    add_findings(&out, run, &preflight->findings);
    add_wishes(&out, run, preflight);
    add_check(&out, exit_code);
    fwrite(out.data, 1, out.n_bytes, to);
    text_release(&out);
}

#include "bench/csv.h"

#include <stdlib.h>

#include "bench/quote.h"

static void
add_text(struct text *out, const char *cell)
{
    text_add(out, ",", 1);
    quote_csv(out, cell);
}

/* Below 0: not known. */
static void
add_number(struct text *out, int digits, double number)
{
    text_add(out, ",", 1);
    if (number >= 0)
        text_format(out, "%.*f", digits, number);
}

static void
add_count(struct text *out, uint64_t n)
{
    text_format(out, ",%llu", (unsigned long long)n);
}

static void
add_titles(struct text *out, const struct bench_results *results)
{
    text_format(out, "order,round,kind");
    for (size_t i = 0; i < results->n_sweeps; i++)
        add_text(out, results->sweeps[i].option);
    text_format(out,
        ",lines_per_s,text_mb_per_s,wall_s,client_user_s,client_system_s,"
        "client_cpu_s_per_million,server_cpu_s,server_cpu_s_per_million,"
        "peak_rss_bytes,lines,text_bytes,gz_bytes,failed,why,"
        "cpu,cores,memory_bytes,kernel,memc_load,memcached,libmemcached,"
        "protobuf_c,isal,zlib\n");
}

static void
add_figures(struct text *out, const struct bench_run *run)
{
    add_number(out, 0, bench_lines_per_s(run));
    add_number(out, 2, bench_text_mb_per_s(run));
    add_number(out, 6, run->wall_s);
    add_number(out, 6, run->client_user_s);
    add_number(out, 6, run->client_system_s);
    add_number(out, 4, bench_client_cpu(run));
    add_number(out, 2, run->server_cpu_s);
    add_number(out, 4, bench_server_cpu(run));
    add_count(out, run->peak_rss_bytes);
    add_count(out, run->lines);
    add_count(out, run->text_bytes);
    add_count(out, run->gz_bytes);
    add_text(out, run->failed ? "true" : "false");
    add_text(out, run->why);
}

static void
add_machine(struct text *out, const struct bench_machine *machine)
{
    add_text(out, machine->cpu);
    add_count(out, machine->cores);
    add_count(out, machine->memory_bytes);
    add_text(out, machine->kernel);
    add_text(out, MEMC_LOAD_VERSION);
    add_text(out, machine->memcached);
    add_text(out, machine->libmemcached);
    add_text(out, machine->protobuf_c);
    add_text(out, machine->isal);
    add_text(out, machine->zlib);
}

/* Floors have no settings. */
static void
add_run(struct text *out, const struct bench_results *results,
    const char *floor, const struct bench_run *run)
{
    text_format(out, "%zu,%u,%s", run->order, run->round + 1,
        floor ? floor : "load");
    for (size_t i = 0; i < results->n_sweeps; i++)
        add_text(out, floor ? "" : bench_value(results, run->setting, i));
    add_figures(out, run);
    add_machine(out, &results->machine);
    text_format(out, "\n");
}

void
csv_add(struct text *out, const struct bench_results *results)
{
    size_t n;
    struct bench_in_order *made = bench_in_order(results, &n);

    add_titles(out, results);
    for (size_t i = 0; i < n; i++)
        add_run(out, results, made[i].floor, made[i].run);
    free(made);
}

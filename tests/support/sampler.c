/*
 * Samples a loaded file again and again, each time under another seed, with
 * the program's own sampling, reading back and intervals; for known_loss.py.
 *
 *     sampler FILE N FIRST LAST CONFIDENCE,... NAME=ADDRESS...
 *
 * FILE is plain text of good lines. For each seed from FIRST to LAST, N of its
 * keys are drawn and read back from the servers, and a line is printed:
 *     SEED POPULATION MATCHED MISSING DIFFERENT UNREADABLE LOW HIGH ...
 * with LOW and HIGH for each CONFIDENCE.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/units.h"
#include "peer.h"
#include "record/record.h"
#include "memc/shard_map.h"
#include "verify/sample.h"
#include "verify/interval.h"
#include "verify/sample_check.h"
#include "verify/verify_result.h"

enum { TIMEOUT_MS = 5000, CONFIDENCES_MOST = 8 };

/* A line of the file as the loader stores it. */
struct entry {
    char key[KEY_MAX_BYTES];
    uint8_t key_bytes;
    uint8_t *value;
    uint32_t value_bytes;
    uint64_t hash;
    uint32_t server;
};

static struct entry *entries;
static size_t n_entries;
static struct shards shards;

/* --- what to look for ----------------------------------------------------- */
/* Of its type; a shard has one server here. */
static uint32_t
server_of(const struct record *record)
{
    struct span type = record_route(record);
    int shard = shards_find(&shards, type.at, type.n_bytes);

    if (shard < 0)
        fail("there is a type without a shard", "the file");
    return (uint32_t)shards.shard[shard].first_server;
}

static void
read_line(const char *line, size_t n_bytes, struct record *record)
{
    struct record_warnings warnings;
    struct entry *entry;
    const char *detail;

    entries = realloc(entries, (n_entries + 1) * sizeof(*entries));
    if (!entries)
        fail("no memory", "the lines");
    entry = &entries[n_entries++];
    if (record_split(record, line, n_bytes, &detail) != REASON_NONE ||
        record_parse(record, false, &warnings, &detail) != REASON_NONE)
        fail("no good line", line);
    entry->key_bytes = (uint8_t)record_key(record, entry->key);
    entry->value = malloc(record_pack_room(record));
    if (!entry->value)
        fail("no memory", "a value");
    entry->value_bytes = (uint32_t)record_pack(record, entry->value);
    entry->hash = hash_bytes(entry->key, entry->key_bytes);
    entry->server = server_of(record);
}

static void
read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    struct mapping_choice builtin = {0};
    struct err err;
    struct mapping *mapping = mapping_open(&builtin, &err);
    struct column_map *columns;
    struct record *record;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (!file)
        fail("cannot be read", path);
    if (!mapping)
        fail("the built-in mapping", err.text);
    columns = column_map_new(mapping_columns(mapping));
    record = record_new(mapping, columns);
    while ((n = getline(&line, &room, file)) > 0)
        read_line(line, (size_t)n - (line[n - 1] == '\n'), record);
    free(line);
    fclose(file);
    record_free(record);
    column_map_free(columns);
    mapping_free(mapping);
}

static void
map_shard(char *spec, struct address *address)
{
    char *equals = strchr(spec, '=');
    struct err err = {0};

    if (!equals || address_parse(address, equals + 1, strlen(equals + 1), &err))
        fail("no NAME=ADDRESS", spec);
    *equals = '\0';
    shards_add(&shards, spec, address, 1);
}

/* --- one sample ----------------------------------------------------------- */
static struct sample *
draw_sample(size_t n, uint64_t seed)
{
    struct sample *sample = sample_new(n, seed);

    for (size_t i = 0; i < n_entries; i++) {
        const struct entry *entry = &entries[i];
        struct sample_item item = {
            .hash = sample_hash(sample, entry->hash),
            .origin = {.server = entry->server, .line = i + 1},
            .key = entry->key,
            .key_bytes = entry->key_bytes,
            .value = entry->value,
            .value_bytes = entry->value_bytes,
        };

        if (sample_wants(sample, item.hash))
            sample_add(sample, &item);
        else
            sample_pass(sample);
    }
    return sample;
}

static const char *
file_name(void *ctx, uint32_t file)
{
    (void)file;
    return ctx;
}

/* From the shards' servers, one each. */
static struct verify_counts
read_back(const struct sample *sample, char *path)
{
    struct readback_input input = {.shards = &shards,
        .timeout_ms = TIMEOUT_MS,
        .file_name = file_name,
        .ctx = path};
    struct verify_counts *counts = calloc(shards.n_servers, sizeof(*counts));
    struct verify_counts sum = {0};

    if (!counts)
        fail("no memory", "the counts");
    readback(&input, sample, counts);
    for (size_t i = 0; i < shards.n_servers; i++) {
        verify_count(&sum, VERIFY_MATCHED, counts[i].matched);
        verify_count(&sum, VERIFY_MISSING, counts[i].missing);
        verify_count(&sum, VERIFY_DIFFERENT, counts[i].different);
        verify_count(&sum, VERIFY_UNREADABLE, counts[i].unreadable);
    }
    free(counts);
    return sum;
}

static void
sample(size_t n, uint64_t seed, char *path, const double *confidences,
    size_t n_confidences)
{
    struct sample *sample = draw_sample(n, seed);
    struct verify_counts counts = read_back(sample, path);
    bool is_about;

    printf("%ju %ju %ju %ju %ju %ju", (uintmax_t)seed,
        (uintmax_t)sample_population(sample, n_entries, &is_about),
        (uintmax_t)counts.matched, (uintmax_t)counts.missing,
        (uintmax_t)counts.different, (uintmax_t)counts.unreadable);
    for (size_t i = 0; i < n_confidences; i++) {
        struct interval interval =
            interval_of(counts.matched, counts.sampled, confidences[i]);

        printf(" %.17g %.17g", interval.low, interval.high);
    }
    printf("\n");
    sample_free(sample);
}

int
main(int argc, char **argv)
{
    double confidences[CONFIDENCES_MOST];
    size_t n_confidences = 0;
    struct address *addresses;
    uint64_t n, first, last;

    if (argc < 7 || units_parse_count(argv[2], &n) || n == 0 ||
        units_parse_count(argv[3], &first) || units_parse_count(argv[4], &last))
        fail("usage: sampler FILE N FIRST LAST CONFIDENCE,... NAME=ADDRESS...",
            "sampler");
    for (char *word; (word = strsep(&argv[5], ","));)
        if (n_confidences == CONFIDENCES_MOST ||
            units_parse_decimal(word, &confidences[n_confidences++]))
            fail("no confidence", word);
    log_init(STDERR_FILENO, LOG_E);
    shards_init(&shards);
    addresses = calloc((size_t)argc, sizeof(*addresses));
    if (!addresses)
        fail("no memory", "the servers");
    for (int i = 6; i < argc; i++)
        map_shard(argv[i], &addresses[i]);
    read_file(argv[1]);
    for (uint64_t seed = first; seed <= last; seed++)
        sample(n, seed, argv[1], confidences, n_confidences);
    shards_release(&shards);
    for (int i = 6; i < argc; i++)
        address_release(&addresses[i]);
    free(addresses);
    for (size_t i = 0; i < n_entries; i++)
        free(entries[i].value);
    free(entries);
    return 0;
}

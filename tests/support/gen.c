/*
 * Makes input that looks like the real files: `gen --help`, and as
 * scripts/gen-data.
 *
 * Lines of 313 bytes on average, 1 to 100 app ids from 0..9999, the types
 * evenly and at random, twelve significant digits in lat and lon. With --bad
 * every row of the contract's table of bad and odd lines comes in as well
 * (gen_kinds.h), with what an honest loader must count for it: --expect writes
 * that down, so that the counts to compare with do not come from the loader.
 *
 * Knows nothing of src/ but how bench makes a good line, on purpose. A process
 * a file; the same options and seed make the same bytes. A file gets its name
 * when it is whole.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include "gen_line.h"

enum {
    OUT_ROOM = 8 << 20,
    MAX_FILES = 1440, /* a name a minute of one day */
};

struct settings {
    unsigned long files, lines, seed, shards, level, processes;
    double bad, duplicates;
    bool is_plain;
    const char *out, *expect;
};

struct counts {
    uint64_t lines, effect[N_EFFECTS], out_of_range, skipped_apps, keys;
    uint64_t shard[MAX_TYPES];
    uint64_t text_bytes, file_bytes;
};

static struct settings settings = {
    .files = 3, .lines = 1000, .seed = 1, .shards = 4, .level = 6, .out = "."};
static void
fail(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s %s: ", program_invocation_short_name, what, name);
    perror(NULL);
    exit(1);
}

/* --- a file --------------------------------------------------------------- */
struct writer {
    unsigned file;
    uint64_t state;   /* of the random numbers */
    uint8_t *is_used; /* a bit a line: is its plain key stored? */
    unsigned n_big;   /* kinds of the tables that were made, by bit */
    char last_byte;   /* of the line before */
};

static bool
mark_used(struct writer *writer, uint64_t line)
{
    uint8_t bit = (uint8_t)(1 << (line % 8)), *at = &writer->is_used[line / 8];
    bool is_first = !(*at & bit);

    *at |= bit;
    return is_first;
}

static char *
put_odd(struct writer *writer, char *at, uint64_t line, bool is_bad,
    struct counts *counts)
{
    struct device device = device_at(writer->file, line);
    const struct kind *kind;
    unsigned i;

    for (;;) {
        i = (unsigned)(is_bad ? below(&writer->state,
                                    sizeof(bad_kinds) / sizeof(*kind))
                              : below(&writer->state,
                                    sizeof(odd_kinds) / sizeof(*kind)));
        kind = is_bad ? &bad_kinds[i] : &odd_kinds[i];
        if (kind->is_big && (writer->n_big & 1u << i))
            continue;
        /* an LF alone would be the second half of that line's end */
        if (kind->line[0] == '\n' && writer->last_byte == '\r')
            continue;
        break;
    }
    if (kind->is_big)
        writer->n_big |= 1u << i;
    counts->effect[kind->effect]++;
    counts->out_of_range += kind->is_out_of_range;
    counts->skipped_apps += kind->skipped_apps;
    if (kind->effect == ACCEPTED) {
        counts->shard[device.type]++;
        counts->keys += kind->has_own_key || mark_used(writer, line);
    }
    return put_kind(at, kind, &device, &writer->state);
}

static char *
put_line(struct writer *writer, char *at, uint64_t line, struct counts *counts)
{
    double u = (double)(next(&writer->state) >> 11) * 0x1p-53;
    uint64_t of = line;
    struct device device;

    counts->lines++;
    if (u < 2 * settings.bad)
        return put_odd(writer, at, line, u < settings.bad, counts);
    if (line > 0 && happens(&writer->state, settings.duplicates))
        of = below(&writer->state, line);
    device = device_at(writer->file, of);
    counts->effect[ACCEPTED]++;
    counts->shard[device.type]++;
    counts->keys += mark_used(writer, of);
    return put_good(at, &device, &writer->state);
}

static void
write_all(gzFile to, const char *name, const char *bytes, size_t n)
{
    if (n && gzwrite(to, bytes, (unsigned)n) != (int)n)
        fail("cannot write", name);
}

static void
file_name(unsigned file, char *out, size_t room, bool is_part)
{
    snprintf(out, room, "%s/%s20170929%02u%02u00.tsv%s%s", settings.out,
        is_part ? "." : "", file / 60, file % 60,
        settings.is_plain ? "" : ".gz", is_part ? ".part" : "");
}

static void
make_file(unsigned file, struct counts *counts)
{
    struct writer writer = {
        .file = file, .state = mix(settings.seed ^ mix(file + 1))};
    char *text = malloc(OUT_ROOM), *at = text, *start = text;
    char name[4096], part[4096];
    char mode[8] = "wT";
    gzFile to;

    file_name(file, name, sizeof(name), false);
    file_name(file, part, sizeof(part), true);
    if (!settings.is_plain)
        snprintf(mode, sizeof(mode), "w%lu", settings.level);
    writer.is_used = calloc(1, settings.lines / 8 + 1);
    to = gzopen(part, mode);
    if (!to)
        fail("cannot write", part);
    if (!text || !writer.is_used || gzbuffer(to, 1 << 20))
        fail("no memory for", part);
    if (settings.bad > 0)
        at = put(at, "\xef\xbb\xbf", 3); /* a byte order mark is no text */
    for (uint64_t line = 0; line < settings.lines; line++) {
        start = at;
        at = put_line(&writer, at, line, counts);
        writer.last_byte = at[-1];
        if (at - text < OUT_ROOM - LINE_ROOM || line + 1 == settings.lines)
            continue;
        counts->text_bytes += (uint64_t)(at - text);
        write_all(to, part, text, (size_t)(at - text));
        at = text;
    }
    if (settings.bad > 0 && at - start > 1)
        at--; /* the last line may end in nothing */
    counts->text_bytes += (uint64_t)(at - text);
    write_all(to, part, text, (size_t)(at - text));
    if (gzclose(to) != Z_OK || rename(part, name))
        fail("cannot write", name);
    free(text);
    free(writer.is_used);
}

/* --- all of them ---------------------------------------------------------- */
static void
make_files(struct counts *counts)
{
    unsigned long running = 0;
    int status;

    for (unsigned file = 0; file < settings.files || running > 0;) {
        if (file < settings.files && running < settings.processes) {
            pid_t pid = fork();

            if (pid < 0)
                fail("cannot fork for", settings.out);
            if (pid == 0) {
                make_file(file, &counts[file]);
                _exit(0);
            }
            file++;
            running++;
            continue;
        }
        if (wait(&status) < 0 || status != 0)
            exit(1); /* the child said why */
        running--;
    }
}

static void
print_counts(FILE *to, const struct counts *c)
{
    uint64_t rejected = 0;

    for (int i = REJECT_bad_line; i < N_EFFECTS; i++)
        rejected += c->effect[i];
    fprintf(to,
        "\"lines\":%lu,\"blank\":%lu,\"accepted\":%lu,\"rejected\":%lu,"
        "\"keys\":%lu,\"text_bytes\":%lu,\n  "
        "\"warnings\":{\"out_of_range\":%lu,\"skipped_app\":%lu},\n  "
        "\"rejects\":{",
        c->lines, c->effect[BLANK], c->effect[ACCEPTED], rejected, c->keys,
        c->text_bytes, c->out_of_range, c->skipped_apps);
    for (int i = REJECT_bad_line; i < N_EFFECTS; i++)
        fprintf(to, "%s\"%s\":%lu", i == REJECT_bad_line ? "" : ",",
            effect_words[i], c->effect[i]);
    fprintf(to, "},\n  \"shards\":{");
    for (unsigned i = 0; i < settings.shards; i++)
        fprintf(to, "%s\"%s\":%lu", i ? "," : "", type_names[i], c->shard[i]);
    fprintf(to, "}");
}

static void
write_expect(const struct counts *counts, const struct counts *total)
{
    FILE *to = fopen(settings.expect, "w");
    char name[4096];

    if (!to)
        fail("cannot write", settings.expect);
    fprintf(to, "{\"totals\":{");
    print_counts(to, total);
    fprintf(to, "},\n\"files\":[");
    for (unsigned file = 0; file < settings.files; file++) {
        file_name(file, name, sizeof(name), false);
        fprintf(to, "%s{\"path\":\"%s\",", file ? ",\n" : "\n", name);
        print_counts(to, &counts[file]);
        fprintf(to, "}");
    }
    fprintf(to, "]}\n");
    if (fclose(to))
        fail("cannot write", settings.expect);
}

static void
sum(struct counts *total, const struct counts *counts)
{
    const uint64_t *from = (const uint64_t *)counts;
    uint64_t *to = (uint64_t *)total;

    for (size_t i = 0; i < sizeof(*total) / sizeof(*to); i++)
        to[i] += from[i];
}

static void
usage(int status)
{
    FILE *to = status ? stderr : stdout;

    fprintf(to, "usage: %s [OPTION]...\n", program_invocation_short_name);
    fputs(
        "  --files N       files, named like 20170929000000.tsv.gz (3)\n"
        "  --lines N       lines of each (1000)\n"
        "  --out DIR       where to (.)\n"
        "  --seed N        the same seed makes the same bytes (1)\n"
        "  --bad RATE      of the lines are bad, and as many odd (0)\n"
        "  --duplicates RATE  of the lines have the key of an earlier one (0)\n"
        "  --shards N      types: idfa gaid adid dvid; t0, t1, ... for more "
        "than 4 (4)\n"
        "  --level N       of gzip (6)\n"
        "  --plain         no gzip\n"
        "  --expect FILE   what a loader must count, as JSON\n"
        "  --processes N   at a time (as many as cores)\n",
        to);
    exit(status);
}

static unsigned long
number(const char *option, const char *text, unsigned long min,
    unsigned long max)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (end == text || *end || text[0] == '-' || n < min || n > max) {
        fprintf(stderr, "%s: --%s takes a number from %lu to %lu, not \"%s\"\n",
            program_invocation_short_name, option, min, max, text);
        exit(2);
    }
    return n;
}

static double
rate(const char *option, const char *text)
{
    char *end;
    double r = strtod(text, &end);

    if (end == text || *end || !(r >= 0 && r <= 0.5)) {
        fprintf(stderr, "%s: --%s takes 0 to 0.5, not \"%s\"\n",
            program_invocation_short_name, option, text);
        exit(2);
    }
    return r;
}

static void
read_options(int argc, char **argv)
{
    static const struct option options[] = {{"files", 1, NULL, 'f'},
        {"lines", 1, NULL, 'l'}, {"out", 1, NULL, 'o'}, {"seed", 1, NULL, 's'},
        {"bad", 1, NULL, 'b'}, {"duplicates", 1, NULL, 'd'},
        {"shards", 1, NULL, 'n'}, {"level", 1, NULL, 'L'},
        {"plain", 0, NULL, 'p'}, {"expect", 1, NULL, 'e'},
        {"processes", 1, NULL, 'j'}, {"help", 0, NULL, 'h'}, {0}};
    struct settings *s = &settings;
    int c, i = 0;

    s->processes = (unsigned long)sysconf(_SC_NPROCESSORS_ONLN);
    while ((c = getopt_long(argc, argv, "", options, &i)) != -1) {
        const char *name = options[i].name;

        switch (c) {
        case 'f':
            s->files = number(name, optarg, 0, MAX_FILES);
            break;
        case 'l':
            s->lines = number(name, optarg, 0, UINT32_MAX);
            break;
        case 'o':
            s->out = optarg;
            break;
        case 's':
            s->seed = number(name, optarg, 0, UINT64_MAX);
            break;
        case 'b':
            s->bad = rate(name, optarg);
            break;
        case 'd':
            s->duplicates = rate(name, optarg);
            break;
        case 'n':
            s->shards = number(name, optarg, 1, MAX_TYPES);
            break;
        case 'L':
            s->level = number(name, optarg, 0, 9);
            break;
        case 'p':
            s->is_plain = true;
            break;
        case 'e':
            s->expect = optarg;
            break;
        case 'j':
            s->processes = number(name, optarg, 1, MAX_FILES);
            break;
        default:
            usage(c == 'h' ? 0 : 2);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: no operands, please: \"%s\"\n",
            program_invocation_short_name, argv[optind]);
        usage(2);
    }
}

int
main(int argc, char **argv)
{
    struct counts *counts, total = {0};

    argv[0] = program_invocation_short_name; /* for getopt, too */
    read_options(argc, argv);
    lines_init(settings.shards, settings.seed);
    counts = mmap(NULL, sizeof(*counts) * (settings.files + 1),
        PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED)
        fail("no memory for", "the counts");
    make_files(counts);
    for (unsigned file = 0; file < settings.files; file++)
        sum(&total, &counts[file]);
    if (settings.expect)
        write_expect(counts, &total);
    return 0;
}

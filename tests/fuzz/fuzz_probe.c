/*
 * memc/probe: an answer in pieces says the same as at once, and what a reading
 * by whole lines finds in it.
 *
 * Head: piece sizes. Rest: what the server says.
 */
// FUZZ: -max_len=4096
#include "fuzz/fuzz.h"
#include "memc/probe_answer.h"
#include "memc/shard_map.h"
#include "memc/protocol.h"

/* A field of the facts, by the name the server gives it. */
static const char *const names[] = {"pid", "time", "uptime", "cmd_flush",
    "cmd_set", "evictions", "total_connections", "curr_connections", "maxconns",
    "item_size_max"};
enum {
    PID,
    TIME,
    UPTIME,
    CMD_FLUSH,
    CMD_SET,
    EVICTIONS,
    TOTAL_CONNECTIONS,
    CURR_CONNECTIONS,
    MAXCONNS,
    ITEM_SIZE_MAX,
    N_NAMES
};

/* The longest line that an answer may have, and its NUL. */
enum { LINE_BYTES = sizeof(((struct probe_answer *)0)->line) };

struct reading {
    enum probe_state state;
    unsigned answers;
    char version[32];
    bool has_meta;
    uint64_t value[N_NAMES];
    bool is_told[N_NAMES];
};

/* "STAT NAME NUMBER": what comes behind the number does not matter. */
static void
read_stat(struct reading *reading, const char *line)
{
    const char *name = line + 5 + strspn(line + 5, " \t\n\v\f\r");
    size_t n_name = strcspn(name, " \t\n\v\f\r");
    char *end;
    uint64_t value = strtoull(name + n_name, &end, 10);

    if (end == name + n_name || value > UINT64_C(4503599627370496))
        return;
    for (size_t i = 0; i < N_NAMES; i++)
        if (strlen(names[i]) == n_name && memcmp(name, names[i], n_name) == 0) {
            reading->value[i] = value;
            reading->is_told[i] = true;
        }
}

static void
read_line(struct reading *reading, const char *line)
{
    if (strncmp(line, "STAT ", 5) == 0) {
        read_stat(reading, line);
        return;
    }
    reading->state = PROBE_SENSELESS;
    switch (reading->answers) {
    case 0:
        if (strncmp(line, "VERSION ", 8) != 0)
            return;
        for (size_t i = 0; i < 31 && line[8 + i]; i++)
            reading->version[i] = line[8 + i];
        break;
    case 4:
        reading->has_meta =
            strcmp(line, "MN") == 0 && version_has_meta(reading->version);
        break;
    default:
        if (strcmp(line, "END") != 0 && strcmp(line, "ERROR") != 0)
            return;
        break;
    }
    reading->state = ++reading->answers == 5 ? PROBE_ANSWERED : PROBE_MORE;
}

static void
read_whole(struct reading *reading, const uint8_t *data, size_t n)
{
    char line[LINE_BYTES];

    *reading = (struct reading){0};
    while (n > 0 && reading->state == PROBE_MORE) {
        const uint8_t *lf = memchr(data, '\n', n);
        size_t n_line = lf ? (size_t)(lf - data) : n;

        if (n_line >= LINE_BYTES) {
            reading->state = PROBE_SENSELESS;
            return;
        }
        if (!lf)
            return;
        memcpy(line, data, n_line);
        line[n_line - (n_line > 0 && data[n_line - 1] == '\r')] = '\0';
        read_line(reading, line);
        data += n_line + 1;
        n -= n_line + 1;
    }
}

static void
check(const uint8_t *data, size_t n, struct pieces pieces,
    const struct reading *wanted)
{
    struct probe_answer answer = {0};
    struct server_facts facts = {0};
    enum probe_state state = PROBE_MORE;

    while (n > 0 && state == PROBE_MORE) {
        size_t piece = next_piece(&pieces, n);
        char *copy = exact_copy(data, piece);

        state = probe_feed(&answer, copy, piece, &facts);
        data += piece;
        n -= piece;
        free(copy);
    }
    must(state == wanted->state);
    must(strnlen(answer.line, sizeof(answer.line)) < sizeof(answer.line));
    must(facts.is_known == (state == PROBE_ANSWERED));
    must(strcmp(facts.version, wanted->version) == 0);
    must(facts.has_meta == wanted->has_meta);
    must(facts.pid == wanted->value[PID]);
    must(facts.cmd_flush == wanted->value[CMD_FLUSH]);
    must(facts.cmd_set == wanted->value[CMD_SET]);
    must(facts.total_connections == wanted->value[TOTAL_CONNECTIONS]);
    must(facts.evictions == wanted->value[EVICTIONS]);
    must(facts.curr_connections == wanted->value[CURR_CONNECTIONS]);
    must(facts.max_connections == wanted->value[MAXCONNS]);
    if (state != PROBE_ANSWERED)
        return;
    must(facts.item_size_max == (wanted->value[ITEM_SIZE_MAX]
                                        ? wanted->value[ITEM_SIZE_MAX]
                                        : ITEM_SIZE_MAX_DEFAULT));
    must(facts.started_at ==
         (wanted->is_told[TIME] && wanted->is_told[UPTIME]
                 ? (int64_t)(wanted->value[TIME] - wanted->value[UPTIME])
                 : 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct pieces by_one = {{1, 1, 1, 1}, 0}, at_once = {{0}, 0};
    struct feed feed = {data, n};
    struct reading wanted;
    struct pieces pieces;

    feed_pieces(&feed, &pieces);
    read_whole(&wanted, feed.at, feed.n);
    check(feed.at, feed.n, pieces, &wanted);
    check(feed.at, feed.n, by_one, &wanted);
    check(feed.at, feed.n, at_once, &wanted);
    return 0;
}

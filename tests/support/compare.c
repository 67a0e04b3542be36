/*
 * Is every key of these files on the servers, with the right bytes?
 *
 *     compare [-x] [-t] [-S] [-I ITEM_BYTES] -s NAME=ADDR[,ADDR...]... FILE...
 *
 * The control of the loader, so it shares nothing with src/: its own reader
 * (zlib), its own reading of the contract's table (strtod, strtoul), its own
 * decoder of the value. Lines the contract rejects are passed over, and so are
 * those of types that no -s names. In a file the last line of a key counts; of
 * several files any one's last line may be there. A pool's keys are looked for
 * where libmemcached's ketama puts them.
 *
 * -x: the servers hold these keys and nothing else. -t: items may expire.
 * -S: as with --strict. -I: the servers' item_size_max (1 MiB).
 *
 * Prints "checked N keys: N equal, N missing, N different" and the first few
 * that are not equal; exit status 1 unless all are.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmemcached/memcached.h>
#include <zlib.h>

#include "peer.h"
#include "wants.h"

enum {
    MAX_LINE_BYTES = 1 << 20,
    MAX_SHARDS = 1024,
    MAX_SERVERS = 4096,
    BURST_KEYS = 500, /* asked for before the first reply is read */
    TOLD = 10,        /* of those not equal, so many are named */
};

struct server {
    char *address;
    struct want *first;
    struct peer peer;
};

struct shard {
    char *name;
    unsigned first_server, n_servers;
    memcached_st *pool; /* NULL for one server */
};

static struct shard shards[MAX_SHARDS];
static struct server servers[MAX_SERVERS];
static unsigned n_shards, n_servers;
static bool may_expire, is_strict, nothing_else;
static size_t item_max = 1 << 20;

static size_t n_equal, n_missing, n_different;

/* --- a line --------------------------------------------------------------- */
static bool
read_double(const char *text, double *out)
{
    char *end;

    if (!*text || text[strspn(text, "0123456789+-.eE")])
        return false;
    *out = strtod(text, &end);
    return !*end && isfinite(*out);
}

static bool
read_app(char *text, uint32_t *out)
{
    size_t n;
    unsigned long long id;

    text += strspn(text, " ");
    n = strspn(text, "0123456789");
    if (n == 0 || text[n + strspn(text + n, " ")])
        return false;
    id = strtoull(text, NULL, 10);
    *out = (uint32_t)id;
    return id <= UINT32_MAX;
}

/* Fills want's apps; false when the line is to be rejected for one. */
static bool
read_apps(char *text, struct want *want, size_t *value_bytes)
{
    uint32_t *apps = apps_of(want), app;

    if (!*text)
        return true;
    for (char *next = text; (text = next);) {
        next = strchr(text, ',');
        if (next)
            *next++ = '\0';
        if (!read_app(text, &app)) {
            if (is_strict)
                return false;
            continue;
        }
        apps[want->n_apps++] = app;
        *value_bytes += 2;
        while (app >>= 7)
            *value_bytes += 1;
    }
    return true;
}

static struct shard *
find_shard(const char *name)
{
    for (unsigned i = 0; i < n_shards; i++)
        if (strcmp(shards[i].name, name) == 0)
            return &shards[i];
    return NULL;
}

static unsigned
server_of(const struct shard *shard, const char *key, size_t n)
{
    return shard->first_server +
           (shard->pool ? memcached_generate_hash(shard->pool, key, n) : 0);
}

/* The line ends in a NUL byte, which is not counted. */
static void
take_line(char *line, size_t n, uint32_t file)
{
    static struct want *draft; /* with room for the apps of any line */
    char *column[5] = {line};
    size_t key_bytes, value_bytes = 18, n_columns = 1;
    struct shard *shard;
    struct want *want;

    if (!draft)
        draft = malloc(sizeof(*draft) + MAX_KEY_BYTES + MAX_LINE_BYTES * 4);
    if (n > MAX_LINE_BYTES || memchr(line, '\0', n))
        return;
    for (char *tab = line; (tab = strchr(tab, '\t')); n_columns++) {
        if (n_columns == 5)
            return;
        *tab++ = '\0';
        column[n_columns] = tab;
    }
    if (n_columns != 5 || !*column[0] || !*column[1])
        return;
    key_bytes = (size_t)(column[2] - 1 - line);
    if (key_bytes > MAX_KEY_BYTES)
        return;
    shard = find_shard(column[0]);
    column[1][-1] = ':';
    for (size_t i = 0; i < key_bytes; i++)
        if ((unsigned char)line[i] <= 0x20 || line[i] == 0x7f)
            return;
    if (!shard || !read_double(column[2], &draft->lat) ||
        !read_double(column[3], &draft->lon))
        return;
    draft->n_apps = 0;
    draft->file = file;
    draft->key_bytes = (uint8_t)key_bytes;
    memcpy(draft->key, line, key_bytes);
    if (!read_apps(column[4], draft, &value_bytes) ||
        key_bytes + value_bytes + 59 > item_max)
        return;
    draft->hash = hash_of(draft->key, key_bytes);
    draft->server = (uint16_t)server_of(shard, draft->key, key_bytes);
    n = (size_t)((char *)(apps_of(draft) + draft->n_apps) - (char *)draft);
    want = room(n);
    memcpy(want, draft, n);
    add(want);
}

static void
take_file(const char *name, uint32_t file)
{
    enum { ROOM = 4 << 20 };
    static char text[ROOM + 1];
    size_t n = 0;
    bool is_first = true, is_too_long = false;
    gzFile from = gzopen(name, "r");
    int got, status;

    if (!from)
        fail("cannot be read", name);
    gzbuffer(from, 1 << 20);
    for (;;) {
        char *line = text, *end;

        got = gzread(from, text + n, (unsigned)(ROOM - n));
        n += got > 0 ? (size_t)got : 0;
        if (is_first && n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
            line += 3;
        is_first = false;
        gzerror(from, &status);
        if (got <= 0 && status == Z_OK)
            text[n++] = '\n'; /* whole, so its last line is */
        for (end = line; end < text + n; end++) {
            if (*end != '\n' && *end != '\r')
                continue;
            *end = '\0';
            if (!is_too_long)
                take_line(line, (size_t)(end - line), file);
            is_too_long = false;
            line = end + 1;
        }
        n = (size_t)(text + n - line);
        memmove(text, line, n);
        if (n > MAX_LINE_BYTES) {
            is_too_long = true;
            n = 0;
        }
        if (got <= 0)
            break;
    }
    gzclose(from);
}

/* --- what is there ---------------------------------------------------- */
static bool
take_varint(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
    unsigned shift = 0;

    for (*out = 0; *at < end && shift < 35; shift += 7) {
        uint8_t byte = *(*at)++;

        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return byte != 0 || shift == 0; /* the shortest form */
    }
    return false;
}

/* apps = 1 (varint, each with its tag), lat = 2 and lon = 3 (64 bits). */
static bool
is_value(struct want *want, const uint8_t *at, size_t n)
{
    const uint8_t *end = at + n;
    uint64_t app;

    for (uint32_t i = 0; i < want->n_apps; i++)
        if (at == end || *at++ != (1 << 3 | 0) ||
            !take_varint(&at, end, &app) || app != apps_of(want)[i])
            return false;
    return end - at == 18 && at[0] == (2 << 3 | 1) &&
           memcmp(at + 1, &want->lat, 8) == 0 && at[9] == (3 << 3 | 1) &&
           memcmp(at + 10, &want->lon, 8) == 0;
}

static void
check(struct peer *peer, struct want *want)
{
    char *line = peer_line(peer), *rest;
    const char *what = "missing";
    const struct want *asked = want;

    if (strncmp(line, "VA ", 3) == 0) {
        size_t n = strtoul(line + 3, &rest, 10);

        what = "different";
        if (strcmp(rest, " f0 t-1") == 0 ||
            (may_expire && strncmp(rest, " f0 t", 5) == 0))
            what = NULL;
        line = peer_need(peer, n + 2);
        peer->at += n + 2;
        while (want && !is_value(want, (uint8_t *)line, n))
            want = want->next;
        if (!what && want) {
            n_equal++;
            return;
        }
        n_different++;
        what = what ? "there with other flags or expiry" : "different";
    } else if (strcmp(line, "EN") == 0) {
        n_missing++;
    } else {
        fail(line, peer->address);
    }
    if (n_missing + n_different <= TOLD)
        fprintf(stderr, "compare: %.*s is %s on %s\n", asked->key_bytes,
            asked->key, what, peer->address);
}

/* Asks for a burst of keys, then reads that many replies. */
static struct want *
check_burst(struct peer *peer, struct want *want)
{
    static char text[BURST_KEYS * (MAX_KEY_BYTES + 16)];
    struct want *first = want;
    size_t n = 0, n_asked = 0;

    for (; want && n_asked < BURST_KEYS; want = want->queue, n_asked++) {
        memcpy(text + n, "mg ", 3);
        memcpy(text + n + 3, want->key, want->key_bytes);
        n += 3u + want->key_bytes;
        memcpy(text + n, " f t v\r\n", 8);
        n += 8;
    }
    peer_send(peer, text, n);
    for (want = first; n_asked > 0; want = want->queue, n_asked--)
        check(peer, want);
    return want;
}

static unsigned long
count_items(struct peer *peer)
{
    unsigned long n = 0;

    peer_send(peer, "stats\r\n", 7);
    for (;;) {
        const char *line = peer_line(peer);

        if (strncmp(line, "STAT curr_items ", 16) == 0)
            n = strtoul(line + 16, NULL, 10);
        if (strcmp(line, "END") == 0)
            return n;
    }
}

static unsigned long
check_servers(void)
{
    unsigned long n_items = 0;

    for (size_t i = 0; i < table_size; i++) {
        if (!table[i])
            continue;
        struct server *server = &servers[table[i]->server];

        table[i]->queue = server->first;
        server->first = table[i];
    }
    for (unsigned i = 0; i < n_servers; i++) {
        struct server *server = &servers[i];

        if (!server->first && !nothing_else)
            continue;
        peer_dial(&server->peer, server->address);
        for (struct want *want = server->first; want;)
            want = check_burst(&server->peer, want);
        if (nothing_else)
            n_items += count_items(&server->peer);
        peer_close(&server->peer);
    }
    return n_items;
}

/* --- the command line ----------------------------------------------------- */
static void
add_to_pool(struct shard *shard, const char *address)
{
    char host[256];
    const char *colon = strrchr(address, ':');

    if (strncmp(address, "unix:", 5) == 0) {
        memcached_server_add_unix_socket(shard->pool, address + 5);
        return;
    }
    snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - address) : 0,
        address);
    memcached_server_add(shard->pool, host,
        (in_port_t)strtoul(colon ? colon + 1 : "0", NULL, 10));
}

static void
add_shard(char *spec)
{
    struct shard *shard = &shards[n_shards++];
    char *address = strchr(spec, '=');

    if (!address || n_shards == MAX_SHARDS)
        fail("is no NAME=ADDR", spec);
    *address++ = '\0';
    shard->name = spec;
    shard->first_server = n_servers;
    if (strchr(address, ',')) {
        shard->pool = memcached_create(NULL);
        memcached_behavior_set(shard->pool, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED,
            1);
    }
    while (address && n_servers < MAX_SERVERS) {
        char *next = strchr(address, ',');

        if (next)
            *next++ = '\0';
        if (shard->pool)
            add_to_pool(shard, address);
        servers[n_servers++].address = address;
        address = next;
    }
    shard->n_servers = n_servers - shard->first_server;
}

int
main(int argc, char **argv)
{
    unsigned long n_items;
    int c;

    while ((c = getopt(argc, argv, "xtSI:s:")) != -1) {
        if (c == 'x')
            nothing_else = true;
        else if (c == 't')
            may_expire = true;
        else if (c == 'S')
            is_strict = true;
        else if (c == 'I')
            item_max = strtoul(optarg, NULL, 10);
        else if (c == 's')
            add_shard(optarg);
        else
            return 2;
    }
    if (n_shards == 0 || optind == argc) {
        fputs("usage: compare [-x] [-t] [-S] [-I ITEM_BYTES] "
              "-s NAME=ADDR[,ADDR...]... FILE...\n",
            stderr);
        return 2;
    }
    grow();
    for (int i = optind; i < argc; i++)
        take_file(argv[i], (uint32_t)i);
    n_items = check_servers();
    printf("checked %zu keys: %zu equal, %zu missing, %zu different\n", n_keys,
        n_equal, n_missing, n_different);
    if (nothing_else && n_items != n_keys) {
        printf("the servers hold %lu items\n", n_items);
        return 1;
    }
    return n_equal == n_keys ? 0 : 1;
}

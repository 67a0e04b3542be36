/*
 * The yardstick of scripts/bench: what a loader costs when it does nothing but
 * load.
 *
 *     bare [-p PROCESSES] [-w WINDOW_BYTES] -s ADDR,ADDR,ADDR,ADDR FILE...
 *
 * ISA-L, digit loops, protobuf-c, quiet meta sets in blocking writes of 256
 * KiB, a process per file. No accounting, no error handling, no retry: it
 * trusts its input and its servers, and ends at the first surprise. One `mn`
 * a server at the end, so that the time is that of processed requests.
 * The addresses are those of idfa, gaid, adid and dvid: host:port or
 * unix:/path. Uses nothing of src/ but the code protoc-c makes.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <isa-l.h>

#include "appsinstalled.pb-c.h"
#include "peer.h"

enum {
    N_SERVERS = 4,
    TEXT_BYTES = 1 << 20,
    MAX_APPS = 8192,
    VALUE_BYTES = MAX_APPS * 6 + 18,
    REQUEST_BYTES = VALUE_BYTES + 300,
};

struct server {
    struct peer peer;
    size_t n;
    char *window;
};

static const char types[N_SERVERS][5] = {"idfa", "gaid", "adid", "dvid"};
static char *addresses[N_SERVERS];
static size_t window_bytes = 256 << 10;
static struct server servers[N_SERVERS];
static uint64_t *n_lines; /* of all processes, shared */

static void
send_window(struct server *server)
{
    peer_send(&server->peer, server->window, server->n);
    server->n = 0;
}

static const char *
read_double(const char *at, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
        1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *start = at, *point = NULL;
    uint64_t n = 0;
    int is_negative = *at == '-';

    at += is_negative;
    for (;; at++) {
        unsigned digit = (unsigned char)*at - '0';

        if (digit < 10)
            n = n * 10 + digit;
        else if (*at == '.' && !point)
            point = at;
        else
            break;
    }
    if (at - start > 16 || (*at != '\t')) {
        char *end;

        *out = strtod(start, &end);
        return end;
    }
    *out = (double)n / powers[point ? at - point - 1 : 0];
    if (is_negative)
        *out = -*out;
    return at;
}

static char *
put_number(char *at, size_t n)
{
    char digits[20], *d = digits + sizeof(digits);

    do
        *--d = (char)('0' + n % 10);
    while (n /= 10);
    memcpy(at, d, (size_t)(digits + sizeof(digits) - d));
    return at + (digits + sizeof(digits) - d);
}

static void
store(const char *line)
{
    static uint8_t value[VALUE_BYTES];
    static uint32_t ids[MAX_APPS];
    UserApps apps = USER_APPS__INIT;
    struct server *server = servers;
    const char *id = line + 5, *id_end = strchr(id, '\t'), *at;
    size_t id_bytes = (size_t)(id_end - id), n, i = 0;
    char *to;

    while (memcmp(line, types[i], 4) != 0)
        i++;
    server += i;
    at = read_double(id_end + 1, &apps.lat);
    at = read_double(at + 1, &apps.lon);
    apps.has_lat = apps.has_lon = 1;
    apps.apps = ids;
    for (at++; *at != '\n'; at += *at == ',') {
        uint32_t app = 0;

        for (unsigned d; d = (unsigned char)*at - '0', d < 10; at++)
            app = app * 10 + d;
        ids[apps.n_apps++] = app;
    }
    n = user_apps__pack(&apps, value);

    to = server->window + server->n;
    memcpy(to, "ms ", 3);
    memcpy(to += 3, line, 4);
    to[4] = ':';
    memcpy(to += 5, id, id_bytes);
    to += id_bytes;
    *to++ = ' ';
    to = put_number(to, n);
    memcpy(to, " q\r\n", 4);
    memcpy(to += 4, value, n);
    memcpy(to += n, "\r\n", 2);
    server->n = (size_t)(to + 2 - server->window);
    if (server->n >= window_bytes)
        send_window(server);
}

static uint64_t
load(const unsigned char *bytes, size_t n_bytes)
{
    static char text[TEXT_BYTES + 1];
    static struct inflate_state inflate;
    size_t n = 0;
    uint64_t lines = 0;

    isal_inflate_init(&inflate);
    inflate.crc_flag = ISAL_GZIP;
    inflate.next_in = (unsigned char *)bytes;
    inflate.avail_in = (uint32_t)n_bytes;
    while (inflate.block_state != ISAL_BLOCK_FINISH) {
        char *line = text, *end;

        inflate.next_out = (unsigned char *)text + n;
        inflate.avail_out = (uint32_t)(TEXT_BYTES - n);
        if (isal_inflate(&inflate) != ISAL_DECOMP_OK)
            fail("is corrupt", "input");
        n = TEXT_BYTES - inflate.avail_out;
        for (; (end = memchr(line, '\n', n)); line = end + 1, lines++) {
            n -= (size_t)(end + 1 - line);
            store(line);
        }
        memmove(text, line, n);
    }
    return lines;
}

static void
load_file(const char *name)
{
    struct stat st;
    int fd = open(name, O_RDONLY);
    void *bytes;

    if (fd < 0 || fstat(fd, &st))
        fail("cannot be read", name);
    bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        fail("cannot be read", name);
    for (int i = 0; i < N_SERVERS; i++) {
        peer_dial(&servers[i].peer, addresses[i]);
        servers[i].window = malloc(window_bytes + REQUEST_BYTES);
    }
    __atomic_fetch_add(n_lines, load(bytes, (size_t)st.st_size),
        __ATOMIC_RELAXED);
    for (int i = 0; i < N_SERVERS; i++)
        send_window(&servers[i]);
    for (int i = 0; i < N_SERVERS; i++)
        peer_fence(&servers[i].peer);
}

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
load_files(char **names, int n, int processes)
{
    int started = 0, running = 0, status;

    while (started < n || running > 0) {
        if (started < n && running < processes) {
            pid_t pid = fork();

            if (pid < 0)
                fail("cannot fork", "bare");
            if (pid == 0) {
                load_file(names[started]);
                _exit(0);
            }
            started++;
            running++;
            continue;
        }
        if (wait(&status) < 0 || status != 0)
            exit(1);
        running--;
    }
}

int
main(int argc, char **argv)
{
    int c, processes = 2, n = 0;
    double started, elapsed, cpu;
    struct rusage usage;

    while ((c = getopt(argc, argv, "p:w:s:")) != -1) {
        if (c == 'p')
            processes = (int)strtol(optarg, NULL, 10);
        else if (c == 'w')
            window_bytes = strtoul(optarg, NULL, 10);
        else if (c == 's')
            for (char *a = optarg, *rest; n < N_SERVERS; a = rest + 1) {
                addresses[n++] = a;
                rest = strchr(a, ',');
                if (!rest)
                    break;
                *rest = '\0';
            }
        else
            return 2;
    }
    if (n < N_SERVERS || optind == argc || processes < 1 || window_bytes < 1) {
        fputs("usage: bare [-p PROCESSES] [-w WINDOW_BYTES] "
              "-s ADDR,ADDR,ADDR,ADDR FILE...\n",
            stderr);
        return 2;
    }
    n_lines = mmap(NULL, sizeof(*n_lines), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    started = now();
    load_files(argv + optind, argc - optind, processes);
    elapsed = now() - started;
    getrusage(RUSAGE_CHILDREN, &usage);
    cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
          (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("%lu lines in %.3f s: %.0f lines/s, %.2f CPU s a million lines\n",
        *n_lines, elapsed, (double)*n_lines / elapsed,
        cpu / ((double)*n_lines / 1e6));
    return 0;
}

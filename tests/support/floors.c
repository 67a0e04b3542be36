/*
 * The floors under scripts/bench: what the parts of a load cost by themselves.
 *
 *     floors inflate [-p N] FILE...              inflating alone
 *     floors pack [-p N] FILE...                 and lines, records, values
 *     floors servers [-p N] -s ADDR,... FILE...  the servers alone
 *
 * inflate and pack use the loader's own rooms, a process a file, N (2) at a
 * time, one thread each. servers builds all requests in memory first and then
 * times nothing but sending them, in blocking writes of 256 KiB, and the fence
 * at the end: no loader is faster on that machine. It sends a file a thread,
 * N at a time, as a loader would; with -p 0 a thread a server. The addresses
 * are those of idfa, gaid, adid and dvid.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"
#include "record/record.h"
#include "source/inflater.h"
#include "source/lines.h"
#include "source/source.h"

enum {
    N_SERVERS = 4,
    WINDOW_BYTES = 256 << 10,
    TEXT_BYTES = 1 << 20,
    MAX_LINE = 1 << 20,
    BLOCK_LINES = 20000,
    HEAD_BYTES = KEY_MAX_BYTES + 40,
};

/* Requests for one server. */
struct requests {
    char *bytes;
    size_t n, room;
};

/* What became of the files, shared by the processes. */
struct sums {
    uint64_t lines, text_bytes, value_bytes;
};

static const char types[N_SERVERS][5] = {"idfa", "gaid", "adid", "dvid"};
static char *addresses[N_SERVERS];
static char **files;
static size_t n_files;
static struct sums *sums;
static struct requests (*requests)[N_SERVERS]; /* of each file */

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
check_end(enum source_state state, const char *name, const struct err *err)
{
    if (state != SOURCE_END)
        fail(err->text, name);
}

static int
open_file(const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        fail("cannot be read", name);
    return fd;
}

static void
inflate_file(size_t file)
{
    static char text[TEXT_BYTES];
    int fd = open_file(files[file]);
    struct source *source = source_open(fd, -1, inflaters()[0]->name);
    enum source_state state = SOURCE_MORE;
    uint64_t total = 0;
    struct err err = {0};
    size_t n;

    while (state == SOURCE_MORE) {
        state = source_read(source, text, sizeof(text), &n, &err);
        total += n;
    }
    check_end(state, files[file], &err);
    source_close(source);
    close(fd);
    __atomic_fetch_add(&sums->text_bytes, total, __ATOMIC_RELAXED);
}

/* --- lines into values ---------------------------------------------------- */
static int
find_type(const struct column *type)
{
    for (int i = 0; i < N_SERVERS; i++)
        if (type->n_bytes == 4 && memcmp(type->at, types[i], 4) == 0)
            return i;
    return -1;
}

/* The value's bytes, at the start of `value`; 0 for a line of no use. */
static size_t
pack_line(const char *line, size_t n_bytes, struct columns *columns,
    struct app_list *apps, uint8_t **value, size_t *room)
{
    struct record record;
    const char *detail;

    if (record_is_blank(line, n_bytes) ||
        record_split(line, n_bytes, columns, &detail) != REASON_NONE ||
        find_type(&columns->column[COL_DEV_TYPE]) < 0 ||
        record_parse(columns, false, apps, &record, &detail) != REASON_NONE)
        return 0;
    if (record_pack_room(&record) > *room) {
        *room = record_pack_room(&record) * 2;
        free(*value);
        *value = malloc(*room);
        if (!*value)
            fail("no memory", "a value");
    }
    return record_pack(&record, *value);
}

static void
keep(struct requests *to, const struct columns *columns, const uint8_t *value,
    size_t n)
{
    char key[KEY_MAX_BYTES];
    size_t key_bytes = record_key(columns, key);

    if (to->room - to->n < n + HEAD_BYTES) {
        to->room = to->room * 2 + (64 << 20) + n;
        to->bytes = realloc(to->bytes, to->room);
        if (!to->bytes)
            fail("no memory", "requests");
    }
    to->n += (size_t)snprintf(to->bytes + to->n, HEAD_BYTES,
        "ms %.*s %zu q\r\n", (int)key_bytes, key, n);
    memcpy(to->bytes + to->n, value, n);
    memcpy(to->bytes + to->n + n, "\r\n", 2);
    to->n += n + 2;
}

static void
pack_file(size_t file, bool is_kept)
{
    int fd = open_file(files[file]);
    struct source *source = source_open(fd, -1, inflaters()[0]->name);
    struct line_reader *reader = line_reader_new(source, MAX_LINE);
    size_t text_room = line_room(MAX_LINE) + (BLOCK_LINES * 400);
    struct line_block block = {.text = malloc(text_room),
        .room_bytes = text_room,
        .lines = malloc(BLOCK_LINES * sizeof(struct line)),
        .room_lines = BLOCK_LINES};
    enum source_state state = SOURCE_MORE;
    struct app_list apps = {0};
    struct columns columns;
    struct sums sum = {0};
    uint8_t *value = NULL;
    size_t room = 0;
    struct err err = {0};

    while (state == SOURCE_MORE) {
        state = line_reader_fill(reader, &block, &err);
        sum.text_bytes += block.text_bytes;
        for (size_t i = 0; i < block.n_lines; i++) {
            struct line line = block.lines[i];
            size_t n = line.fault
                           ? 0
                           : pack_line(block.text + line.at, line.n_bytes,
                                 &columns, &apps, &value, &room);

            sum.lines++;
            sum.value_bytes += n;
            if (n && is_kept)
                keep(&requests[file][find_type(&columns.column[COL_DEV_TYPE])],
                    &columns, value, n);
        }
    }
    check_end(state, files[file], &err);
    free(value);
    free(block.text);
    free(block.lines);
    app_list_release(&apps);
    line_reader_free(reader);
    source_close(source);
    close(fd);
    __atomic_fetch_add(&sums->lines, sum.lines, __ATOMIC_RELAXED);
    __atomic_fetch_add(&sums->text_bytes, sum.text_bytes, __ATOMIC_RELAXED);
    __atomic_fetch_add(&sums->value_bytes, sum.value_bytes, __ATOMIC_RELAXED);
}

static void
run_processes(bool is_packed, size_t processes)
{
    size_t started = 0, running = 0;
    int status;

    while (started < n_files || running > 0) {
        if (started < n_files && running < processes) {
            pid_t pid = fork();

            if (pid < 0)
                fail("cannot fork", "floors");
            if (pid == 0) {
                if (is_packed)
                    pack_file(started, false);
                else
                    inflate_file(started);
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

/* --- the servers alone ---------------------------------------------------- */
static size_t next_file;

/* A window to each server in turn, as the lines of a file would fill them. */
static void
send_file(size_t file)
{
    struct peer peers[N_SERVERS];
    size_t sent[N_SERVERS] = {0};
    bool is_more = true;

    for (int i = 0; i < N_SERVERS; i++)
        peer_dial(&peers[i], addresses[i]);
    while (is_more) {
        is_more = false;
        for (int i = 0; i < N_SERVERS; i++) {
            const struct requests *from = &requests[file][i];
            size_t n = from->n - sent[i];

            if (n > WINDOW_BYTES)
                n = WINDOW_BYTES;
            peer_send(&peers[i], from->bytes + sent[i], n);
            sent[i] += n;
            is_more |= sent[i] < from->n;
        }
    }
    for (int i = 0; i < N_SERVERS; i++)
        peer_fence(&peers[i]);
    for (int i = 0; i < N_SERVERS; i++)
        peer_close(&peers[i]);
}

static void *
send_files(void *unused)
{
    size_t file;

    while ((file = __atomic_fetch_add(&next_file, 1, __ATOMIC_RELAXED)) <
           n_files)
        send_file(file);
    return unused;
}

static void *
send_to_server(void *server)
{
    size_t i = (size_t)server, sent, n;
    struct peer peer;

    peer_dial(&peer, addresses[i]);
    for (size_t file = 0; file < n_files; file++)
        for (sent = 0; sent < requests[file][i].n; sent += n) {
            n = requests[file][i].n - sent;
            n = n < WINDOW_BYTES ? n : WINDOW_BYTES;
            peer_send(&peer, requests[file][i].bytes + sent, n);
        }
    peer_fence(&peer);
    peer_close(&peer);
    return NULL;
}

/* Returns the seconds that sending took. */
static double
run_servers(size_t n_threads)
{
    pthread_t threads[64];
    double started;
    size_t n = n_threads ? n_threads : N_SERVERS;

    requests = calloc(n_files, sizeof(*requests));
    if (!requests)
        fail("no memory", "requests");
    for (size_t file = 0; file < n_files; file++)
        pack_file(file, true);
    started = now();
    for (size_t i = 0; i < n; i++)
        if (pthread_create(&threads[i], NULL,
                n_threads ? send_files : send_to_server, (void *)i))
            fail("cannot start a thread", "floors");
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    return now() - started;
}

static void
usage(void)
{
    fputs("usage: floors inflate|pack [-p N] FILE...\n"
          "       floors servers [-p N] -s ADDR,ADDR,ADDR,ADDR FILE...\n",
        stderr);
    exit(2);
}

static double
cpu_seconds(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int
main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    bool is_servers = strcmp(command, "servers") == 0;
    size_t processes = 2, n = 0;
    double elapsed, started;
    int c;

    optind = 2;
    while (argc > 2 && (c = getopt(argc, argv, "p:s:")) != -1) {
        if (c == 'p')
            processes = strtoul(optarg, NULL, 10);
        else if (c == 's')
            for (char *a = optarg; a && n < N_SERVERS;)
                addresses[n++] = strsep(&a, ",");
        else
            usage();
    }
    n_files = optind < argc ? (size_t)(argc - optind) : 0;
    files = argv + optind;
    if (n_files == 0 || processes > 64)
        usage();
    sums = mmap(NULL, sizeof(*sums), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    started = now();
    if (strcmp(command, "inflate") == 0 && processes > 0)
        run_processes(false, processes);
    else if (strcmp(command, "pack") == 0 && processes > 0)
        run_processes(true, processes);
    else if (!is_servers || n != N_SERVERS)
        usage();
    elapsed = is_servers ? run_servers(processes) : now() - started;
    printf("%lu lines, %lu bytes of text in %.3f s, CPU %.3f s\n", sums->lines,
        sums->text_bytes, elapsed,
        cpu_seconds(is_servers ? RUSAGE_SELF : RUSAGE_CHILDREN));
    return 0;
}

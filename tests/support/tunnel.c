/*
 * A network that misbehaves: two network namespaces, joined by this program,
 * which forwards between a TUN device in each and loses, delays, repeats, holds
 * back or forges what it is told to. Needs root and /dev/net/tun.
 *
 *     tunnel [SEED]
 *
 * The client's address is 10.77.0.1, the server's 10.77.0.2. Says "PID A B":
 * the namespaces are /proc/PID/fd/A (client) and B (server). Then each line of
 * standard input is a command, answered by "ok"; its end ends the program:
 *
 *     loss PERCENT            delay MS JITTER_MS
 *     duplicate PERCENT       rate KBIT (0: unlimited), a queue of half a
 * second reorder PERCENT         so many overtake those that are delayed hole
 * none|both|up|down  nothing passes; up: from the client to the server forget
 * nothing passes on the connections of now reset both|client|server forged
 * resets end the connections of now for these sides; what is delayed arrives
 * all the same
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum side { CLIENT, SERVER };

enum {
    PACKET_BYTES = 2048,
    MOST_PACKETS = 1 << 14,
    MOST_CONNECTIONS = 1 << 12,
    QUEUE_MS = 500,
    RST_BYTES = 40,
};

enum { MOST_WAIT_NS = 999999999 };
enum { FLAG_SYN = 0x02, FLAG_RST = 0x04, FLAG_ACK = 0x10 };

struct packet {
    int64_t due_ns;
    uint64_t serial;
    enum side to;
    size_t n;
    unsigned char bytes[PACKET_BYTES];
};

struct connection {
    uint16_t port[2];
    uint32_t ack[2];  /* the last one that a side sent: what it expects next */
    bool is_dead;     /* nothing passes */
    bool is_reset[2]; /* for that side */
};

static int device[2], name_space[2];
static const char *const address[2] = {"10.77.0.1", "10.77.0.2"};
static struct packet *queue[MOST_PACKETS]; /* a heap by due_ns */
static size_t n_queued, n_connections;
static struct connection connections[MOST_CONNECTIONS];
static uint64_t n_packets, random_state;
static double loss, duplicate, reorder;
static int64_t delay_ns, jitter_ns, kbit, free_at_ns[2];
static bool is_hole[2]; /* for what comes from that side */

static void
check(bool is_true, const char *what)
{
    if (is_true)
        return;
    perror(what);
    exit(1);
}

/* ------------------------------------------------------- the namespaces --- */

static void
bring_up(int fd, const char *name, const char *ip)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct ifreq request = {0};

    snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
    if (ip) {
        inet_pton(AF_INET, ip, &in.sin_addr);
        memcpy(&request.ifr_addr, &in, sizeof(in));
        check(ioctl(fd, SIOCSIFADDR, &request) == 0, "SIOCSIFADDR");
        inet_pton(AF_INET, "255.255.255.0", &in.sin_addr);
        memcpy(&request.ifr_netmask, &in, sizeof(in));
        check(ioctl(fd, SIOCSIFNETMASK, &request) == 0, "SIOCSIFNETMASK");
    }
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    check(ioctl(fd, SIOCSIFFLAGS, &request) == 0, "SIOCSIFFLAGS");
}

static void
make_side(enum side side)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd;

    check(unshare(CLONE_NEWNET) == 0, "unshare");
    name_space[side] = open("/proc/self/ns/net", O_RDONLY);
    device[side] = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    check(device[side] >= 0, "/dev/net/tun");
    snprintf(request.ifr_name, IFNAMSIZ, "tun0");
    check(ioctl(device[side], TUNSETIFF, &request) == 0, "TUNSETIFF");
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    bring_up(fd, "lo", NULL);
    bring_up(fd, "tun0", address[side]);
    close(fd);
}

/* -------------------------------------------------------------- packets --- */

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* From 0 on, below 1. */
static double
random_part(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) / (double)(UINT64_C(1) << 53);
}

static bool
happens(double percent)
{
    return random_part() * 100 < percent;
}

static uint16_t
get16(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t
get32(const unsigned char *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void
put16(unsigned char *at, uint16_t value)
{
    value = htons(value);
    memcpy(at, &value, sizeof(value));
}

static void
put32(unsigned char *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof(value));
}

static uint32_t
sum16(const unsigned char *bytes, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i += 2)
        sum += get16(bytes + i);
    return sum;
}

static uint16_t
checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void
deliver(enum side to, const unsigned char *bytes, size_t n)
{
    /* a device that is full loses it, as networks do */
    if (write(device[to], bytes, n) < 0)
        return;
}

static void
send_reset(const struct connection *connection, enum side to)
{
    unsigned char bytes[RST_BYTES] = {0x45};
    unsigned char *tcp = bytes + 20;

    put16(bytes + 2, RST_BYTES);
    bytes[8] = 64;
    bytes[9] = IPPROTO_TCP;
    inet_pton(AF_INET, address[!to], bytes + 12);
    inet_pton(AF_INET, address[to], bytes + 16);
    put16(bytes + 10, checksum(sum16(bytes, 20)));
    put16(tcp, connection->port[!to]);
    put16(tcp + 2, connection->port[to]);
    put32(tcp + 4, connection->ack[to]);
    tcp[12] = 5 << 4;
    tcp[13] = FLAG_RST;
    put16(tcp + 16,
        checksum(sum16(bytes + 12, 8) + IPPROTO_TCP + 20 + sum16(tcp, 20)));
    deliver(to, bytes, sizeof(bytes));
}

/* NULL: no TCP, or too many. */
static struct connection *
connection_of(const unsigned char *bytes, size_t n, enum side from)
{
    const unsigned char *tcp = bytes + (bytes[0] & 15) * 4;
    struct connection *at = connections, *end = at + n_connections;
    uint16_t port[2];

    if (n < 40 || bytes[0] >> 4 != 4 || bytes[9] != IPPROTO_TCP)
        return NULL;
    port[from] = get16(tcp);
    port[!from] = get16(tcp + 2);
    while (at < end && (at->port[0] != port[0] || at->port[1] != port[1]))
        at++;
    if (at == end && n_connections == MOST_CONNECTIONS)
        return NULL;
    if (at == end || (tcp[13] & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN)
        *at = (struct connection){.port = {port[0], port[1]}};
    n_connections += at == end;
    if (tcp[13] & FLAG_ACK)
        at->ack[from] = get32(tcp + 8);
    return at;
}

/* ------------------------------------------------------------ the queue --- */

static bool
is_before(const struct packet *a, const struct packet *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns
                                  : a->serial < b->serial;
}

static void
swap(size_t i, size_t j)
{
    struct packet *it = queue[i];

    queue[i] = queue[j];
    queue[j] = it;
}

static void
push(enum side to, const unsigned char *bytes, size_t n, int64_t due_ns)
{
    struct packet *packet;
    size_t i = n_queued;

    if (n_queued == MOST_PACKETS || !(packet = malloc(sizeof(*packet))))
        return;
    packet->due_ns = due_ns;
    packet->serial = n_packets++;
    packet->to = to;
    packet->n = n;
    memcpy(packet->bytes, bytes, n);
    queue[n_queued++] = packet;
    for (; i && is_before(queue[i], queue[(i - 1) / 2]); i = (i - 1) / 2)
        swap(i, (i - 1) / 2);
}

static struct packet *
pop(void)
{
    struct packet *first = queue[0];

    queue[0] = queue[--n_queued];
    for (size_t i = 0, j; (j = 2 * i + 1) < n_queued; i = j) {
        j += j + 1 < n_queued && is_before(queue[j + 1], queue[j]);
        if (!is_before(queue[j], queue[i]))
            break;
        swap(i, j);
    }
    return first;
}

static void
enqueue(enum side from, const unsigned char *bytes, size_t n)
{
    int64_t now = now_ns(), due = now;

    if (kbit) {
        if (free_at_ns[from] - now > QUEUE_MS * INT64_C(1000000))
            return;
        if (free_at_ns[from] < now)
            free_at_ns[from] = now;
        due = free_at_ns[from] += (int64_t)n * 8 * 1000000 / kbit;
    }
    if (!happens(reorder))
        due +=
            delay_ns + (int64_t)((2 * random_part() - 1) * (double)jitter_ns);
    push(!from, bytes, n, due);
}

static void
take(enum side from)
{
    unsigned char bytes[PACKET_BYTES];
    struct connection *connection;
    ssize_t n;

    while ((n = read(device[from], bytes, sizeof(bytes))) > 0) {
        connection = connection_of(bytes, (size_t)n, from);
        if (!connection)
            continue;
        if (connection->is_reset[from])
            send_reset(connection, from);
        if (connection->is_dead || is_hole[from] || happens(loss))
            continue;
        enqueue(from, bytes, (size_t)n);
        if (happens(duplicate))
            enqueue(from, bytes, (size_t)n);
    }
}

/* What is due arrives; when to look again: nanoseconds, less than a second. */
static int64_t
forward(void)
{
    struct packet *packet;
    int64_t wait_ns;

    while (n_queued && queue[0]->due_ns <= now_ns()) {
        packet = pop();
        if (!is_hole[!packet->to])
            deliver(packet->to, packet->bytes, packet->n);
        free(packet);
    }
    wait_ns = n_queued ? queue[0]->due_ns - now_ns() : MOST_WAIT_NS;
    return wait_ns < 0 ? 0 : wait_ns < MOST_WAIT_NS ? wait_ns : MOST_WAIT_NS;
}

/* --------------------------------------------------------- the commands --- */

static void
end_all(bool client, bool server)
{
    for (size_t i = 0; i < n_connections; i++) {
        struct connection *it = &connections[i];

        if (it->is_dead)
            continue;
        it->is_dead = true;
        it->is_reset[CLIENT] = client;
        it->is_reset[SERVER] = server;
        if (client)
            send_reset(it, CLIENT);
        if (server)
            send_reset(it, SERVER);
    }
}

static void
obey(const char *line)
{
    char what[16] = "", word[16] = "";
    double first, second = 0;

    sscanf(line, "%15s %15s %lf", what, word, &second);
    first = strtod(word, NULL);
    if (strcmp(what, "loss") == 0) {
        loss = first;
    } else if (strcmp(what, "duplicate") == 0) {
        duplicate = first;
    } else if (strcmp(what, "reorder") == 0) {
        reorder = first;
    } else if (strcmp(what, "delay") == 0) {
        delay_ns = (int64_t)(first * 1e6);
        jitter_ns = (int64_t)(second * 1e6);
    } else if (strcmp(what, "rate") == 0) {
        kbit = (int64_t)first;
    } else if (strcmp(what, "hole") == 0) {
        is_hole[CLIENT] = strcmp(word, "both") == 0 || strcmp(word, "up") == 0;
        is_hole[SERVER] =
            strcmp(word, "both") == 0 || strcmp(word, "down") == 0;
    } else if (strcmp(what, "forget") == 0) {
        end_all(false, false);
    } else if (strcmp(what, "reset") == 0) {
        end_all(strcmp(word, "server") != 0, strcmp(word, "client") != 0);
    } else {
        fprintf(stderr, "tunnel: no such command: %s\n", line);
        exit(2);
    }
    puts("ok");
}

/* False: standard input has ended. */
static bool
read_commands(void)
{
    static char text[4096];
    static size_t n;
    ssize_t got = read(STDIN_FILENO, text + n, sizeof(text) - 1 - n);
    char *lf;

    if (got <= 0)
        return false;
    n += (size_t)got;
    while ((lf = memchr(text, '\n', n))) {
        *lf++ = '\0';
        obey(text);
        n -= (size_t)(lf - text);
        memmove(text, lf, n);
    }
    return true;
}

int
main(int argc, char **argv)
{
    struct pollfd fds[3] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    struct timespec wait = {0};

    random_state = strtoull(argc > 1 ? argv[1] : "1", NULL, 10) * 2 + 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (enum side side = CLIENT; side <= SERVER; side++) {
        make_side(side);
        fds[1 + side] = (struct pollfd){.fd = device[side], .events = POLLIN};
    }
    printf("%d %d %d\n", (int)getpid(), name_space[CLIENT], name_space[SERVER]);
    do {
        take(CLIENT);
        take(SERVER);
        wait.tv_nsec = forward();
        fds[0].revents = 0;
        ppoll(fds, 3, &wait, NULL);
    } while (!fds[0].revents || read_commands());
    return 0;
}

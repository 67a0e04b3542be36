/*
 * LD_PRELOAD: hosts that no machine has, for tests of what names come to.
 *
 *   FAKE_HOSTS="two.test=0,127.0.0.2,127.0.0.1 slow.test=3000"
 *
 * Each is NAME=MILLISECONDS[,ADDRESS]...: it takes that long to be resolved,
 * to these addresses in this order, or, without any, to "try again".
 */
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int resolve(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);

/* What FAKE_HOSTS says of the name, into rule; false: nothing. */
static int
find_rule(const char *name, char *rule, size_t room)
{
    const char *at = getenv("FAKE_HOSTS");
    size_t n = strlen(name);

    while (at && *at) {
        size_t whole = strcspn(at, " ");

        if (whole > n && at[n] == '=' && memcmp(at, name, n) == 0) {
            snprintf(rule, room, "%.*s", (int)(whole - n - 1), at + n + 1);
            return 1;
        }
        at += whole + (at[whole] == ' ');
    }
    return 0;
}

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
    struct addrinfo **out)
{
    static resolve *real;
    struct addrinfo *first = NULL, **end = &first;
    char rule[256], *rest = rule, *word;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!name || !find_rule(name, rule, sizeof(rule)))
        return real(name, service, hints, out);
    poll(NULL, 0, (int)strtol(strsep(&rest, ","), NULL, 10));
    while ((word = strsep(&rest, ","))) {
        int rc = real(word, service, hints, end);

        if (rc)
            return rc;
        while (*end)
            end = &(*end)->ai_next;
    }
    *out = first;
    return first ? 0 : EAI_AGAIN;
}

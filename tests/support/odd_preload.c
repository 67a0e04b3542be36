/*
 * LD_PRELOAD: an odd machine, for tests of what mode `set` leans on.
 *
 *   FAKE_AHEAD_S=N   the wall clock of clock_gettime() and time() is N seconds
 *                    ahead of the kernel's: as if that had been set back
 *                    since. The monotonic clock is what it is.
 *   FAKE_NSS_SOCKET  if set: resolving a name leaves a socket open, as name
 *                    services that ask a daemon do.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

int
clock_gettime(clockid_t clock, struct timespec *out)
{
    static int (*real)(clockid_t, struct timespec *);
    const char *text = getenv("FAKE_AHEAD_S");
    int rc;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    rc = real(clock, out);
    if (rc == 0 && clock == CLOCK_REALTIME && text)
        out->tv_sec += strtol(text, NULL, 10);
    return rc;
}

time_t
time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

int
getaddrinfo(const char *restrict host, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    static int (*real)(const char *, const char *, const struct addrinfo *,
        struct addrinfo **);
    int pair[2];

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (getenv("FAKE_NSS_SOCKET") && socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return EAI_SYSTEM;
    return real(host, service, hints, out);
}

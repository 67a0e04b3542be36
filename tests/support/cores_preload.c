/*
 * LD_PRELOAD: the machine has FAKE_CORES cores, for a test of how much memory
 * the loader takes on a large one. Everything that asks glibc how many there
 * are gets that number; the kernel goes on scheduling on those it has.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static int
fake_cores(void)
{
    const char *text = getenv("FAKE_CORES");

    return text ? (int)strtol(text, NULL, 10) : 64;
}

int
get_nprocs(void)
{
    return fake_cores();
}

int
get_nprocs_conf(void)
{
    return fake_cores();
}

long
sysconf(int name)
{
    static long (*real)(int);

    if (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF)
        return fake_cores();
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sysconf");
    return real(name);
}

static int
fill(size_t size, cpu_set_t *set)
{
    if ((size_t)fake_cores() > size * 8)
        return EINVAL;
    memset(set, 0, size);
    for (int i = 0; i < fake_cores(); i++)
        CPU_SET_S((size_t)i, size, set);
    return 0;
}

int
sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    (void)pid;
    errno = fill(size, set);
    return errno ? -1 : 0;
}

int
pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *set)
{
    (void)thread;
    return fill(size, set);
}

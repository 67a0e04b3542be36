#include "bench/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"
#include "base/tool.h"
#include "settings/settings.h"
#include "source/inflater.h"

/* Declared here, since only the files that use a library include its header. */
const char *memcached_lib_version(void);
const char *protobuf_c_version(void);

/* It only prints a line. */
enum { VERSION_MS = 5000 };

static void
keep(char *to, size_t room, const char *text)
{
    snprintf(to, room, "%s", text);
}

/* "model name	: AMD EPYC" of the first core; not every kernel has the line. */
static void
read_cpu(char *to, size_t room)
{
    static const char start[] = "model name";
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[512];

    while (file && fgets(line, sizeof(line), file)) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, start, sizeof(start) - 1) != 0 || !colon)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        snprintf(to, room, "%.*s", (int)strcspn(colon, "\n"), colon);
        break;
    }
    if (file)
        fclose(file);
}

static void
read_kernel(char *to, size_t room)
{
    struct utsname name;

    if (uname(&name) == 0)
        snprintf(to, room, "%s %s %s", name.sysname, name.release,
            name.machine);
}

/* "memcached 1.6.18" */
static void
read_memcached(char *to, size_t room)
{
    static const char *const argv[] = {"memcached", "-V", NULL};
    static const char start[] = "memcached ";
    struct text out = {0}, said = {0};
    struct err err;

    if (tool_run(argv, NULL, VERSION_MS, &out, &said, &err) == 0 &&
        out.n_bytes > sizeof(start) - 1 &&
        memcmp(out.data, start, sizeof(start) - 1) == 0) {
        const char *version = out.data + sizeof(start) - 1;

        snprintf(to, room, "%.*s", (int)strcspn(version, " \r\n"), version);
    }
    text_release(&out);
    text_release(&said);
}

/* "zlib 1.2.13" of the inflater with that name. */
static void
read_inflater(const char *name, char *to, size_t room)
{
    const struct inflater_type *type = inflater_find(name);
    const char *version = type ? type->version() : "";
    const char *blank = strrchr(version, ' ');

    keep(to, room, blank ? blank + 1 : version);
}

void
machine_read(struct bench_machine *machine)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);

    *machine = (struct bench_machine){.cores = settings_cores()};
    if (pages > 0 && page_bytes > 0)
        machine->memory_bytes = (uint64_t)pages * (uint64_t)page_bytes;
    read_cpu(machine->cpu, sizeof(machine->cpu));
    read_kernel(machine->kernel, sizeof(machine->kernel));
    read_memcached(machine->memcached, sizeof(machine->memcached));
    keep(machine->libmemcached, sizeof(machine->libmemcached),
        memcached_lib_version());
    keep(machine->protobuf_c, sizeof(machine->protobuf_c),
        protobuf_c_version());
    read_inflater("zlib", machine->zlib, sizeof(machine->zlib));
    read_inflater("isal", machine->isal, sizeof(machine->isal));
}

uint64_t
machine_memory_available(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    uint64_t kbytes = 0;
    char line[128];

    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kbytes) == 1)
            break;
    if (file)
        fclose(file);
    return kbytes * 1024;
}

#include "bench/memory.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t
memory_available(void)
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

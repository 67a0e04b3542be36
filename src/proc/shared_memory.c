#include "proc/shared_memory.h"

#include <sys/mman.h>

#include "base/mem.h"

void *
shared_memory_new(size_t n_bytes)
{
    void *memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        die("out of memory (%zu bytes wanted, shared)", n_bytes);
    return memory;
}

void
shared_memory_free(void *memory, size_t n_bytes)
{
    if (memory)
        munmap(memory, n_bytes);
}

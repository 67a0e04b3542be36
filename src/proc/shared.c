#include "proc/shared.h"

#include <sys/mman.h>

#include "base/mem.h"

void *
shared_new(size_t n_bytes)
{
    void *at = mmap(NULL, n_bytes ? n_bytes : 1, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        die("out of memory (%zu bytes wanted, shared)", n_bytes);
    return at;
}

void
shared_free(void *at, size_t n_bytes)
{
    if (at)
        munmap(at, n_bytes ? n_bytes : 1);
}

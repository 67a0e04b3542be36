#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *
got(void *memory, size_t n_bytes)
{
    if (!memory)
        die("out of memory (%zu bytes wanted)", n_bytes);
    return memory;
}

void *
mem_new(size_t n_bytes)
{
    return got(malloc(n_bytes ? n_bytes : 1), n_bytes);
}

void *
mem_zero(size_t n, size_t each_bytes)
{
    return got(calloc(n ? n : 1, each_bytes), n * each_bytes);
}

void *
mem_grow(void *old, size_t n, size_t each_bytes)
{
    size_t n_bytes;

    if (__builtin_mul_overflow(n, each_bytes, &n_bytes))
        die("out of memory (%zu x %zu bytes wanted)", n, each_bytes);
    return got(realloc(old, n_bytes ? n_bytes : 1), n_bytes);
}

char *
mem_text(const char *text)
{
    return got(strdup(text), strlen(text) + 1);
}

void *
mem_pages(size_t n_bytes)
{
    void *pages = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return got(pages == MAP_FAILED ? NULL : pages, n_bytes);
}

void
mem_pages_free(void *pages, size_t n_bytes)
{
    if (pages)
        munmap(pages, n_bytes);
}

char *
mem_format(const char *format, ...)
{
    char *text = NULL;
    va_list ap;
    int n;

    va_start(ap, format);
    n = vasprintf(&text, format, ap);
    va_end(ap);
    return got(n < 0 ? NULL : text, 0);
}

void
die(const char *format, ...)
{
    char text[512];
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(text, sizeof(text) - 1, format, ap);
    va_end(ap);
    if (n >= (int)sizeof(text) - 1)
        n = (int)sizeof(text) - 2;
    if (n < 0)
        n = 0;
    text[n] = '\n';
    /* no stdio: whatever is broken may be that */
    if (write(STDERR_FILENO, "memc_load: fault: ", 18) < 0 ||
        write(STDERR_FILENO, text, (size_t)n + 1) < 0)
        _exit(EXIT_FAULT);
    _exit(EXIT_FAULT);
}

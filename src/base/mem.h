/*
 * Memory that is there, or the process ends.
 *
 * Running out of memory is not an error to handle but a broken program: the
 * process dies at the spot with EXIT_FAULT, the supervisor names the worker
 * and its file, the file keeps its name. Any thread. All sizes in bytes.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* A fault of the program itself: exit status 5 (docs/contract.md 7). */
enum { EXIT_FAULT = 5 };

void *mem_new(size_t n_bytes);
void *mem_zero(size_t n, size_t each_bytes);
void *mem_grow(void *old, size_t n, size_t each_bytes);
char *mem_text(const char *text);

/* Page-aligned, untouched (so not resident until used); ends by munmap. */
void *mem_pages(size_t n_bytes);
void mem_pages_free(void *pages, size_t n_bytes);

/* printf into new memory; the caller frees it. */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "memc_load: fault: …" and ends the process with EXIT_FAULT. */
void die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* An impossible state, checked in every build. */
#define must(condition)                                                 \
    ((condition) ? (void)0                                              \
                 : die("%s:%d: this must hold: %s", __FILE__, __LINE__, \
                       #condition))

#endif

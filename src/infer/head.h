/*
 * The beginning of a file's text, in memory: what guesses are made of.
 *
 * As many bytes as the lines asked for take, and no more than
 * HEAD_MOST_BYTES. The caller owns the struct and calls head_release(); the
 * descriptor stays the caller's. May block where a read does. One thread.
 */
#ifndef INFER_HEAD_H
#define INFER_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "source/source.h"

enum { HEAD_MOST_BYTES = 64 << 20 };

/* For who reads the first lines otherwise, and would read on where one has no
 * end: for source_stop_when(), with head_is_over(). */
struct head_limit {
    const struct source *source;
    uint64_t text_bytes;
};

struct head_limit head_limit_of(const struct source *source, uint64_t n_lines);
bool head_is_over(void *limit);

struct head {
    char *bytes; /* a byte order mark is left out */
    size_t n_bytes;
    bool is_all;             /* the text ends here */
    enum source_state state; /* what the source said last */
    struct err err;          /* when it broke off */
};

/*
 * Reads until n_lines ends of lines were seen, or the text ends or breaks off:
 * what came before that is there all the same.
 */
void head_read(struct head *head, int fd, const char *inflate, size_t n_lines);
void head_release(struct head *head);

#endif

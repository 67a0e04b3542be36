#include "infer/head.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { STEP_BYTES = 1 << 20, MARK_BYTES = 3 };

/* LF or CR; of a CRLF the LF alone. */
static size_t
count_ends(const char *at, size_t n_bytes, bool *was_cr)
{
    size_t n = 0;

    for (size_t i = 0; i < n_bytes; i++) {
        n += at[i] == '\r' || (at[i] == '\n' && !*was_cr);
        *was_cr = at[i] == '\r';
    }
    return n;
}

void
head_read(struct head *head, int fd, const char *inflate, size_t n_lines)
{
    struct source *source = source_open(fd, -1, inflate);
    size_t n, n_ends = 0;
    bool was_cr = false;

    *head = (struct head){.state = SOURCE_MORE};
    while (head->state == SOURCE_MORE && n_ends < n_lines &&
           head->n_bytes + STEP_BYTES <= HEAD_MOST_BYTES) {
        head->bytes = mem_grow(head->bytes, head->n_bytes + STEP_BYTES, 1);
        head->state = source_read(source, head->bytes + head->n_bytes,
            STEP_BYTES, &n, &head->err);
        n_ends += count_ends(head->bytes + head->n_bytes, n, &was_cr);
        head->n_bytes += n;
    }
    source_close(source);
    head->is_all = head->state == SOURCE_END;
    if (head->n_bytes >= MARK_BYTES &&
        memcmp(head->bytes, "\xef\xbb\xbf", MARK_BYTES) == 0) {
        head->n_bytes -= MARK_BYTES;
        memmove(head->bytes, head->bytes + MARK_BYTES, head->n_bytes);
    }
}

/* Many lines that are asked for may be longer than that together. */
struct head_limit
head_limit_of(const struct source *source, uint64_t n_lines)
{
    enum { LINE_BYTES = 16 << 10 };

    return (struct head_limit){source, n_lines > HEAD_MOST_BYTES / LINE_BYTES
                                           ? n_lines * LINE_BYTES
                                           : HEAD_MOST_BYTES};
}

bool
head_is_over(void *limit)
{
    const struct head_limit *of = limit;

    return source_text_bytes(of->source) >= of->text_bytes;
}

void
head_release(struct head *head)
{
    free(head->bytes);
    *head = (struct head){0};
}

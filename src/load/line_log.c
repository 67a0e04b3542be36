#include "load/line_log.h"

#include <stdbool.h>
#include <string.h>

#include "base/log.h"

/* Lines told for each reason, without -v. */
enum { TOLD_MAX = 10 };

/* Of a row shown in the log. */
enum { SHOWN_BYTES = 60 };

/* A row for the log, which escapes what it must: its start, whole characters,
 * tabs as blanks. */
static void
show_row(const char *row, size_t n_bytes, char out[SHOWN_BYTES + 4])
{
    size_t n = n_bytes < SHOWN_BYTES ? n_bytes : SHOWN_BYTES;

    for (int i = 0; i < 3 && n < n_bytes && (row[n] & 0xc0) == 0x80; i++)
        n--;
    for (size_t i = 0; i < n; i++)
        out[i] = row[i] == '\t' ? ' ' : row[i] ? row[i] : '?';
    memcpy(out + n, n < n_bytes ? "...\0" : "\0\0\0", 4);
}

/* Is this one of those to be told? Says so when it is the first that is not. */
static bool
is_told(struct told *told, _Atomic uint32_t *count, const char *word)
{
    uint32_t n = atomic_fetch_add(count, 1);

    if (n == TOLD_MAX && !log_wants(LOG_D))
        log_warn("%s: more lines are %s; they are counted, and told with -v",
            told->file_name, word);
    return n < TOLD_MAX || log_wants(LOG_D);
}

static void
tell(const struct told *told, const struct line_block *block, size_t i,
    const char *word, const char *detail)
{
    const struct line *line = &block->lines[i];
    char row[SHOWN_BYTES + 4];

    show_row(block->text + line->at, line->n_bytes, row);
    log_warn("%s:%llu: %s%s%s: %s", told->file_name,
        (unsigned long long)line_number(block, i), word, *detail ? ": " : "",
        detail, row);
}

void
tell_reject(struct told *told, const struct line_block *block, size_t i,
    enum reason reason, const char *detail)
{
    const char *word = reason_word(reason);

    if (is_told(told, &told->rejects[reason], word))
        tell(told, block, i, word, detail);
}

void
tell_failed(struct told *told, const struct line_block *block, size_t i,
    enum outcome outcome)
{
    const char *word = outcome_word(outcome);

    if (is_told(told, &told->outcomes[outcome], word))
        tell(told, block, i, word, "refused by its server");
}

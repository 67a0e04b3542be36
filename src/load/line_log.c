#include "load/line_log.h"

#include <stdbool.h>
#include <string.h>

#include "base/log.h"

/* Lines logged of each reason, without -v. */
enum { LOGGED_MAX = 10 };

/* Of a row shown in the log. */
enum { SHOWN_BYTES = 60 };

/* The start of a row, in whole characters and with tabs as blanks; the log
 * itself escapes what it must. */
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

/* Is this line to be logged? The first one that is not is mentioned. */
static bool
is_logged(struct line_log *log, _Atomic uint32_t *count, const char *word)
{
    uint32_t n = atomic_fetch_add(count, 1);

    if (n == LOGGED_MAX && !log_wants(LOG_D))
        log_warn("%s: more lines are %s; they are only counted, -v logs all",
            log->file_name, word);
    return n < LOGGED_MAX || log_wants(LOG_D);
}

static void
log_row(const struct line_log *log, const struct line_block *block, size_t i,
    const char *word, const char *detail)
{
    const struct line *line = &block->lines[i];
    char row[SHOWN_BYTES + 4];

    show_row(block->text + line->at, line->n_bytes, row);
    log_warn("%s:%llu: %s%s%s: %s", log->file_name,
        (unsigned long long)line_number(block, i), word, *detail ? ": " : "",
        detail, row);
}

void
line_log_reject(struct line_log *log, const struct line_block *block, size_t i,
    enum reason reason, const char *detail)
{
    const char *word = reason_word(reason);

    if (is_logged(log, &log->rejects[reason], word))
        log_row(log, block, i, word, detail);
}

void
line_log_failed(struct line_log *log, const struct line_block *block, size_t i,
    enum outcome outcome)
{
    const char *word = outcome_word(outcome);

    if (is_logged(log, &log->outcomes[outcome], word))
        log_row(log, block, i, word, "refused by its server");
}

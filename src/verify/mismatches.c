#include "verify/mismatches.h"

#include "base/log.h"

/* So many keys of each state are logged without -v. */
enum { LOGGED_MAX = 10 };

void
mismatch_log_add(struct mismatch_log *mismatches,
    const struct mismatch_line *mismatch)
{
    const char *word = verify_state_word(mismatch->state);
    size_t n = mismatches->logged[mismatch->state]++;

    if (n < LOGGED_MAX || log_wants(LOG_D))
        log_warn("%s:%llu: %s: %.*s (%s)%s%s", mismatch->file,
            (unsigned long long)mismatch->line, word, (int)mismatch->key_bytes,
            mismatch->key, mismatch->address, mismatch->why ? ": " : "",
            mismatch->why ? mismatch->why : "");
    else if (n == LOGGED_MAX)
        log_warn("more items are %s; they are counted, and logged with -v",
            word);
}

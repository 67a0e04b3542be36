#include "verify/mismatches.h"

#include "base/log.h"

/* Keys told of each state, without -v. */
enum { TOLD_MAX = 10 };

static const char *
word_of(enum verify_state state)
{
    static const char *const words[] = {
#define X(name, word) #word,
        VERIFY_STATES(X)
#undef X
    };

    return words[state];
}

void
mismatch_log_add(struct mismatch_log *mismatches,
    const struct mismatch_line *mismatch)
{
    const char *word = word_of(mismatch->state);
    size_t n = mismatches->told[mismatch->state]++;

    if (n < TOLD_MAX || log_wants(LOG_D))
        log_warn("%s:%llu: %s: %.*s (%s)%s%s", mismatch->file,
            (unsigned long long)mismatch->line, word, (int)mismatch->key_bytes,
            mismatch->key, mismatch->address, mismatch->why ? ": " : "",
            mismatch->why ? mismatch->why : "");
    else if (n == TOLD_MAX)
        log_warn("more items are %s; they are counted, and told with -v", word);
}

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
strays_tell(struct strays *strays, const struct stray *stray)
{
    const char *word = word_of(stray->state);
    size_t n = strays->told[stray->state]++;

    if (n < TOLD_MAX || log_wants(LOG_D))
        log_warn("%s:%llu: %s: %.*s (%s)%s%s", stray->file,
            (unsigned long long)stray->line, word, (int)stray->key_bytes,
            stray->key, stray->address, stray->why ? ": " : "",
            stray->why ? stray->why : "");
    else if (n == TOLD_MAX)
        log_warn("more items are %s; they are counted, and told with -v", word);
}

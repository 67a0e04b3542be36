#include "load/input_reason.h"

#include "base/mem.h"

static const struct {
    const char *word;
    bool may_heal;
    const char *advice;
} rows[N_INPUT_REASONS] = {
#define X(name, word, retry, advice) \
    [INPUT_REASON_##name] = {word, retry, advice},
    INPUT_REASONS(X)
#undef X
};

const char *
input_reason_word(enum input_reason reason)
{
    must((unsigned)reason < N_INPUT_REASONS);
    return rows[reason].word;
}

bool
input_reason_may_heal(enum input_reason reason)
{
    must((unsigned)reason < N_INPUT_REASONS);
    return rows[reason].may_heal;
}

const char *
input_reason_advice(enum input_reason reason)
{
    must((unsigned)reason < N_INPUT_REASONS);
    return rows[reason].advice;
}

enum input_reason
input_reason_of_source(enum source_state state)
{
    switch (state) {
    case SOURCE_MORE:
    case SOURCE_END:
    case SOURCE_STOPPED:
        return INPUT_REASON_NONE;
    case SOURCE_NOT_GZIP:
        return INPUT_REASON_NOT_GZIP;
    case SOURCE_TRUNCATED:
        return INPUT_REASON_TRUNCATED;
    case SOURCE_CORRUPT:
        return INPUT_REASON_CORRUPT;
    case SOURCE_TRAILING:
        return INPUT_REASON_TRAILING;
    case SOURCE_UNREADABLE:
        return INPUT_REASON_UNREADABLE;
    }
    die("source: state %d", (int)state);
}

#include "record/reason.h"

#include "base/mem.h"

const char *
reason_word(enum reason reason)
{
    static const char *const words[N_REASONS] = {[REASON_NONE] = "",
#define X(name, word) [REASON_##name] = word,
        REASONS(X)
#undef X
    };

    must((unsigned)reason < N_REASONS);
    return words[reason];
}

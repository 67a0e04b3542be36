#include "memc/item.h"

#include "base/mem.h"

const char *
outcome_word(enum outcome outcome)
{
    static const char *const words[N_OUTCOMES] = {[OUTCOME_NONE] = "",
#define X(name, word) [OUTCOME_##name] = word,
        OUTCOMES(X)
#undef X
    };

    must((unsigned)outcome < N_OUTCOMES);
    return words[outcome];
}

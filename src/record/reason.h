/*
 * Why a line was rejected: the rows of docs/contract.md 1, in their order. A
 * line has one reason, the first that fits. The words are those of the summary,
 * the log and the rejects files; that of BAD_ITEM is older than mappings, when
 * the ids of apps were the only list there was.
 */
#ifndef RECORD_REASON_H
#define RECORD_REASON_H

#define REASONS(X)                  \
    X(BAD_LINE, "bad_line")         \
    X(COLUMNS, "columns")           \
    X(EMPTY_KEY, "empty_key")       \
    X(BAD_KEY, "bad_key")           \
    X(UNKNOWN_TYPE, "unknown_type") \
    X(BAD_NUMBER, "bad_number")     \
    X(BAD_VALUE, "bad_value")       \
    X(BAD_ITEM, "bad_app")          \
    X(TOO_LARGE, "too_large")

enum reason {
    REASON_NONE,
#define X(name, word) REASON_##name,
    REASONS(X)
#undef X
        N_REASONS
};

/* "bad_line", …; "" for REASON_NONE. */
const char *reason_word(enum reason reason);

#endif

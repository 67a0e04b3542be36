/*
 * The bad and odd lines that gen.c mixes in: one row or more for each row of
 * the contract's table (what a line may be), and what must be counted for it.
 */
#ifndef SUPPORT_GEN_KINDS_H
#define SUPPORT_GEN_KINDS_H

#include <stdbool.h>

enum { MAX_LINE_BYTES = 1 << 20, MAX_ITEM_BYTES = 1 << 20 };

#define REJECTS(X)  \
    X(bad_line)     \
    X(columns)      \
    X(empty_key)    \
    X(bad_key)      \
    X(unknown_type) \
    X(bad_number)   \
    X(too_large)

enum effect {
    ACCEPTED,
    BLANK,
#define X(name) REJECT_##name,
    REJECTS(X)
#undef X
        N_EFFECTS
};

static const char *const effect_words[] = {"accepted", "blank",
#define X(name) #name,
    REJECTS(X)
#undef X
};

/*
 * A line is made from a template: $t type, $i id, $a lat, $o lon, $p apps,
 * $0 a NUL byte, $k an id that makes the key 250 bytes long, $K 251,
 * $L text longer than the longest line allowed, $B apps that make an item
 * larger than a server's 1 MiB out of a line that is not too long.
 */
struct kind {
    enum effect effect;
    const char *line;
    unsigned skipped_apps;
    bool is_out_of_range;
    bool has_own_key; /* not the plain $t:$i */
    bool is_big;      /* once a file is enough */
};

#define BAD(word, ...)                                    \
    {                                                     \
        .effect = REJECT_##word, .line = __VA_ARGS__ "\n" \
    }
#define BIG(word, ...)                                                    \
    {                                                                     \
        .effect = REJECT_##word, .line = __VA_ARGS__ "\n", .is_big = true \
    }
#define GOOD(...)                                \
    {                                            \
        .effect = ACCEPTED, .line = __VA_ARGS__, \
    }

static const struct kind bad_kinds[] = {
    BAD(bad_line, "$t\t$i$0\t$a\t$o\t$p"),
    BAD(bad_line, "$t\t$i\t$a\t$o\t1,$0,2"),
    BIG(bad_line, "$L"),
    BAD(columns, "no columns at all"),
    BAD(columns, "$t\t$i\t$a\t$o"),
    BAD(columns, "$t\t$i\t$a\t$o\t$p\t$p"),
    BAD(columns, "\tx\t\t\t\t\t"),
    BAD(empty_key, "\t$i\t$a\t$o\t$p"),
    BAD(empty_key, "$t\t\t$a\t$o\t$p"),
    BAD(empty_key, "\t\tnorth\t\t"),
    BAD(bad_key, "$t\t$i $i\t$a\t$o\t$p"),
    BAD(bad_key, "$t\t$K\t$a\t$o\t$p"),
    BAD(bad_key, "$t\t\001$i\t$a\t$o\t$p"),
    BAD(bad_key, "$t\t$i\177\t$a\t$o\t$p"),
    BAD(unknown_type, "winphone\t$i\t$a\t$o\t$p"),
    BAD(unknown_type, "X$t\t$i\t$a\t$o\t$p"),
    BAD(bad_number, "$t\t$i\tnorth\t$o\t$p"),
    BAD(bad_number, "$t\t$i\t\t$o\t$p"),
    BAD(bad_number, "$t\t$i\t$a\t\t$p"),
    BAD(bad_number, "$t\t$i\tnan\t$o\t$p"),
    BAD(bad_number, "$t\t$i\t$a\tinf\t$p"),
    BAD(bad_number, "$t\t$i\t0x1p3\t$o\t$p"),
    BAD(bad_number, "$t\t$i\t55,1\t$o\t$p"),
    BAD(bad_number, "$t\t$i\t $a\t$o\t$p"),
    BAD(bad_number, "$t\t$i\t$a\t$o \t$p"),
    BAD(bad_number, "$t\t$i\t1e999\t$o\t$p"),
    BAD(bad_number, "$t\t$i\t$a\t1.2.3\t$p"),
    BAD(bad_number, "$t\t$i\t$a\t-\t$p"),
    BIG(too_large, "$t\t$i\t$a\t$o\t$B"),
};

static const struct kind odd_kinds[] = {
    {.effect = BLANK, .line = "\n"},
    {.effect = BLANK, .line = " \t  \t\t\t\t\n"},
    GOOD("$t\t$i\t137.454545455\t$o\t$p\n", .is_out_of_range = true),
    GOOD("$t\t$i\t-91\t-180.5\t$p\n", .is_out_of_range = true),
    GOOD("$t\t$i\t90\t-180\t$p\n"),
    GOOD("$t\t$i\t1e1\t-.5\t$p\n"),
    GOOD("$t\t$i\t+5.\t1E-300\t$p\n"),
    GOOD("$t\t$i\t0.1000000000000000055511151231257827\t$o\t$p\n"),
    GOOD("$t\t$i\t$a\t$o\t\n"),
    GOOD("$t\t$i\t$a\t$o\t 1 ,2 , 3\n"),
    GOOD("$t\t$i\t$a\t$o\t0,007,128,16384,4294967295\n"),
    GOOD("$t\t$i\t$a\t$o\t1,two,3\n", .skipped_apps = 1),
    GOOD("$t\t$i\t$a\t$o\t1,,3,\n", .skipped_apps = 2),
    GOOD("$t\t$i\t$a\t$o\t-1,4294967296,+7,1.5,8\n", .skipped_apps = 4),
    GOOD("$t\t$i\t$a\t$o\t$p\r\n"),
    GOOD("$t\t$i\t$a\t$o\t$p\r"),
    GOOD("$t\t\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87-$i\t$a\t$o\t$p\n",
        .has_own_key = true),
    GOOD("$t\t$k\t$a\t$o\t$p\n", .has_own_key = true),
};

#endif

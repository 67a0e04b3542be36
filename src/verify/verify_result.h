/*
 * The result of a verification: counts, what they prove, and the text about it.
 *
 * Whoever reads back makes a result (verify_result_init()), sets its fields,
 * counts each item in its shard's row (verify_count()), sets the rows' facts
 * and calls verify_result_finish(); from then on it is read-only: for the
 * report, the summary (report/verify_json.h) and the exit status. It owns its
 * rows; the names are the shard map's. One thread. Memory that runs out ends
 * the process, nothing else fails.
 *
 * A rate is the share of the sampled items that matched; missing, different and
 * unreadable items all count against it. 0 to 1 here, percent for people. A
 * bound that is shown is rounded away from the estimate, so that it stays true.
 */
#ifndef VERIFY_VERIFY_RESULT_H
#define VERIFY_VERIFY_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "verify/causes.h"

/* What was found of an item that was looked for: name, word in table, summary
 * and text. */
#define VERIFY_STATES(X)                                        \
    X(MATCHED, matched)       /* byte for byte */               \
    X(MISSING, missing)       /* its server does not have it */ \
    X(DIFFERENT, different)   /* there, with another value */   \
    X(UNREADABLE, unreadable) /* its server did not say */

enum verify_state {
#define X(name, word) VERIFY_##name,
    VERIFY_STATES(X)
#undef X
        N_VERIFY_STATES
};

const char *verify_state_word(enum verify_state state);

struct verify_counts {
    uint64_t sampled; /* the sum of the others */
#define X(name, word) uint64_t word;
    VERIFY_STATES(X)
#undef X
};

/* How many of them are in that state. */
uint64_t verify_count_of(const struct verify_counts *counts,
    enum verify_state state);

struct verify_row {
    const char *name; /* the shard's; NULL in the total */
    struct verify_counts counts;
    struct cause_facts facts; /* set by the caller; not used in the total */
    /* Set by verify_result_finish(). When nothing was sampled they are 1, 0, 1;
     * in a full verification that had nothing to look for all are 1. */
    double estimate, low, high;
};

struct verify_result {
    bool is_of_all;      /* --verify all: every item was looked for */
    uint64_t population; /* distinct keys that could have been sampled */
    bool is_about;       /* population is an estimate */
    uint64_t n_unread; /* files of which not all that could be looked for was */
    uint64_t rejected; /* lines that made no item to look for */
    double confidence; /* --confidence */
    double min_success; /* --min-success; below 0: not given */
    double margin;      /* --margin; 0: not given */
    uint64_t seed; /* --seed, or the one chosen; not for a full verification */
    struct verify_row total;
    struct verify_row *shard; /* in the order of the shard map */
    size_t n_shards;
};

/* All zero but for n rows, whose names the caller sets, min_success "not given"
 * and confidence 0.99. */
void verify_result_init(struct verify_result *result, size_t n_shards);
/* Another one with the same rows, of its own. */
void verify_result_copy(struct verify_result *to,
    const struct verify_result *from);
void verify_result_release(struct verify_result *result);

void verify_count(struct verify_counts *counts, enum verify_state state,
    uint64_t n);

/* Sums up the total and computes what is proven. */
void verify_result_finish(struct verify_result *result);

/* Nothing was sampled though there were lines: all were rejected. */
bool verify_is_blind(const struct verify_result *result);

/* By --min-success when it is given, else: did all that was sampled match? A
 * blind verification is no success, since a shard or a mapping may be mistyped,
 * nor is one that left files out. False is exit status 6. */
bool verify_is_success(const struct verify_result *result);

/*
 * The result in one sentence for readers who know no statistics:
 * "99 % sure that at most 0.03 % of 3,000,000 items are missing or different:
 * all 17,659 sampled match."
 */
void verify_add_sentence(struct text *out, const struct verify_result *result);

/* A row for each shard and one for the total, with what is proven of each. */
void verify_add_table(struct text *out, const struct verify_result *result,
    size_t room);

/* The likely causes, a line each: "gaid  12 missing  …". Nothing when all
 * matched. */
void verify_add_causes(struct text *out, const struct verify_result *result);

/* Why it failed, and what to do, one line; or that --margin was not reached,
 * and what would reach it. Nothing otherwise. */
void verify_add_judgement(struct text *out, const struct verify_result *result);

/* All of it, as in the report: table, causes, sentence, judgement; begins with
 * an empty line. */
void verify_add_report(struct text *out, const struct verify_result *result,
    size_t room);

#endif

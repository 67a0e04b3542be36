/*
 * What was seen of a column: for each thing that its values may be, how many
 * of them are it, and the first that is not.
 *
 * Zero-initialised but for its first two fields, it has seen nothing;
 * facts_see() takes value after value, facts_release() frees. A value is judged
 * by the very functions that a load reads it with (value/scalar.h,
 * value/time_format.h), and more strictly: what a number would not keep
 * (00123, +7916) is a text. One thread.
 */
#ifndef INFER_FACTS_H
#define INFER_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "infer/times.h"

/* Second delimiters: of lists inside a column. */
#define LIST_DELIMITERS ",;| "
enum { N_LIST_DELIMITERS = 4 };

/* What a value may be. Of lists and times there are several. */
enum trial {
    TRIAL_BOOL,
    TRIAL_INTEGER,
    TRIAL_DOUBLE,
    TRIAL_TIME,
    TRIAL_INTEGERS = TRIAL_TIME + TIMES_MOST,
    TRIAL_DOUBLES = TRIAL_INTEGERS + N_LIST_DELIMITERS,
    TRIAL_WORDS = TRIAL_DOUBLES + N_LIST_DELIMITERS,
    N_TRIALS = TRIAL_WORDS + N_LIST_DELIMITERS,
};

enum { ODD_BYTES = 24, MOST_KNOWN_WORDS = 12 };

struct trial_result {
    size_t n;                /* values that are it */
    uint64_t odd_line;       /* of the first that is not; 0: all are */
    char odd[ODD_BYTES + 1]; /* its beginning */
};

struct integers {
    bool has_any;
    int64_t least;
    uint64_t most; /* 0 when all are below */
    size_t n_negative, n;
};

struct list_facts {
    size_t n_with;                  /* values in which the delimiter occurs */
    size_t least_items, most_items; /* of a value that is not empty */
    bool is_blanked;                /* blanks are around items */
    bool is_grouped;                /* 1,234,567: may be one number */
    struct integers integers;       /* of the items */
};

struct facts {
    const struct time_formats *times; /* outlives it */
    char delimiter; /* of columns: no list inside one has it */

    size_t n;             /* values */
    size_t n_empty;       /* nothing in them, or blanks alone */
    size_t n_blanked;     /* others with blanks around */
    size_t n_no_key;      /* that cannot be in a key */
    uint64_t no_key_line; /* of the first of them; 0: there is none */
    bool is_no_key_empty; /* it is empty */
    size_t n_no_utf8;
    size_t n_with_digit;
    size_t most_bytes, least_bytes;
    struct trial_result trial[N_TRIALS];
    bool is_decided[TIMES_MOST]; /* times: a value leaves no doubt */
    struct integers integers;
    double least, most; /* of doubles */
    struct list_facts list[N_LIST_DELIMITERS];
    char *words[MOST_KNOWN_WORDS]; /* different values, in order of sight */
    size_t n_words;
    bool has_more_words;
};

/* Returns whether the value can be in a key. */
bool facts_see(struct facts *facts, uint64_t line, const char *at,
    size_t n_bytes);
void facts_release(struct facts *facts);

#endif

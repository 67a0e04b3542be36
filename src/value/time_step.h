/*
 * A time's format, compiled: what time_format.c makes and time_parse.c follows.
 * Theirs alone; time_format.h is for all others.
 */
#ifndef VALUE_TIME_STEP_H
#define VALUE_TIME_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one step of a format reads. */
enum step_kind {
    YEAR,
    YEAR_OF_CENTURY,
    MONTH,
    MONTH_NAME,
    DAY,
    DAY_OF_YEAR,
    DAY_NAME,
    HOUR,
    HOUR_OF_12,
    HALF,
    MINUTE,
    SECOND,
    FRACTION,
    ZONE,
    EPOCH,
    LITERAL,
    SEVERAL, /* of these: %T; in no compiled format */
};

struct time_step {
    enum step_kind kind;
    uint8_t least_digits, most_digits;
    bool takes_blank; /* for the first of two digits */
    char byte;        /* LITERAL */
};

/* A format has at most so many bytes, and steps. */
enum { MAX_STEPS = 256 };

struct time_format {
    char *text;
    bool is_epoch; /* %s, and so no date */
    size_t n_steps;
    struct time_step steps[];
};

#endif

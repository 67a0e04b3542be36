/*
 * What a column is, by what was seen of it (facts.h), and how that is stored.
 * Pure functions, any thread.
 */
#ifndef INFER_KIND_H
#define INFER_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "infer/facts.h"

enum kind_of {
    KIND_TEXT,
    KIND_BYTES, /* a text that is not UTF-8 */
    KIND_BOOL,
    KIND_INTEGER,
    KIND_DOUBLE,
    KIND_TIME,
};

struct kind {
    enum kind_of of;
    bool is_list;
    const char *type; /* of the .proto: "int64"; static */
    enum trial trial; /* whose result it rests on; N_TRIALS: on none */
    size_t n_values;  /* that are not empty */
    size_t n_misfits; /* of them, that are not it */
    char split;       /* lists */
    bool trims;       /* blanks are left out */
    size_t format;    /* times: which of them (times.h) */
};

/*
 * The narrowest kind that all values are, or all but `misfits` in a thousand.
 * n_different: values that differ.
 */
struct kind kind_judge(const struct facts *facts, size_t n_different,
    unsigned misfits);

#endif

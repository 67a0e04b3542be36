/*
 * What separates the columns of a text, and whether quotes mean anything.
 * Pure functions over a head (head.h); one thread.
 */
#ifndef INFER_DIALECT_H
#define INFER_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "infer/head.h"
#include "record/split.h"

struct dialect {
    struct line_format format;
    size_t n_columns;  /* of most lines */
    size_t n_rows;     /* lines with anything in them */
    size_t n_fitting;  /* of them, with n_columns */
    uint64_t odd_line; /* the first of the others; 0: none */
    size_t odd_columns;
    const char *odd_why;     /* of no columns: what is wrong with it; static */
    size_t n_with_quotes;    /* lines in which quotes begin columns */
    size_t n_fitting_quotes; /* of them, with n_columns */
    bool is_quoted;          /* quotes begin columns in these lines */
    bool first_fits;         /* the first line is one of those fitting */
    bool is_no_table; /* nothing makes columns of it: one column a line */
};

/* false: there is not one line with anything in it. */
bool dialect_guess(const struct head *head, size_t n_lines,
    size_t max_line_bytes, struct dialect *out);

/* "tab", "comma", "semicolon", "\"|\"". */
const char *delimiter_word(char delimiter);

#endif

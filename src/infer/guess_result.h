/*
 * What was guessed of a table: made by guess.c, read by those who write it out
 * (emit.h) and print it. One thread.
 */
#ifndef INFER_GUESS_RESULT_H
#define INFER_GUESS_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "infer/dialect.h"
#include "infer/facts.h"
#include "infer/key.h"
#include "infer/kind.h"

struct guess_column {
    char *name;  /* in the file, or made up; a mapping names it so */
    char *field; /* of the message */
    struct facts facts;
    struct kind kind;
    size_t n_different; /* values */
    bool is_in_key;
};

enum header {
    HEADER_NONE,
    HEADER_NAMES,   /* the mapping takes names from each file's first line */
    HEADER_SKIPPED, /* its names are of no use: empty, or there twice */
};

struct guess {
    struct dialect dialect;
    enum header header;
    const char *header_why; /* for people; static */
    bool header_is_sure;
    struct guess_column *columns;
    size_t n_columns;
    size_t n_lines; /* of data, with as many columns as most have */
    size_t n_other; /* lines that have not */
    struct key_guess key;
};

#endif

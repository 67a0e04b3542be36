/*
 * What a file of a table holds, guessed from its first lines: columns, their
 * names and kinds, the key.
 *
 * The caller owns the struct and calls guess_release(). One thread; reads only
 * memory.
 */
#ifndef INFER_GUESS_H
#define INFER_GUESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "infer/dialect.h"
#include "infer/facts.h"
#include "infer/head.h"
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

/*
 * -1, ERR_DATA: these lines are no table, or no column of it can be a key.
 * The text says why and what may help.
 */
int guess_make(struct guess *guess, const struct head *head, size_t n_lines,
    size_t max_line_bytes, struct err *err);
void guess_release(struct guess *guess);

#endif

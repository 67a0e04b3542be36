/*
 * Texts as heads of files, and guesses made of them. Memory alone.
 */
#ifndef UNIT_INFER_CASES_H
#define UNIT_INFER_CASES_H

#include <stdio.h>
#include <string.h>

#include "infer/guess.h"

/* The whole text of a file; outlives nothing but the text. */
static inline struct head
head_of(const char *text)
{
    return (struct head){.bytes = (char *)(uintptr_t)text,
        .n_bytes = strlen(text),
        .is_all = true,
        .state = SOURCE_END};
}

/* A guess that must succeed. */
static inline struct guess
guess_of(const char *text)
{
    struct head head = head_of(text);
    struct guess guess;
    struct err err = {0};

    if (guess_make(&guess, &head, 10000, 1 << 20, &err)) {
        print_error("%s\n", err.text);
        fail();
    }
    return guess;
}

#endif

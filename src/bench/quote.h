/*
 * Quotes a word so that a shell, YAML, CSV or gnuplot reads the same word. Each
 * function adds to a text; a word that needs no quotes gets none. One thread.
 */
#ifndef BENCH_QUOTE_H
#define BENCH_QUOTE_H

#include "base/text.h"

/* For POSIX shells. */
void quote_shell(struct text *out, const char *word);

/* A YAML scalar on one line. The word must be UTF-8, since YAML has no other
 * bytes. */
void quote_yaml(struct text *out, const char *word);

/* A cell of RFC 4180. Text that a spreadsheet takes for a formula is not
 * changed. */
void quote_csv(struct text *out, const char *cell);

/* A gnuplot string on one line; control characters become blanks. */
void quote_plot(struct text *out, const char *word);

#endif

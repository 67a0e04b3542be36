/*
 * Words written so that a shell, YAML, CSV or gnuplot reads back the same
 * word. Each adds to a text; what is safe as it is stays so. One thread.
 */
#ifndef BENCH_QUOTE_H
#define BENCH_QUOTE_H

#include "base/text.h"

/* POSIX shells. */
void quote_shell(struct text *out, const char *word);

/* A YAML scalar on one line. Bytes that are no UTF-8 cannot be in YAML: the
 * caller's to avoid. */
void quote_yaml(struct text *out, const char *word);

/* A cell of RFC 4180; no formula for a spreadsheet is made of it or kept from
 * being one. */
void quote_csv(struct text *out, const char *cell);

/* A gnuplot string on one line; control characters become blanks. */
void quote_plot(struct text *out, const char *word);

#endif

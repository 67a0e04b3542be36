/*
 * Numbers as people write and read them. Pure functions, any thread.
 *
 * Reading: the whole text must be the number; returns -1 for anything else,
 * and for what does not fit, and leaves *out alone. Sizes take the suffixes
 * K M G (powers of 1024), with "iB" or "B" after them, optionally: 64K,
 * 64KB and 64KiB are all 65,536.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

int units_parse_count(const char *text, uint64_t *out);
int units_parse_size(const char *text, uint64_t *out_bytes);
int units_parse_decimal(const char *text, double *out);

/* Room for any of the texts below. */
enum { UNITS_TEXT_BYTES = 40 };

/* 1234567 -> "1,234,567" */
const char *units_count(uint64_t n, char out[UNITS_TEXT_BYTES]);

/* 1, "line" -> "1 line"; 1234, "process" -> "1,234 processes" */
const char *units_of(uint64_t n, const char *noun, char out[UNITS_TEXT_BYTES]);

/* Bytes -> "512 B", "47.3 MiB" */
const char *units_size(uint64_t n_bytes, char out[UNITS_TEXT_BYTES]);

/* Seconds -> "0.42 s", "12.3 s", "3:07", "1:02:03" */
const char *units_span(double seconds, char out[UNITS_TEXT_BYTES]);

#endif

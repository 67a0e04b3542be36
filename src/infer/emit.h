/*
 * A guess as files: a commented mapping and the .proto beside it, for people
 * who see such files for the first time. Pure functions; the caller owns the
 * texts.
 */
#ifndef INFER_EMIT_H
#define INFER_EMIT_H

#include "base/text.h"
#include "infer/guess_result.h"

struct emit_names {
    const char *data;    /* the file that was looked at, as named */
    const char *mapping; /* files to be written: as named, */
    const char *proto;   /* and as the mapping names it */
    const char *message;
};

void emit_mapping(struct text *out, const struct guess *guess,
    const struct emit_names *names);
void emit_proto(struct text *out, const struct guess *guess,
    const struct emit_names *names);

/* "1 to 9,812, all different", "a time; empty in 3 of 10,000 lines" …; one
 * line of what was seen of the column. */
void describe_column(struct text *out, const struct guess *guess,
    size_t column);

/* "int64", "repeated string", "optional double". */
void emit_type(struct text *out, const struct guess_column *column);

/* "{a}:{b}" */
void emit_key(struct text *out, const struct guess *guess);
/* "line 4 would be rejected (empty_key)", "3 of 5 lines would overwrite others:
 * give a key that differs"; nothing where none would be. */
void emit_no_key(struct text *out, const struct guess *guess);
void emit_lost(struct text *out, const struct guess *guess);

#endif

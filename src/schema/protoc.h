/*
 * A .proto file's descriptor set, by protoc: the one program that reads the
 * language. One thread, before anything is forked; waits for protoc.
 */
#ifndef SCHEMA_PROTOC_H
#define SCHEMA_PROTOC_H

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

/*
 * Adds the set to `out`. `imports` are directories where imported files are
 * looked for, and the .proto itself, in their order; the .proto's own directory
 * is the last of them. -1: ERR_USAGE with what protoc says of the file, or how
 * to do without protoc where there is none; ERR_IO, ERR_TIMEOUT when it cannot
 * be run.
 */
int protoc_run(const char *proto, const char *const *imports, size_t n_imports,
    struct text *out, struct err *err);

#endif

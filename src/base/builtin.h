/*
 * Files of the repository that are compiled in (the Makefile makes them bytes):
 * the mapping of the default record and its descriptor set. Constant; any
 * thread.
 */
#ifndef BASE_BUILTIN_H
#define BASE_BUILTIN_H

#include <stddef.h>

/* proto/appsinstalled.yml */
extern const char builtin_mapping[];
extern const size_t builtin_mapping_bytes;

/* protoc's descriptor set of proto/appsinstalled.proto */
extern const char builtin_descriptor[];
extern const size_t builtin_descriptor_bytes;

#endif

/*
 * Names of columns and files -> names that protobuf takes.
 * Pure functions, any thread; the caller owns what is returned.
 */
#ifndef INFER_IDENTIFIER_H
#define INFER_IDENTIFIER_H

#include <stddef.h>

/* "Trip Distance (mi)" -> "trip_distance_mi"; "column7" when nothing of the
 * name can be used. number: of the column, from 1. */
char *identifier_field(const char *name, size_t number);

/* Do they make the same name in JSON, which protoc refuses? */
int identifier_same(const char *a, const char *b);

/* "yellow-trips.2024" -> "YellowTrips2024"; "Record" when it has no letter to
 * begin with. */
char *identifier_message(const char *name);

/* A file's name without what says its format: "a/trips.csv.gz" -> "trips"; a
 * done file's dot goes, too. */
char *identifier_stem(const char *path);

#endif

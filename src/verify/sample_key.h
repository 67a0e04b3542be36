/*
 * A key of a sample, with the last value that each file has for it.
 *
 * The struct is the caller's; sample_key_release() frees what is in it. One
 * thread at a time. Memory that runs out ends the process.
 */
#ifndef VERIFY_SAMPLE_KEY_H
#define VERIFY_SAMPLE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a value comes from. */
struct sample_origin {
    uint32_t file, server;
    uint32_t generation; /* of the server (run/baseline.h) */
    uint64_t line;
};

/* An item offered to the sample; its bytes are copied. */
struct sample_item {
    uint64_t hash; /* sample_hash() */
    struct sample_origin origin;
    uint64_t n_lines; /* that it stands for: 1, or those of a whole file */
    const char *key;
    const void *value;
    uint32_t value_bytes;
    uint8_t key_bytes;
};

/* The last one in its file. */
struct sample_value {
    struct sample_value *next; /* in another file */
    struct sample_origin origin;
    uint64_t n_lines; /* of this key in that file */
    uint32_t n_bytes;
    char bytes[];
};

struct sample_key {
    uint64_t hash;
    struct sample_value *values; /* at least one */
    char *bytes;
    uint8_t n_bytes;
};

/* A key with one value. */
void sample_key_init(struct sample_key *key, const struct sample_item *item);
void sample_key_release(struct sample_key *key);

/*
 * Another item of the same key. Of each file the later value is kept: that of
 * the later generation, then of the higher line. Lines of an earlier generation
 * are no longer counted.
 */
void sample_key_add(struct sample_key *key, const struct sample_item *item);

/* Frees the values for which keep() is false. False when none is left. */
bool sample_key_keep(struct sample_key *key,
    bool (*keep)(void *ctx, const struct sample_origin *origin), void *ctx);

#endif

/*
 * One long row of bytes that many processes write and one reads: in memory up
 * to a limit, beyond it in a temporary file.
 *
 * The supervisor makes it before it forks. Workers then append, each piece in
 * one call and to its own place; nobody waits for anybody. What was reserved
 * by a process that was killed before it wrote it reads as zeros. The
 * supervisor reads when they are gone. Neither part has a name, so nothing is
 * left behind, however the run ends.
 *
 * Any thread may append; new, free, read: the supervisor's. A failed append
 * (the disk is full) fails all later ones, in every process, and the
 * supervisor finds its text.
 */
#ifndef VERIFY_SPOOL_H
#define VERIFY_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct spool;

/* The directory of the temporary file: $TMPDIR, or /tmp. */
const char *spool_directory(void);

/* NULL: no temporary file can be made there. The directory's name must
 * outlive the spool. */
struct spool *spool_new(uint64_t memory_bytes, const char *directory,
    struct err *err);
void spool_free(struct spool *spool);

int spool_append(struct spool *spool, const void *bytes, size_t n_bytes,
    struct err *err);

/* Its length. */
uint64_t spool_bytes(const struct spool *spool);

/* Some of it is in the temporary file. */
bool spool_is_on_disk(const struct spool *spool);

int spool_read(const struct spool *spool, uint64_t at, void *to, size_t n_bytes,
    struct err *err);

/* Did an append fail, in any process? Then err says why. */
bool spool_has_failed(const struct spool *spool, struct err *err);

#endif

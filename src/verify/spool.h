/*
 * A sequence of bytes that many processes append to and one reads: in memory up
 * to a limit, beyond it in a temporary file.
 *
 * The supervisor makes it before it forks. Each call of a worker reserves room
 * at the end and writes there, so no process waits for another. What a process
 * reserved but did not write before it was killed reads as zeros. The
 * supervisor reads when all workers are gone. Neither the memory nor the file
 * has a name, so nothing is left behind, however the run ends.
 *
 * Any thread may append; new, free and read are the supervisor's. After a
 * failed append (the disk is full) all later ones fail, in every process, and
 * spool_has_failed() has the reason.
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

/* NULL: no temporary file can be made there. The string `directory` must
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

/* Did an append fail, in any process? Then err has the reason. */
bool spool_has_failed(const struct spool *spool, struct err *err);

#endif

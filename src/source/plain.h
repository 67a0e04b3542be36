/*
 * Plain text: the bytes of the input as they are.
 *
 * plain_check() decides whether they are text at all (docs/contract.md 1):
 * there are some, and no NUL byte among the first PLAIN_CHECK_BYTES, which it
 * reads first, all of them, and leaves in the input. One thread.
 */
#ifndef SOURCE_PLAIN_H
#define SOURCE_PLAIN_H

#include <stddef.h>

#include "base/err.h"
#include "source/raw_bytes.h"
#include "source/source_state.h"

enum { PLAIN_CHECK_BYTES = 64 << 10 };

/*
 * SOURCE_MORE: text. SOURCE_NOT_GZIP: not. SOURCE_STOPPED: call it again.
 * May block.
 */
enum source_state plain_check(struct raw_bytes *input, struct err *err);

/* As source_read(); fills the room while the state is SOURCE_MORE. */
enum source_state plain_read(struct raw_bytes *input, char *buffer, size_t room,
    size_t *n_bytes, struct err *err);

#endif

/*
 * Does another process write a file that is being loaded, so that it is not
 * whole yet?
 *
 * The kernel tells of a file of ours (or of any, with CAP_LEASE) whether it is
 * open for writing, mapped for writing included: by a lease, which is held for
 * the blink of an eye and whose signal is one that is ignored. Where it does
 * not tell (a file of another user, many network filesystems), a file that does
 * not change any more is all that can be seen.
 *
 * Any thread; nothing here waits.
 */
#ifndef INPUT_WRITERS_H
#define INPUT_WRITERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum writers { WRITERS_NONE, WRITERS_SOME, WRITERS_UNTOLD };

/* Of the file behind a descriptor that is open for reading only. */
enum writers writers_of(int fd);

/* "process 123 (gzip)", or "another process" where that cannot be found out:
 * it is another user's, or has the file mapped and not open. */
enum { WRITERS_NAME_BYTES = 64 };
const char *writers_name(int fd, char out[WRITERS_NAME_BYTES]);

/* How long a file has been waited for. All zero: not yet. */
struct writers_wait {
    int64_t open_since_ms;  /* it was open for writing then, and since then */
    int64_t first_ms;       /* it was looked at for changes */
    int64_t still_since_ms; /* it has not changed since then */
    struct stat seen;
};

enum writers_verdict {
    WRITERS_GONE,  /* nothing is to be waited for */
    WRITERS_AWAIT, /* look again after WRITERS_LOOK_MS */
    WRITERS_STAY,  /* it took longer than settle_ms */
};

enum { WRITERS_LOOK_MS = 25 };

/*
 * Is nobody writing it, and, with wants_still, has it not changed for
 * settle_ms? *is_open says in the end which of the two it was. A process that
 * is just being started has all descriptors of the one that starts it for a
 * moment, so even with settle_ms 0 a file that is open for writing gets a
 * moment to be closed.
 */
enum writers_verdict writers_await(struct writers_wait *wait, int fd,
    int64_t settle_ms, bool wants_still, bool *is_open);

#endif

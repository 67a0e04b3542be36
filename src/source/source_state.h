/*
 * How far the text of a source is read, and how it broke off. Constant; any
 * thread.
 */
#ifndef SOURCE_SOURCE_STATE_H
#define SOURCE_SOURCE_STATE_H

enum source_state {
    SOURCE_MORE,       /* read on */
    SOURCE_END,        /* all of it was read, and it is whole */
    SOURCE_STOPPED,    /* wait_fd was readable; reading on is allowed */
    SOURCE_NOT_GZIP,   /* none of these, or packed as we cannot unpack it */
    SOURCE_TRUNCATED,  /* the input ends inside a member or frame */
    SOURCE_CORRUPT,    /* bad data, header, checksum or length */
    SOURCE_TRAILING,   /* bytes after the last one, of something else */
    SOURCE_UNREADABLE, /* read(2) failed */
};

/* "not_gzip", "truncated", …: reason words of docs/contract.md 1; or NULL. */
const char *source_state_reason(enum source_state state);

#endif

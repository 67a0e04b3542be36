/*
 * What inflates raw deflate data: ISA-L or zlib, through one small interface.
 *
 * Members, headers, CRC and lengths are gzip.c's business, so that both behave
 * the same; an inflater knows one raw deflate stream at a time. One inflater
 * belongs to one thread. new/free own the state; buffers are the caller's.
 */
#ifndef SOURCE_INFLATER_H
#define SOURCE_INFLATER_H

#include <stddef.h>
#include <stdint.h>

enum inflate_result {
    INFLATE_MORE, /* wants input or room */
    INFLATE_END,  /* the final block is done */
    INFLATE_BAD,  /* not deflate data */
};

struct inflater_type {
    const char *name;
    const char *about;
    const char *(*version)(void); /* "zlib 1.2.13" */
    void *(*new)(void);
    void (*free)(void *state);
    void (*reset)(void *state); /* to the start of a stream */
    /*
     * Advances *in and *out, lowers *in_bytes and *room (at least 1), as far
     * as it gets. When it used up the room there may be more to come out: call
     * again, with the input that is left, even if it is none, and leave the
     * bytes before it in place, since some inflaters read ahead and put back
     * at INFLATE_END what was not theirs. All that comes out is right up to
     * where the data are bad.
     */
    enum inflate_result (*run)(void *state, const unsigned char **in,
        size_t *in_bytes, unsigned char **out, size_t *room);
    uint32_t (*crc32)(uint32_t crc, const unsigned char *bytes, size_t n);
};

#ifdef HAVE_ISAL
extern const struct inflater_type inflater_isal;
#endif
extern const struct inflater_type inflater_zlib;

/* NULL for a name that is not built in. */
const struct inflater_type *inflater_find(const char *name);

/* All that are built in, the default first, ended by NULL. */
const struct inflater_type *const *inflaters(void);

#endif

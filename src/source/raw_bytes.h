/*
 * The input: raw bytes of a descriptor, read into one buffer.
 *
 * Read with read(2), never mapped: mapped pages count as the process's memory.
 * The struct is the caller's, zero bytes of it are good until raw_bytes_init();
 * the descriptors stay the caller's. One thread. Offsets are in bytes from
 * where reading began, the first byte is byte 0.
 *
 * `at` and `n_bytes` are what was read and not taken yet. Takers advance `at`
 * themselves or by raw_bytes_take(), and may put bytes back as long as nothing
 * was read since.
 */
#ifndef SOURCE_RAW_BYTES_H
#define SOURCE_RAW_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "source/source_state.h"

enum {
    /* Holds 260 KiB of text, a step of the line reader: together they fit the
     * L2 cache. 64 KiB is 1 % slower, 256 KiB and 1 MiB are no faster. */
    RAW_BYTES_ROOM = 128 << 10,
};

struct raw_bytes {
    int fd;
    int wait_fd; /* -1: none */
    bool can_block;
    bool is_at_end;
    unsigned char *buffer; /* RAW_BYTES_ROOM */
    const unsigned char *at;
    size_t n_bytes;
    uint64_t read_bytes; /* in all */
    /* asked before each read; NULL: never */
    bool (*is_over)(void *ctx);
    void *ctx; /* its */
};

void raw_bytes_init(struct raw_bytes *input, int fd, int wait_fd);
void raw_bytes_release(struct raw_bytes *input);

/*
 * Reads once, and puts the bytes after those at hand (there must be room).
 * May block, unless it is a regular file. SOURCE_MORE: there is at least one
 * byte more; SOURCE_END; SOURCE_STOPPED: wait_fd was readable, or it is over;
 * SOURCE_UNREADABLE, with err.
 */
enum source_state raw_bytes_fill(struct raw_bytes *input, struct err *err);

void raw_bytes_take(struct raw_bytes *input, size_t n_bytes);

/*
 * A field of n bytes, which may come in parts: moves what is there of it behind
 * the *n_held bytes at `held`. False: it is not whole yet.
 */
bool raw_bytes_hold(struct raw_bytes *input, unsigned char *held,
    size_t *n_held, size_t n);

/* Such a field as a number, its lowest byte first. */
uint32_t raw_bytes_number(const unsigned char *at, size_t n_bytes);

/* The offset of the byte at `at`. */
uint64_t raw_bytes_offset(const struct raw_bytes *input);

#endif

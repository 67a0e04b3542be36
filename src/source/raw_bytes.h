/*
 * The input: raw bytes of a descriptor, read into one buffer.
 *
 * Read with read(2), never mapped: mapped pages count as the process's memory.
 * The struct is the caller's, zero bytes of it are good until input_init();
 * the descriptors stay the caller's. One thread. Offsets are in bytes from
 * where reading began, the first byte is byte 0.
 *
 * `at` and `n_bytes` are what was read and not taken yet. Takers advance `at`
 * themselves or by input_take(), and may put bytes back as long as nothing was
 * read since.
 */
#ifndef SOURCE_RAW_BYTES_H
#define SOURCE_RAW_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "source/source.h"

enum {
    /* Holds 260 KiB of text, a step of the line reader: together they fit the
     * L2 cache. 64 KiB is 1 % slower, 256 KiB and 1 MiB are no faster. */
    INPUT_BYTES = 128 << 10,
};

struct input {
    int fd;
    int wait_fd; /* -1: none */
    bool can_block;
    bool is_at_end;
    unsigned char *buffer; /* INPUT_BYTES */
    const unsigned char *at;
    size_t n_bytes;
    uint64_t read_bytes; /* in all */
};

void input_init(struct input *input, int fd, int wait_fd);
void input_release(struct input *input);

/*
 * Reads once, and puts the bytes behind those at hand (there must be room).
 * May block, unless it is a regular file. SOURCE_MORE: there is at least one
 * byte more; SOURCE_END; SOURCE_STOPPED: wait_fd was readable;
 * SOURCE_UNREADABLE, with err.
 */
enum source_state input_fill(struct input *input, struct err *err);

void input_take(struct input *input, size_t n_bytes);

/*
 * A field of n bytes, which may come in parts: moves what is there of it behind
 * the *n_held bytes at `held`. False: it is not whole yet.
 */
bool input_hold(struct input *input, unsigned char *held, size_t *n_held,
    size_t n);

/* Such a field as a number, its lowest byte first. */
uint32_t input_number(const unsigned char *at, size_t n_bytes);

/* The offset of the byte at `at`. */
uint64_t input_offset(const struct input *input);

#endif

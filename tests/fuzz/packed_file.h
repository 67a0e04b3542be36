/*
 * What the fuzzers of packed files share: a file whose read(2) hands out
 * pieces, the source's reading of it into rooms of many sizes, and what a
 * reading comes to. Whoever includes it links with --wrap=read. One thread.
 */
#ifndef TESTS_FUZZ_PACKED_FILE_H
#define TESTS_FUZZ_PACKED_FILE_H

#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "source/source.h"

/* All readers stop there: 8 KiB of packed data may be much more text. */
enum { MOST_TEXT_BYTES = 1 << 20 };
enum { MOST_ROOM_BYTES = 70000 };

/* --- the file: a descriptor whose read(2) is ours ------------------------- */
static struct {
    int fd;
    const uint8_t *at;
    size_t n;
    struct pieces pieces;
} input = {.fd = -1};

ssize_t __real_read(int fd, void *to, size_t room);
ssize_t __wrap_read(int fd, void *to, size_t room);

ssize_t
__wrap_read(int fd, void *to, size_t room)
{
    size_t n;

    if (fd != input.fd || fd < 0)
        return __real_read(fd, to, room);
    if (input.n == 0)
        return 0;
    n = next_piece(&input.pieces, input.n < room ? input.n : room);
    memcpy(to, input.at, n);
    input.at += n;
    input.n -= n;
    return (ssize_t)n;
}

/* --- readings of it ------------------------------------------------------ */
struct reading {
    enum source_state state;
    struct text text;
    bool has_too_much; /* text beyond MOST_TEXT_BYTES: left off there */
    char problem[64];  /* its library's word for it, or "" */
    bool is_bad_table; /* of gzip: it is a code table that ISA-L may take */
};

static inline const char *
state_word(enum source_state state)
{
    if (source_state_reason(state))
        return source_state_reason(state);
    return state == SOURCE_END ? "whole" : "more";
}

/* Room whose end is followed by a page that may not be touched: the
 * libraries' own code is not instrumented. */
static inline char *
room_end(void)
{
    static char *end;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t whole = (MOST_ROOM_BYTES + page - 1) / page * page;

    if (!end) {
        end = (char *)mem_pages(whole + page) + whole;
        must(mprotect(end, page, PROT_NONE) == 0);
    }
    return end;
}

static inline void
read_by(const char *inflate, const uint8_t *data, size_t n,
    struct pieces pieces, struct pieces rooms, struct reading *reading)
{
    struct source *source;
    struct err err = {0};
    uint64_t offset = 0;
    size_t got, room;
    char *to;

    if (input.fd < 0)
        input.fd = memfd_create("fuzz", MFD_CLOEXEC);
    must(input.fd >= 0);
    input.at = data;
    input.n = n;
    input.pieces = pieces;
    *reading = (struct reading){0};
    source = source_open(input.fd, -1, inflate);
    do {
        room = next_piece(&rooms, MOST_ROOM_BYTES);
        to = room_end() - room;
        memset(to, '?', room);
        reading->state = source_read(source, to, room, &got, &err);
        must(got <= room);
        must(reading->state != SOURCE_MORE || got == room);
        must(source_offset(source) >= offset && source_offset(source) <= n);
        offset = source_offset(source);
        text_add(&reading->text, to, got);
        reading->has_too_much = reading->text.n_bytes > MOST_TEXT_BYTES;
    } while (reading->state == SOURCE_MORE && !reading->has_too_much);
    if (!reading->has_too_much) {
        struct err again = {0};

        must((source_state_reason(reading->state) == NULL) ==
             (reading->state == SOURCE_END));
        must(reading->state == SOURCE_END || err.text[0]);
        must(source_read(source, to, room, &got, &again) == reading->state);
        must(got == 0 && strcmp(again.text, err.text) == 0);
    }
    source_close(source);
}

static inline bool
is_prefix(const struct text *part, const struct text *whole)
{
    return part->n_bytes <= whole->n_bytes &&
           (part->n_bytes == 0 ||
               memcmp(part->data, whole->data, part->n_bytes) == 0);
}

static inline void
put_number(uint8_t *to, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

#endif

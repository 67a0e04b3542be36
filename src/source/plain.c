#include "source/plain.h"

#include <string.h>

#include "base/units.h"

_Static_assert((int)PLAIN_CHECK_BYTES <= (int)RAW_BYTES_ROOM,
    "the bytes that are checked must fit the buffer");

enum source_state
plain_check(struct raw_bytes *input, struct err *err)
{
    enum source_state state = SOURCE_MORE;
    char at[UNITS_TEXT_BYTES];
    const unsigned char *nul;
    size_t n;

    while (state == SOURCE_MORE && input->n_bytes < PLAIN_CHECK_BYTES)
        state = raw_bytes_fill(input, err);
    if (state != SOURCE_MORE && state != SOURCE_END)
        return state;
    if (input->n_bytes == 0) {
        err_set(err, ERR_DATA, "neither gzip, zstd nor text: it is empty");
        return SOURCE_NOT_GZIP;
    }
    n = input->n_bytes < PLAIN_CHECK_BYTES ? input->n_bytes
                                           : (size_t)PLAIN_CHECK_BYTES;
    nul = memchr(input->at, '\0', n);
    if (nul) {
        err_set(err, ERR_DATA,
            "neither gzip, zstd nor text: a NUL byte at byte %s",
            units_count((uint64_t)(nul - input->at), at));
        return SOURCE_NOT_GZIP;
    }
    return SOURCE_MORE;
}

enum source_state
plain_read(struct raw_bytes *input, char *buffer, size_t room, size_t *n_bytes,
    struct err *err)
{
    enum source_state state = SOURCE_MORE;
    size_t done = 0, n;

    while (done < room) {
        if (input->n_bytes == 0) {
            state = raw_bytes_fill(input, err);
            if (state != SOURCE_MORE)
                break;
        }
        n = room - done < input->n_bytes ? room - done : input->n_bytes;
        memcpy(buffer + done, input->at, n);
        raw_bytes_take(input, n);
        done += n;
    }
    *n_bytes = done;
    return state;
}

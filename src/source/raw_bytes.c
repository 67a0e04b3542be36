#include "source/raw_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/units.h"

void
raw_bytes_init(struct raw_bytes *input, int fd, int wait_fd)
{
    struct stat about;

    *input = (struct raw_bytes){.fd = fd, .wait_fd = wait_fd};
    input->buffer = mem_pages(RAW_BYTES_ROOM);
    input->at = input->buffer;
    input->can_block = fstat(fd, &about) || !S_ISREG(about.st_mode);
    /* advice only: reading works without */
    if (!input->can_block)
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

void
raw_bytes_release(struct raw_bytes *input)
{
    mem_pages_free(input->buffer, RAW_BYTES_ROOM);
    input->buffer = NULL;
}

static enum source_state
unreadable(const struct raw_bytes *input, struct err *err)
{
    char at[UNITS_TEXT_BYTES];

    err_set_errno(err, ERR_IO, "cannot read at byte %s",
        units_count(input->read_bytes, at));
    return SOURCE_UNREADABLE;
}

/* SOURCE_MORE when read(2) would not block now. */
static enum source_state
wait_for_bytes(const struct raw_bytes *input, struct err *err)
{
    /* poll(2) skips negative descriptors */
    struct pollfd fds[] = {
        {.fd = input->wait_fd, .events = POLLIN},
        {.fd = input->fd, .events = POLLIN},
    };

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return unreadable(input, err);
    return fds[0].revents ? SOURCE_STOPPED : SOURCE_MORE;
}

/* Where the next bytes go. */
static unsigned char *
make_room(struct raw_bytes *input, size_t *room)
{
    size_t used;

    if (input->n_bytes == 0)
        input->at = input->buffer;
    used = (size_t)(input->at - input->buffer) + input->n_bytes;
    must(used < RAW_BYTES_ROOM);
    *room = RAW_BYTES_ROOM - used;
    return input->buffer + used;
}

enum source_state
raw_bytes_fill(struct raw_bytes *input, struct err *err)
{
    enum source_state state;
    unsigned char *to;
    size_t room;
    ssize_t n;

    if (input->is_at_end)
        return SOURCE_END;
    if (input->is_over && input->is_over(input->ctx))
        return SOURCE_STOPPED;
    to = make_room(input, &room);
    do {
        if (input->can_block) {
            state = wait_for_bytes(input, err);
            if (state != SOURCE_MORE)
                return state;
        }
        n = read(input->fd, to, room);
        /* EAGAIN: another reader of that pipe was faster */
    } while (n < 0 &&
             (errno == EINTR || (errno == EAGAIN && input->can_block)));
    if (n < 0)
        return unreadable(input, err);
    input->is_at_end = n == 0;
    input->n_bytes += (size_t)n;
    input->read_bytes += (uint64_t)n;
    return n == 0 ? SOURCE_END : SOURCE_MORE;
}

void
raw_bytes_take(struct raw_bytes *input, size_t n_bytes)
{
    must(n_bytes <= input->n_bytes);
    input->at += n_bytes;
    input->n_bytes -= n_bytes;
}

bool
raw_bytes_hold(struct raw_bytes *input, unsigned char *held, size_t *n_held,
    size_t n)
{
    size_t more = n - *n_held;

    if (more > input->n_bytes)
        more = input->n_bytes;
    memcpy(held + *n_held, input->at, more);
    raw_bytes_take(input, more);
    *n_held += more;
    return *n_held == n;
}

uint32_t
raw_bytes_number(const unsigned char *at, size_t n_bytes)
{
    uint32_t value = 0;

    while (n_bytes-- > 0)
        value = value << 8 | at[n_bytes];
    return value;
}

uint64_t
raw_bytes_offset(const struct raw_bytes *input)
{
    return input->read_bytes - input->n_bytes;
}

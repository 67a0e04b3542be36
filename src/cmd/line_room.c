#include "cmd/cmd.h"

#include <sys/ioctl.h>
#include <unistd.h>

/* What any terminal shows in a line; a wider one may show more, and a file all
 * there is. */
enum { ROOM = 80, ROOM_IN_FILE = 1000 };

size_t
room_of(FILE *to)
{
    struct winsize size;

    if (ioctl(fileno(to), TIOCGWINSZ, &size))
        return isatty(fileno(to)) ? ROOM : ROOM_IN_FILE;
    if (size.ws_col < ROOM)
        return ROOM;
    return size.ws_col;
}

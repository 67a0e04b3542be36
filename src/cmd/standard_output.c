#include "cmd/cmd.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "settings/exit.h"

/* What every terminal shows in a line; a wider one gets more, and a file as
 * much as anybody reads. */
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

int
finish_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    complain("cannot write to standard output: %s", strerror(errno));
    return EXIT_NO_GO;
}

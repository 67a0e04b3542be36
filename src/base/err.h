/*
 * An error, to be logged once: what happened, where, and of which kind.
 *
 * A function that can fail because of the world outside (a file, a server, a
 * user's word) returns -1 and fills the `struct err` passed last; the caller
 * adds where it stands with err_wrap() and passes it up, and whoever decides
 * prints it, once. Bad data in a line is not an err but a reason and a
 * counter; a broken program is not an err but die() (mem.h).
 *
 * Owned by the caller, usually on its stack. One thread. Never fails itself:
 * what does not fit loses its middle (fit.h). errno is preserved.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* By what the caller can do about it. */
enum err_code {
    ERR_NONE,
    ERR_USAGE, /* the user's words are wrong: say so, exit 2 */
    ERR_IO,    /* a file or the disk */
    ERR_DATA,  /* bytes that are not what they should be */
    ERR_HOST,  /* a host's name does not resolve */
    ERR_PEER,  /* a server is not there or went away */
    ERR_TIMEOUT,
    ERR_PROTOCOL, /* a server said what no server says */
};

struct err {
    enum err_code code;
    int error; /* errno behind it; 0: there is none */
    char text[512];
};

void err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like err_set(), with ": " and the text of errno after it. */
void err_set_errno(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "…: " in front of the text; the code stays. */
void err_wrap(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

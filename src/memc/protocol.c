#include "memc/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "set " + key + three times " " + 10 digits + " noreply\r\n", which is more
 * than "ms " + key + " " + 10 digits, twice with a letter more, + " q\r\n" */
enum { HEADER_BYTES = 4 + 255 + 3 * 11 + 10 };

static char *
put_bytes(char *to, const char *bytes, size_t n)
{
    memcpy(to, bytes, n);
    return to + n;
}

static char *
put_number(char *to, uint32_t n)
{
    char digits[10];
    size_t i = sizeof(digits);

    do
        digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    return put_bytes(to, digits + i, sizeof(digits) - i);
}

/* The request's first line; returns its bytes. */
static size_t
encode_header(const struct item *item, enum form form, struct terms terms,
    char to[HEADER_BYTES])
{
    bool is_meta = form == FORM_QUIET || form == FORM_META;
    char *at = to;

    at = is_meta ? put_bytes(at, "ms ", 3) : put_bytes(at, "set ", 4);
    at = put_bytes(at, item_key(item), item->key_bytes);
    if (!is_meta) {
        *at++ = ' ';
        at = put_number(at, terms.flags);
        *at++ = ' ';
        at = put_number(at, terms.exptime);
    }
    *at++ = ' ';
    at = put_number(at, item->value_bytes);
    if (is_meta && terms.flags) {
        at = put_bytes(at, " F", 2);
        at = put_number(at, terms.flags);
    }
    if (is_meta && terms.exptime) {
        at = put_bytes(at, " T", 2);
        at = put_number(at, terms.exptime);
    }
    if (form == FORM_QUIET)
        at = put_bytes(at, " q", 2);
    else if (form == FORM_NOREPLY)
        at = put_bytes(at, " noreply", 8);
    at = put_bytes(at, "\r\n", 2);
    return (size_t)(at - to);
}

static size_t
digits_of(uint32_t n)
{
    size_t digits = 1;

    while (n /= 10)
        digits++;
    return digits;
}

size_t
request_bytes(const struct item *item, enum form form, struct terms terms)
{
    size_t n = item->key_bytes + 1 + digits_of(item->value_bytes) + 2 +
               item->value_bytes + 2;
    size_t n_terms = 2 + digits_of(terms.flags) + digits_of(terms.exptime);

    switch (form) {
    case FORM_QUIET:
        n += 3 + 2;
        break;
    case FORM_META:
        n += 3;
        break;
    case FORM_SET:
        return n + 4 + n_terms;
    case FORM_NOREPLY:
        return n + 4 + n_terms + 8;
    }
    if (terms.flags)
        n += 2 + digits_of(terms.flags);
    return terms.exptime ? n + 2 + digits_of(terms.exptime) : n;
}

/* Copies piece[skip..] as far as there is room; what is skipped and copied
 * comes off *skip and *room. */
static char *
put_piece(char *to, const char *piece, size_t n, size_t *skip, size_t *room)
{
    if (*skip >= n) {
        *skip -= n;
        return to;
    }
    piece += *skip;
    n -= *skip;
    *skip = 0;
    if (n > *room)
        n = *room;
    *room -= n;
    return put_bytes(to, piece, n);
}

size_t
request_encode(const struct item *item, enum form form, struct terms terms,
    size_t skip, char *to, size_t room)
{
    char header[HEADER_BYTES], *at = to;
    size_t n;

    /* nearly always: all of it, into room enough */
    if (skip == 0 && room >= HEADER_BYTES + item->value_bytes + 2u) {
        at += encode_header(item, form, terms, at);
        at = put_bytes(at, item_value(item), item->value_bytes);
        at = put_bytes(at, "\r\n", 2);
        return (size_t)(at - to);
    }
    n = encode_header(item, form, terms, header);
    at = put_piece(at, header, n, &skip, &room);
    at = put_piece(at, item_value(item), item->value_bytes, &skip, &room);
    at = put_piece(at, "\r\n", 2, &skip, &room);
    return (size_t)(at - to);
}

const char *
fence_request(bool has_meta, size_t *n_bytes)
{
    const char *text = has_meta ? "mn\r\n" : "version\r\n";

    *n_bytes = strlen(text);
    return text;
}

void
reply_init(struct reply_parser *parser)
{
    parser->line[0] = '\0';
    parser->n = 0;
    parser->is_whole = false;
    parser->is_bad = false;
}

static bool
begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static enum reply
judge(const char *line)
{
    if (strcmp(line, "HD") == 0 || strcmp(line, "STORED") == 0)
        return REPLY_STORED;
    if (strcmp(line, "MN") == 0)
        return REPLY_MN;
    if (begins(line, "VERSION "))
        return REPLY_VERSION;
    if (begins(line, "SERVER_ERROR out of memory") ||
        begins(line, "SERVER_ERROR Out of memory"))
        return REPLY_NO_MEMORY;
    if (begins(line, "SERVER_ERROR object too large"))
        return REPLY_TOO_LARGE;
    if (begins(line, "SERVER_ERROR"))
        return REPLY_REFUSED;
    if (strcmp(line, "ERROR") == 0)
        return REPLY_UNKNOWN;
    return REPLY_BAD;
}

/* Ends the line at hand; false for one without CR or with a NUL in it. */
static bool
end_line(struct reply_parser *parser)
{
    if (parser->n == 0 || parser->line[parser->n - 1] != '\r')
        return false;
    parser->line[--parser->n] = '\0';
    return strlen(parser->line) == parser->n;
}

enum reply
reply_next(struct reply_parser *parser, const char **at, const char *end)
{
    enum reply reply;
    const char *lf;
    size_t n;

    if (parser->is_bad)
        return REPLY_BAD;
    if (*at == end)
        return REPLY_NONE;
    if (parser->is_whole) {
        parser->is_whole = false;
        parser->n = 0;
    }
    lf = memchr(*at, '\n', (size_t)(end - *at));
    n = (size_t)((lf ? lf : end) - *at);
    if (n >= sizeof(parser->line) - parser->n) {
        n = sizeof(parser->line) - parser->n - 1;
        parser->is_bad = true;
    }
    memcpy(parser->line + parser->n, *at, n);
    parser->n += n;
    parser->line[parser->n] = '\0';
    *at += n;
    if (parser->is_bad)
        return REPLY_BAD;
    if (!lf)
        return REPLY_NONE;
    *at = lf + 1;
    parser->is_whole = true;
    reply = end_line(parser) ? judge(parser->line) : REPLY_BAD;
    parser->is_bad = reply == REPLY_BAD;
    return reply;
}

bool
version_has_meta(const char *version)
{
    unsigned major, minor, patch;

    if (sscanf(version, "%u.%u.%u", &major, &minor, &patch) != 3)
        return false;
    if (major != 1)
        return major > 1;
    return minor > 6 || (minor == 6 && patch >= 10);
}

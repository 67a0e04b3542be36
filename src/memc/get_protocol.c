#include "memc/get_protocol.h"

#include <string.h>

#include "base/mem.h"

/* ------------------------------------------------------------- requests --- */

static size_t
put(char *to, const char *text, size_t n)
{
    memcpy(to, text, n);
    return n;
}

size_t
get_request_key(enum get_form form, bool is_first, const char *key,
    size_t n_bytes, char to[GET_REQUEST_KEY_BYTES])
{
    size_t n;

    must(n_bytes >= 1 && n_bytes <= GET_KEY_BYTES);
    if (form == GET_CLASSIC)
        n = is_first ? put(to, "get ", 4) : put(to, " ", 1);
    else
        n = put(to, "mg ", 3);
    n += put(to + n, key, n_bytes);
    return form == GET_CLASSIC ? n : n + put(to + n, " k f v\r\n", 8);
}

size_t
get_request_end(enum get_form form, char to[GET_REQUEST_KEY_BYTES])
{
    return form == GET_CLASSIC ? put(to, "\r\n", 2) : 0;
}

/* -------------------------------------------------------------- replies --- */

void
get_parser_init(struct get_parser *parser, enum get_form form)
{
    *parser = (struct get_parser){.form = form};
}

/* A word of a line: up to the next blank or the line's end. */
struct word {
    const char *at;
    size_t n;
};

/* The next word of [*at, end); its n is 0 when there is none. One blank stands
 * before each word. */
static struct word
next_word(const char **at, const char *end)
{
    struct word word = {*at, 0};
    const char *blank;

    if (*at == end || **at != ' ')
        return word;
    word.at = *at + 1;
    blank = memchr(word.at, ' ', (size_t)(end - word.at));
    word.n = (size_t)((blank ? blank : end) - word.at);
    if (word.n > 0)
        *at = word.at + word.n;
    return word;
}

/* A decimal number of at most `most`, and nothing else. */
static bool
read_number(struct word word, uint64_t most, uint64_t *number_out)
{
    uint64_t number = 0;

    if (word.n == 0)
        return false;
    for (size_t i = 0; i < word.n; i++) {
        unsigned digit = (unsigned)(word.at[i] - '0');

        if (digit > 9 || number > (most - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *number_out = number;
    return true;
}

static bool
take_key(struct get_reply *reply, struct word word)
{
    reply->key = word.at;
    reply->key_bytes = word.n;
    return word.n >= 1 && word.n <= GET_KEY_BYTES;
}

/* " KEY FLAGS BYTES" or " KEY FLAGS BYTES CAS" */
static bool
read_classic(struct get_reply *reply, const char *at, const char *end)
{
    uint64_t flags, n_bytes;

    if (!take_key(reply, next_word(&at, end)) ||
        !read_number(next_word(&at, end), UINT32_MAX, &flags) ||
        !read_number(next_word(&at, end), GET_VALUE_BYTES, &n_bytes))
        return false;
    reply->flags = (uint32_t)flags;
    reply->value_bytes = n_bytes;
    return at == end ||
           (read_number(next_word(&at, end), UINT64_MAX, &reply->cas) &&
               at == end);
}

/* A flag of a meta reply. One that was not asked for says nothing to us. */
static bool
read_flag(struct get_reply *reply, struct word word)
{
    struct word rest = {word.at + 1, word.n - 1};
    uint64_t number;

    switch (*word.at) {
    case 'k':
        return take_key(reply, rest);
    case 'f':
        if (!read_number(rest, UINT32_MAX, &number))
            return false;
        reply->flags = (uint32_t)number;
        return true;
    case 'c':
        return read_number(rest, UINT64_MAX, &reply->cas);
    case 't':
        if (rest.n == 2 && memcmp(rest.at, "-1", 2) == 0)
            return true;
        if (!read_number(rest, INT64_MAX, &number))
            return false;
        reply->ttl_s = (int64_t)number;
        return true;
    default:
        return true;
    }
}

static bool
read_flags(struct get_reply *reply, const char *at, const char *end)
{
    struct word word;

    while ((word = next_word(&at, end)).n > 0)
        if (!read_flag(reply, word))
            return false;
    return at == end;
}

/* " BYTES FLAG..." */
static bool
read_meta(struct get_reply *reply, const char *at, const char *end)
{
    uint64_t n_bytes;

    if (!read_number(next_word(&at, end), GET_VALUE_BYTES, &n_bytes))
        return false;
    reply->value_bytes = n_bytes;
    return read_flags(reply, at, end);
}

/* Does the line begin so? Then *at is behind it. */
static bool
begins(const char **at, const char *end, const char *text, size_t n)
{
    if ((size_t)(end - *at) < n || memcmp(*at, text, n) != 0)
        return false;
    *at += n;
    return true;
}

/* A line without its end. */
static enum get_kind
read_line(struct get_parser *parser, const char *at, const char *end)
{
    struct get_reply *reply = &parser->reply;

    *reply = (struct get_reply){.ttl_s = -1};
    if (parser->form == GET_CLASSIC) {
        if (begins(&at, end, "VALUE", 5))
            return read_classic(reply, at, end) ? GET_VALUE : GET_BAD;
        if (begins(&at, end, "END", 3))
            return at == end ? GET_END : GET_BAD;
    } else {
        if (begins(&at, end, "VA", 2))
            return read_meta(reply, at, end) ? GET_VALUE : GET_BAD;
        if (begins(&at, end, "EN", 2))
            return read_flags(reply, at, end) ? GET_MISS : GET_BAD;
    }
    return begins(&at, end, "SERVER_ERROR", 12) ? GET_REFUSED : GET_BAD;
}

/* Sticky from now on; the line is kept for people. */
static enum get_kind
end_all(struct get_parser *parser, enum get_kind kind, const char *line,
    size_t n)
{
    n = n < sizeof(parser->text) - 1 ? n : sizeof(parser->text) - 1;
    memcpy(parser->text, line, n);
    parser->text[n] = '\0';
    parser->over = kind;
    return kind;
}

/*
 * The value from *at on. It is complete only with the CR LF behind it, so its
 * last piece waits for that; the bytes before are taken as they come.
 */
static enum get_kind
take_piece(struct get_parser *parser, const char **at, const char *end)
{
    struct get_reply *reply = &parser->reply;
    size_t left = reply->value_bytes - reply->offset, n = (size_t)(end - *at);

    reply->piece = *at;
    reply->piece_bytes = n < left ? n : left;
    if (n >= left + 2) {
        if (memcmp(*at + left, "\r\n", 2) != 0)
            return end_all(parser, GET_BAD, *at + left, n - left);
        reply->is_last = true;
        parser->is_in_value = false;
        *at += left + 2;
        return GET_VALUE;
    }
    *at += reply->piece_bytes;
    return reply->piece_bytes ? GET_VALUE : GET_NONE;
}

enum get_kind
get_parse(struct get_parser *parser, const char **at, const char *end)
{
    const char *line = *at, *lf;
    enum get_kind kind;

    if (parser->over)
        return parser->over;
    if (parser->is_in_value) {
        parser->reply.key = NULL;
        parser->reply.offset += parser->reply.piece_bytes;
        return take_piece(parser, at, end);
    }
    lf = memchr(line, '\n', (size_t)(end - line));
    if (!lf || lf - line >= GET_LINE_BYTES) {
        if (end - line < GET_LINE_BYTES)
            return GET_NONE;
        return end_all(parser, GET_BAD, line, GET_LINE_BYTES);
    }
    if (lf == line || lf[-1] != '\r')
        return end_all(parser, GET_BAD, line, (size_t)(lf - line));
    *at = lf + 1;
    kind = read_line(parser, line, lf - 1);
    if (kind == GET_BAD || kind == GET_REFUSED)
        return end_all(parser, kind, line, (size_t)(lf - 1 - line));
    if (kind != GET_VALUE)
        return kind;
    parser->is_in_value = true;
    kind = take_piece(parser, at, end);
    if (kind == GET_NONE) {
        /* with no byte of the value there is no piece to go with the key */
        parser->is_in_value = false;
        *at = line;
    }
    return kind;
}

/*
 * memc/get_protocol: replies to gets that come in pieces are those of the
 * whole, read line by line and word by word; and after a bad one all is bad.
 *
 * Head: piece sizes, the form. Rest: what the server says.
 */
// FUZZ: -max_len=2048
#include <ctype.h>
#include <stdio.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "memc/get_protocol.h"

/* --- the whole -------------------------------------------------------------*/

/* A number of digits alone, at most `most`. */
static bool
is_number(const char *word, uint64_t most, uint64_t *number)
{
    unsigned __int128 value = 0;

    if (!*word)
        return false;
    for (; *word; word++) {
        if (!isdigit((unsigned char)*word))
            return false;
        value = value * 10 + (unsigned)(*word - '0');
        if (value > most)
            return false;
    }
    *number = (uint64_t)value;
    return true;
}

/* What a first line says: of a value all that is told of it, with its size. */
struct line {
    enum get_kind kind;
    char key[GET_LINE_BYTES];
    uint64_t flags, cas, n_bytes;
    int64_t ttl_s;
};

static bool
read_classic_words(struct line *line, char **words, size_t n)
{
    if (n != 4 && n != 5)
        return false;
    snprintf(line->key, sizeof(line->key), "%s", words[1]);
    return words[1][0] && strlen(words[1]) <= GET_KEY_BYTES &&
           is_number(words[2], UINT32_MAX, &line->flags) &&
           is_number(words[3], GET_VALUE_BYTES, &line->n_bytes) &&
           (n == 4 || is_number(words[4], UINT64_MAX, &line->cas));
}

static bool
read_meta_words(struct line *line, char **words, size_t n)
{
    uint64_t number;

    for (size_t i = 0; i < n; i++) {
        const char *rest = words[i] + 1;

        switch (words[i][0]) {
        case '\0':
            return false;
        case 'k':
            if (!*rest || strlen(rest) > GET_KEY_BYTES)
                return false;
            snprintf(line->key, sizeof(line->key), "%s", rest);
            break;
        case 'f':
            if (!is_number(rest, UINT32_MAX, &line->flags))
                return false;
            break;
        case 'c':
            if (!is_number(rest, UINT64_MAX, &line->cas))
                return false;
            break;
        case 't':
            if (strcmp(rest, "-1") == 0)
                break; /* as it was */
            if (!is_number(rest, INT64_MAX, &number))
                return false;
            line->ttl_s = (int64_t)number;
            break;
        }
    }
    return true;
}

/* A whole line, without its end and without a NUL. */
static void
read_words(struct line *line, enum get_form form, char *text)
{
    char *words[GET_LINE_BYTES], *at = text, *word;
    bool is_refused = strncmp(text, "SERVER_ERROR", 12) == 0;
    size_t n = 0;

    *line = (struct line){.kind = GET_BAD, .ttl_s = -1};
    while ((word = strsep(&at, " ")))
        words[n++] = word;
    if (is_refused)
        line->kind = GET_REFUSED;
    else if (form == GET_CLASSIC && strcmp(words[0], "VALUE") == 0)
        line->kind = read_classic_words(line, words, n) ? GET_VALUE : GET_BAD;
    else if (form == GET_CLASSIC && strcmp(words[0], "END") == 0)
        line->kind = n == 1 ? GET_END : GET_BAD;
    else if (form == GET_META && strcmp(words[0], "VA") == 0)
        line->kind =
            n >= 2 && is_number(words[1], GET_VALUE_BYTES, &line->n_bytes) &&
                    read_meta_words(line, words + 2, n - 2)
                ? GET_VALUE
                : GET_BAD;
    else if (form == GET_META && strcmp(words[0], "EN") == 0)
        line->kind =
            read_meta_words(line, words + 1, n - 1) ? GET_MISS : GET_BAD;
}

static void
tell(struct text *said, const struct line *line, const char *value)
{
    text_format(said, "%d %s %llu %llu %lld ", (int)line->kind, line->key,
        (unsigned long long)line->flags, (unsigned long long)line->cas,
        (long long)line->ttl_s);
    if (line->kind == GET_VALUE)
        text_add(said, value, line->n_bytes);
}

static void
read_whole(struct text *said, enum get_form form, const char *at, size_t n)
{
    struct line line = {.kind = GET_NONE};

    while (n > 0) {
        const char *lf = memchr(at, '\n', n);
        size_t n_line = lf ? (size_t)(lf - at) : n;
        char text[GET_LINE_BYTES];

        if (!lf && n_line < GET_LINE_BYTES)
            return;
        line = (struct line){.kind = GET_BAD};
        if (n_line < GET_LINE_BYTES && n_line > 0 && at[n_line - 1] == '\r') {
            memcpy(text, at, n_line - 1);
            text[n_line - 1] = '\0';
            read_words(&line, form, text);
        }
        if (line.kind == GET_BAD || line.kind == GET_REFUSED)
            break;
        at += n_line + 1;
        n -= n_line + 1;
        if (line.kind == GET_VALUE) {
            if (n < line.n_bytes + 2)
                return;
            if (memcmp(at + line.n_bytes, "\r\n", 2) != 0) {
                line.kind = GET_BAD;
                break;
            }
        }
        tell(said, &line, at);
        if (line.kind == GET_VALUE) {
            at += line.n_bytes + 2;
            n -= line.n_bytes + 2;
        }
    }
    if (line.kind == GET_BAD || line.kind == GET_REFUSED)
        text_format(said, "over %d", (int)line.kind);
}

/* --- the pieces ------------------------------------------------------------*/

struct reading {
    struct text said, value;
    struct line line; /* of the value at hand */
};

static void
take(struct reading *reading, enum get_kind kind, const struct get_reply *reply)
{
    struct line *line = &reading->line;

    if (reply->offset == 0) {
        *line = (struct line){.kind = kind,
            .flags = reply->flags,
            .cas = reply->cas,
            .ttl_s = reply->ttl_s,
            .n_bytes = reply->value_bytes};
        if (reply->key)
            memcpy(line->key, reply->key, reply->key_bytes);
        text_clear(&reading->value);
    }
    if (kind == GET_VALUE) {
        must(reply->offset == reading->value.n_bytes);
        text_add(&reading->value, reply->piece, reply->piece_bytes);
        must(reading->value.n_bytes <= reply->value_bytes);
        if (!reply->is_last)
            return;
        must(reading->value.n_bytes == reply->value_bytes);
    }
    tell(&reading->said, line, reading->value.data ? reading->value.data : "");
}

static void
check(enum get_form form, const char *data, size_t n, struct pieces pieces,
    const struct text *wanted)
{
    struct reading reading = {0};
    struct get_parser parser;
    enum get_kind kind = GET_NONE;
    size_t from = 0, to = 0;

    get_parser_init(&parser, form);
    while (to < n && kind == GET_NONE) {
        char *copy;
        const char *at;

        to += next_piece(&pieces, n - to);
        at = copy = exact_copy(data + from, to - from);
        while ((kind = get_parse(&parser, &at, copy + (to - from))) !=
                   GET_NONE &&
               kind != GET_BAD && kind != GET_REFUSED)
            take(&reading, kind, &parser.reply);
        must(at >= copy && at <= copy + (to - from));
        must(kind != GET_NONE || copy + (to - from) - at < GET_REST_BYTES);
        from += (size_t)(at - copy);
        if (kind != GET_NONE) {
            must(get_parse(&parser, &at, at) == kind);
            text_format(&reading.said, "over %d", (int)kind);
        }
        free(copy);
    }
    must(reading.said.n_bytes == wanted->n_bytes);
    must(wanted->n_bytes == 0 ||
         memcmp(reading.said.data, wanted->data, wanted->n_bytes) == 0);
    text_release(&reading.said);
    text_release(&reading.value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct pieces by_one = {{1, 1, 1, 1}, 0}, at_once = {{0}, 0};
    struct feed feed = {data, n};
    struct text wanted = {0};
    struct pieces pieces;
    enum get_form form;

    feed_pieces(&feed, &pieces);
    form = feed_byte(&feed) & 1 ? GET_META : GET_CLASSIC;
    /* a NUL ends a word of the reading of the whole */
    if (feed.n && memchr(feed.at, '\0', feed.n))
        return 0;
    read_whole(&wanted, form, (const char *)feed.at, feed.n);
    check(form, (const char *)feed.at, feed.n, pieces, &wanted);
    check(form, (const char *)feed.at, feed.n, by_one, &wanted);
    check(form, (const char *)feed.at, feed.n, at_once, &wanted);
    text_release(&wanted);
    return 0;
}

/*
 * memc/protocol: replies that come in pieces are those of the whole, read line
 * by line and by their words; and after a bad one all is bad.
 *
 * Head: piece sizes. Rest: what the server says.
 */
// FUZZ: -max_len=2048
#include "fuzz/fuzz.h"
#include "memc/protocol.h"

/* --- the whole -------------------------------------------------------------*/
static const struct {
    const char *text;
    bool is_all; /* the line is no longer */
    enum reply reply;
} words[] = {
    {"HD", true, REPLY_STORED},
    {"STORED", true, REPLY_STORED},
    {"MN", true, REPLY_MN},
    {"VERSION ", false, REPLY_VERSION},
    {"ERROR", true, REPLY_UNKNOWN},
    {"SERVER_ERROR out of memory", false, REPLY_NO_MEMORY},
    {"SERVER_ERROR Out of memory", false, REPLY_NO_MEMORY},
    {"SERVER_ERROR object too large", false, REPLY_TOO_LARGE},
    {"SERVER_ERROR", false, REPLY_REFUSED},
};

static enum reply
judge(const uint8_t *line, size_t n)
{
    if (memchr(line, '\0', n))
        return REPLY_BAD;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t n_word = strlen(words[i].text);

        if (n >= n_word && memcmp(line, words[i].text, n_word) == 0 &&
            (n == n_word || !words[i].is_all))
            return words[i].reply;
    }
    return REPLY_BAD;
}

/* What is left of the whole. */
struct whole {
    const uint8_t *at;
    size_t n;
    bool is_bad;
};

/* The next reply, and its line without its end. */
static enum reply
read_next(struct whole *whole, const uint8_t **line, size_t *n_line)
{
    const uint8_t *lf = whole->n ? memchr(whole->at, '\n', whole->n) : NULL;
    size_t n = lf ? (size_t)(lf - whole->at) : whole->n;
    enum reply reply = REPLY_BAD;

    *line = whole->at;
    *n_line = n;
    if (whole->is_bad)
        return REPLY_BAD;
    if (n >= REPLY_LINE_BYTES) {
        *n_line = REPLY_LINE_BYTES - 1;
        whole->is_bad = true;
        return REPLY_BAD;
    }
    if (!lf)
        return REPLY_NONE;
    if (n > 0 && lf[-1] == '\r') {
        --*n_line;
        reply = judge(*line, *n_line);
    }
    whole->at += n + 1;
    whole->n -= n + 1;
    whole->is_bad = reply == REPLY_BAD;
    return reply;
}

/* --- the pieces ------------------------------------------------------------*/
static void
check_reply(const struct reply_parser *parser, enum reply reply,
    struct whole *whole)
{
    bool was_bad = whole->is_bad;
    const uint8_t *line;
    size_t n;

    must(read_next(whole, &line, &n) == reply);
    if (was_bad)
        return;
    must(strnlen(parser->line, sizeof(parser->line)) < sizeof(parser->line));
    must(memcmp(parser->line, line, n) == 0 && parser->line[n] == '\0');
}

static void
check(const uint8_t *data, size_t n, struct pieces pieces)
{
    struct whole whole = {data, n, false};
    struct reply_parser parser;
    enum reply reply;
    const uint8_t *line;

    reply_init(&parser);
    while (n > 0) {
        size_t piece = next_piece(&pieces, n);
        char *copy = exact_copy(data, piece);
        const char *at = copy, *before = at, *end = copy + piece;

        while ((reply = reply_next(&parser, &at, end)) != REPLY_NONE) {
            check_reply(&parser, reply, &whole);
            must(at >= before && at <= end);
            if (reply == REPLY_BAD)
                break;
            before = at;
        }
        must(reply == REPLY_BAD || at == end);
        data += piece;
        n -= piece;
        free(copy);
    }
    /* nothing is left in the parser that the whole has not */
    must(whole.is_bad || read_next(&whole, &line, &n) == REPLY_NONE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct pieces by_one = {{1, 1, 1, 1}, 0}, at_once = {{0}, 0};
    struct feed feed = {data, n};
    struct pieces pieces;

    feed_pieces(&feed, &pieces);
    check(feed.at, feed.n, pieces);
    check(feed.at, feed.n, by_one);
    check(feed.at, feed.n, at_once);
    return 0;
}

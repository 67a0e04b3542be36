#include "bench/quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool
has_only(const char *word, const char *allowed)
{
    return *word && word[strspn(word, allowed)] == '\0';
}

void
quote_shell(struct text *out, const char *word)
{
    if (has_only(word, LETTERS DIGITS "_@%+=:,./-")) {
        text_format(out, "%s", word);
        return;
    }
    text_add(out, "'", 1);
    for (; *word; word++) {
        if (*word == '\'')
            text_format(out, "'\\''");
        else
            text_add(out, word, 1);
    }
    text_add(out, "'", 1);
}

/* Neither a word that YAML takes for something other than text (null, ~), nor
 * one that begins with a special character. */
static bool
is_plain_yaml(const char *word)
{
    return has_only(word, LETTERS DIGITS "_./-") && word[0] != '-' &&
           word[0] != '.' && strcmp(word, "null") != 0;
}

/* YAML does not allow these, or takes them for the end of a line. */
static bool
is_hidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
           code == 0x2029 || code == 0xfeff || (code & ~1U) == 0xfffe;
}

void
quote_yaml(struct text *out, const char *word)
{
    if (is_plain_yaml(word)) {
        text_format(out, "%s", word);
        return;
    }
    text_add(out, "\"", 1);
    while (*word) {
        uint32_t code;
        size_t n_bytes = utf8_decode(word, SIZE_MAX, &code);

        if (code == '"' || code == '\\')
            text_format(out, "\\%c", (int)code);
        else if (is_hidden(code))
            text_format(out, "\\u%04X", (unsigned)code);
        else
            text_add(out, word, n_bytes ? n_bytes : 1);
        word += n_bytes ? n_bytes : 1;
    }
    text_add(out, "\"", 1);
}

void
quote_csv(struct text *out, const char *cell)
{
    if (cell[strcspn(cell, ",\"\r\n")] == '\0') {
        text_format(out, "%s", cell);
        return;
    }
    text_add(out, "\"", 1);
    for (; *cell; cell++) {
        if (*cell == '"')
            text_add(out, "\"", 1);
        text_add(out, cell, 1);
    }
    text_add(out, "\"", 1);
}

void
quote_plot(struct text *out, const char *word)
{
    text_add(out, "'", 1);
    for (; *word; word++) {
        unsigned char c = (unsigned char)*word;

        if (c == '\'')
            text_add(out, "''", 2);
        else
            text_add(out, c < 0x20 || c == 0x7f ? " " : word, 1);
    }
    text_add(out, "'", 1);
}

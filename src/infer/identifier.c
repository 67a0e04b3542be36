#include "infer/identifier.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "infer/texts.h"
#include "value/number.h"

/* Longer ones are of no use to people; with a number after it, it still is
 * one that every language takes. */
enum { MOST_BYTES = 60 };

static bool
is_word_byte(char byte)
{
    return is_letter(byte) || number_digit(byte) <= 9;
}

static char
lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

static char
upper(char byte)
{
    return byte >= 'a' && byte <= 'z' ? (char)(byte & ~0x20) : byte;
}

/* Does a new word begin here: PULocation, tripDistance? */
static bool
begins_word(const char *name, size_t i)
{
    char next = name[i] ? name[i + 1] : '\0';

    if (i == 0 || lower(name[i]) == name[i])
        return false;
    return is_letter(name[i - 1]) ? lower(name[i - 1]) == name[i - 1] ||
                                        (is_letter(next) && lower(next) == next)
                                  : number_digit(name[i - 1]) <= 9;
}

char *
identifier_field(const char *name, size_t number)
{
    char *out = mem_new(2 * strlen(name) + 2);
    size_t n = 0;

    for (size_t i = 0; name[i] && n < MOST_BYTES; i++) {
        bool is_good = is_word_byte(name[i]);

        if ((!is_good || begins_word(name, i)) && n > 0 && out[n - 1] != '_')
            out[n++] = '_';
        if (is_good)
            out[n++] = lower(name[i]);
    }
    while (n > 0 && out[n - 1] == '_')
        n--;
    out[n] = '\0';
    if (n > 0 && is_letter(out[0]))
        return out;
    if (n > 0) {
        char *prefixed = mem_format("column_%s", out);

        free(out);
        return prefixed;
    }
    free(out);
    return mem_format("column%zu", number);
}

int
identifier_same(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == '_')
            a++;
        while (*b == '_')
            b++;
        if (lower(*a) != lower(*b))
            return 0;
        if (*a == '\0')
            return 1;
    }
}

char *
identifier_message(const char *name)
{
    char *out = mem_new(strlen(name) + 1);
    size_t n = 0;
    bool begins = true;

    for (; *name && n < MOST_BYTES; name++) {
        if (!is_word_byte(*name)) {
            begins = true;
            continue;
        }
        if (n == 0 && !is_letter(*name))
            continue;
        out[n++] = begins ? upper(*name) : *name;
        begins = number_digit(*name) <= 9;
    }
    out[n] = '\0';
    if (n > 0)
        return out;
    free(out);
    return mem_text("Record");
}

/* Takes an ending off, once; does nothing when nothing would be left. */
static bool
drop_ending(char *name, const char *ending)
{
    size_t n = strlen(name), less = strlen(ending);

    if (n <= less || strcasecmp(name + n - less, ending) != 0)
        return false;
    name[n - less] = '\0';
    return true;
}

char *
identifier_stem(const char *path)
{
    static const char *const packed[] = {".gz", ".zst", ".zstd"};
    static const char *const table[] = {
        ".tsv", ".csv", ".psv", ".tab", ".txt", ".dat"};
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    char *out;

    while (*base == '.')
        base++;
    out = mem_text(*base ? base : "table");
    for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
        if (drop_ending(out, packed[i]))
            break;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (drop_ending(out, table[i]))
            break;
    for (char *at = out; *at; at++)
        if (!is_word_byte(*at) && !strchr("_-.", *at))
            *at = '_';
    return out;
}

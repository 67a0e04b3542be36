#include "preflight/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Of files with the same cause, beside the first. */
enum { NAMES_MOST = 4 };

const char *
finding_level_word(enum finding_level level)
{
    static const char *const words[] = {
#define X(name, word) word,
        FINDING_LEVELS(X)
#undef X
    };

    must((unsigned)level < N_FINDING_LEVELS);
    return words[level];
}

static char *format_text(const char *format, va_list ap)
    __attribute__((format(printf, 1, 0)));

static char *
format_text(const char *format, va_list ap)
{
    char *text = NULL;

    if (vasprintf(&text, format, ap) < 0)
        die("out of memory (a finding)");
    return text;
}

/* Takes over the text. */
static struct finding *
add(struct findings *findings, enum finding_level level, size_t server,
    char *text)
{
    struct finding *finding;

    findings->items =
        mem_grow(findings->items, findings->n + 1, sizeof(*findings->items));
    finding = &findings->items[findings->n++];
    *finding = (struct finding){.level = level, .server = server, .text = text};
    return finding;
}

void
findings_add(struct findings *findings, enum finding_level level, size_t server,
    const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    add(findings, level, server, format_text(format, ap));
    va_end(ap);
}

/* The same words, whatever the numbers. */
static bool
are_alike(const char *a, const char *b)
{
    static const char numbers[] = "0123456789.,";

    for (;; a++, b++) {
        a += strspn(a, numbers);
        b += strspn(b, numbers);
        if (*a != *b)
            return false;
        if (!*a)
            return true;
    }
}

static struct finding *
find_alike(struct findings *findings, enum finding_level level,
    const char *cause)
{
    for (size_t i = 0; i < findings->n; i++) {
        struct finding *finding = &findings->items[i];

        if (finding->level == level && finding->cause &&
            are_alike(finding->cause, cause))
            return finding;
    }
    return NULL;
}

void
findings_add_file(struct findings *findings, enum finding_level level,
    const char *path, const char *format, ...)
{
    struct finding *finding;
    char *cause;
    va_list ap;

    va_start(ap, format);
    cause = format_text(format, ap);
    va_end(ap);
    finding = find_alike(findings, level, cause);
    if (!finding) {
        finding = add(findings, level, FINDING_NO_SERVER,
            mem_format("%s: %s", path, cause));
        finding->cause = finding->text + strlen(path) + 2;
    } else if (finding->n_alike++ < NAMES_MOST) {
        text_format(&finding->alike, "%s%s", finding->n_alike > 1 ? ", " : "",
            path);
    }
    free(cause);
}

void
findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        free(findings->items[i].text);
        text_release(&findings->items[i].alike);
    }
    free(findings->items);
    *findings = (struct findings){0};
}

size_t
findings_count(const struct findings *findings, enum finding_level level)
{
    size_t n = 0;

    for (size_t i = 0; i < findings->n; i++)
        n += findings->items[i].level == level;
    return n;
}

void
finding_say(struct text *out, const struct finding *finding)
{
    text_format(out, "%s", finding->text);
    if (finding->n_alike)
        text_format(out, " (and %zu more like it: %s%s)", finding->n_alike,
            finding->alike.data, finding->n_alike > NAMES_MOST ? ", ..." : "");
}

void
finding_print(struct text *out, const struct finding *finding,
    const struct shards *shards)
{
    const struct server *server;

    if (finding->server != FINDING_NO_SERVER) {
        server = &shards->server[finding->server];
        text_format(out, "shard %s (%s): ", shards->shard[server->shard].name,
            server->address->text);
    }
    finding_say(out, finding);
}

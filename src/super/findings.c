#include "super/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

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

void
findings_add(struct findings *findings, enum finding_level level, size_t server,
    const char *format, ...)
{
    char *text = NULL;
    va_list ap;
    int n;

    va_start(ap, format);
    n = vasprintf(&text, format, ap);
    va_end(ap);
    if (n < 0)
        die("out of memory (a finding)");
    findings->items =
        mem_grow(findings->items, findings->n + 1, sizeof(*findings->items));
    findings->items[findings->n++] =
        (struct finding){.level = level, .server = server, .text = text};
}

void
findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++)
        free(findings->items[i].text);
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
finding_print(struct text *out, const struct finding *finding,
    const struct shards *shards)
{
    const struct server *server;

    if (finding->server != FINDING_NO_SERVER) {
        server = &shards->server[finding->server];
        text_format(out, "shard %s (%s): ", shards->shard[server->shard].name,
            server->address->text);
    }
    text_format(out, "%s", finding->text);
}

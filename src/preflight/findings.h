/*
 * What was found before a load, good or bad: one list for the loader, which
 * warns, and for `doctor`, which tells all of it.
 *
 * The list owns its texts; zero-initialised is empty. One thread, the
 * supervisor's. Cannot fail.
 */
#ifndef PREFLIGHT_FINDINGS_H
#define PREFLIGHT_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "memc/shard_map.h"

/* From good to know to cannot start. */
#define FINDING_LEVELS(X)                                             \
    X(NOTE, "note")       /* only doctor prints it */                 \
    X(FILE, "file")       /* a file will fail; a load says so then */ \
    X(PLACE, "file")      /* likewise; a load warns of it before */   \
    X(WARNING, "warning") /* it works, but not as well */             \
    X(LACK, "lack")       /* --require-capacity refuses to load */    \
    X(AWAY, "away")       /* a server does not answer */

enum finding_level {
#define X(name, word) FINDING_##name,
    FINDING_LEVELS(X)
#undef X
        N_FINDING_LEVELS
};

/* "note", …: as in the summary of doctor. */
const char *finding_level_word(enum finding_level level);

/* Of no server in particular. */
#define FINDING_NO_SERVER SIZE_MAX

struct finding {
    enum finding_level level;
    size_t server; /* index in the shard map, or FINDING_NO_SERVER */
    char *text;    /* what is the matter, and what to do */
    /* of a file: what stands behind its name in the text, and others of which
     * the same is to be said */
    const char *cause;
    size_t n_alike;
    struct text alike; /* the first names of these */
};

struct findings {
    struct finding *items;
    size_t n;
};

void findings_add(struct findings *findings, enum finding_level level,
    size_t server, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Of a file or directory: "PATH: CAUSE". Those of the same cause, but for the
 * numbers in it, are one finding. */
void findings_add_file(struct findings *findings, enum finding_level level,
    const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void findings_release(struct findings *findings);

/* How many of this level. */
size_t findings_count(const struct findings *findings,
    enum finding_level level);

/* The text, and for files how many more there are, with names. */
void finding_say(struct text *out, const struct finding *finding);

/* "shard NAME (ADDRESS): " where it is of one, and that. */
void finding_print(struct text *out, const struct finding *finding,
    const struct shards *shards);

#endif

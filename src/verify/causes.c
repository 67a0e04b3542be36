#include "verify/causes.h"

#include "base/mem.h"
#include "base/units.h"

void
cause_facts_merge(struct cause_facts *to, const struct cause_facts *from)
{
    to->is_away |= from->is_away;
    to->is_watched &= from->is_watched;
    to->has_restarted |= from->has_restarted;
    to->has_flushed |= from->has_flushed;
    to->evictions += from->evictions;
    to->ttl_s = from->ttl_s;
    if (from->age_s > to->age_s)
        to->age_s = from->age_s;
}

/* The items that a rule explains. */
enum what { MISSING, DIFFERENT, UNREADABLE, N_WHATS };

static bool
was_restarted(const struct cause_facts *facts)
{
    return facts->has_restarted;
}

static bool
was_flushed(const struct cause_facts *facts)
{
    return facts->has_flushed;
}

static bool
is_ttl_over(const struct cause_facts *facts)
{
    return facts->ttl_s && facts->age_s >= facts->ttl_s;
}

static bool
has_evicted(const struct cause_facts *facts)
{
    return facts->evictions > 0;
}

static bool
is_away(const struct cause_facts *facts)
{
    return facts->is_away;
}

static void
say_restarted(struct text *out, const struct cause_facts *facts)
{
    text_format(out,
        facts->is_watched
            ? "restarted since the load began: what it held is gone; load again"
            : "restarted: it was started after the file was made; if the file "
              "was loaded before that, load again");
}

static void
say_flushed(struct text *out, const struct cause_facts *facts)
{
    text_format(out,
        "flushed since %s (flush_all): what it held is gone; "
        "load again",
        facts->is_watched ? "the load began" : "it started");
}

static void
say_ttl_over(struct text *out, const struct cause_facts *facts)
{
    char age[UNITS_TEXT_BYTES];

    text_format(out, "expired: --ttl %ju has run out: %s have passed",
        (uintmax_t)facts->ttl_s, units_span((double)facts->age_s, age));
}

static void
say_evicted(struct text *out, const struct cause_facts *facts)
{
    char n[UNITS_TEXT_BYTES];

    text_format(out, "evicted: %s %s; give it more memory (-m) and load again",
        facts->is_watched ? "evictions rose by" : "evictions since it started:",
        units_count(facts->evictions, n));
}

static void
say_never_arrived(struct text *out, const struct cause_facts *facts)
{
    text_format(out,
        "never arrived, or deleted%s since: no evictions, restart "
        "or flush was seen",
        facts->ttl_s ? "" : " or expired");
}

static void
say_overwritten(struct text *out, const struct cause_facts *facts)
{
    (void)facts;
    text_format(out, "overwritten since, by another load or another client; or "
                     "the file was changed; or it was loaded with another "
                     "mapping");
}

static void
say_away(struct text *out, const struct cause_facts *facts)
{
    (void)facts;
    text_format(out, "the server does not answer; see that it runs, and verify "
                     "again");
}

static void
say_error(struct text *out, const struct cause_facts *facts)
{
    (void)facts;
    text_format(out, "the server answered, but not to the end; verify again");
}

/* The most likely first; a rule without a condition holds when no earlier one
 * for the same items does. */
static const struct rule {
    enum what what;
    bool (*holds)(const struct cause_facts *facts);
    void (*say)(struct text *out, const struct cause_facts *facts);
} rules[] = {
    {UNREADABLE, is_away, say_away},
    {UNREADABLE, NULL, say_error},
    {MISSING, was_restarted, say_restarted},
    {MISSING, was_flushed, say_flushed},
    {MISSING, is_ttl_over, say_ttl_over},
    {MISSING, has_evicted, say_evicted},
    {MISSING, NULL, say_never_arrived},
    {DIFFERENT, NULL, say_overwritten},
};

size_t
causes_list(const struct cause_facts *facts, const struct cause_counts *counts,
    void (*add)(void *ctx, const char *what, const char *why), void *ctx)
{
    static const char *const words[N_WHATS] = {
        [MISSING] = "missing",
        [DIFFERENT] = "different",
        [UNREADABLE] = "unreadable",
    };
    const uint64_t n[N_WHATS] = {
        [MISSING] = counts->missing,
        [DIFFERENT] = counts->different,
        [UNREADABLE] = counts->unreadable,
    };
    bool is_listed[N_WHATS] = {false};
    struct text what = {0}, why = {0};
    size_t n_listed = 0;

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *rule = &rules[i];
        char count[UNITS_TEXT_BYTES];

        if (n[rule->what] == 0 ||
            (rule->holds ? !rule->holds(facts) : is_listed[rule->what]))
            continue;
        text_clear(&what);
        text_clear(&why);
        text_format(&what, "%s %s", units_count(n[rule->what], count),
            words[rule->what]);
        rule->say(&why, facts);
        add(ctx, what.data, why.data);
        is_listed[rule->what] = true;
        n_listed++;
    }
    text_release(&what);
    text_release(&why);
    return n_listed;
}

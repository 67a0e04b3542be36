#include "value/time_format.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "value/time_step.h"

/* Letters, and what they mean: a step, or several. */
static const struct {
    char letter;
    enum step_kind kind;
    uint8_t least_digits, most_digits;
    const char *more; /* of SEVERAL */
} letters[] = {
    {'Y', YEAR, 4, 4, NULL},
    {'y', YEAR_OF_CENTURY, 2, 2, NULL},
    {'m', MONTH, 2, 2, NULL},
    {'d', DAY, 2, 2, NULL},
    {'e', DAY, 1, 2, NULL},
    {'j', DAY_OF_YEAR, 3, 3, NULL},
    {'b', MONTH_NAME, 0, 0, NULL},
    {'B', MONTH_NAME, 0, 0, NULL},
    {'h', MONTH_NAME, 0, 0, NULL},
    {'a', DAY_NAME, 0, 0, NULL},
    {'A', DAY_NAME, 0, 0, NULL},
    {'H', HOUR, 2, 2, NULL},
    {'I', HOUR_OF_12, 2, 2, NULL},
    {'p', HALF, 0, 0, NULL},
    {'M', MINUTE, 2, 2, NULL},
    {'S', SECOND, 2, 2, NULL},
    {'f', FRACTION, 1, 9, NULL},
    {'z', ZONE, 0, 0, NULL},
    {'s', EPOCH, 0, 0, NULL},
    {'%', LITERAL, 0, 0, NULL},
    {'T', SEVERAL, 0, 0, "%H:%M:%S"},
    {'R', SEVERAL, 0, 0, "%H:%M"},
    {'F', SEVERAL, 0, 0, "%Y-%m-%d"},
    {'D', SEVERAL, 0, 0, "%m/%d/%y"},
};

enum { N_LETTERS = sizeof(letters) / sizeof(letters[0]) };

static const char known[] =
    "%Y %y %m %d %e %j %b %a %H %I %p %M %S %f %z %s %T %R %F %D %%";

static size_t
find_letter(char letter)
{
    size_t i = 0;

    while (i < N_LETTERS && letters[i].letter != letter)
        i++;
    return i;
}

static int add_steps(struct time_format *format, const char *text,
    struct err *err);

/* The step of what follows a '%'; *text is left at its last byte. */
static int
add_letter(struct time_format *format, const char **text, struct err *err)
{
    bool is_short = **text == '-'; /* as in date(1): without leading zeros */
    const char *at = *text + is_short;
    size_t i = *at ? find_letter(*at) : N_LETTERS;
    uint32_t code;
    size_t n;

    if (i == N_LETTERS || (is_short && letters[i].most_digits != 2 &&
                              letters[i].kind != DAY_OF_YEAR)) {
        n = *at ? utf8_decode(at, SIZE_MAX, &code) : 0;
        if (*at && n == 0)
            n = 1;
        err_set(err, ERR_USAGE,
            "'%%%.*s' is not known in a time format: there are %s, and %%-m "
            "%%-d %%-j %%-H %%-I %%-M %%-S without leading zeros",
            (int)(is_short + n), *text, known);
        return -1;
    }
    *text = at;
    if (letters[i].kind == SEVERAL)
        return add_steps(format, letters[i].more, err);
    format->steps[format->n_steps++] = (struct time_step){
        .kind = letters[i].kind,
        .least_digits = is_short ? 1 : letters[i].least_digits,
        .most_digits = letters[i].most_digits,
        .takes_blank = *at == 'e',
        .byte = *at,
    };
    return 0;
}

static int
add_steps(struct time_format *format, const char *text, struct err *err)
{
    for (; *text; text++) {
        if (format->n_steps + 8 > MAX_STEPS) { /* %T makes five */
            err_set(err, ERR_USAGE, "a time format has more than %d bytes",
                MAX_STEPS - 8);
            return -1;
        }
        if (*text != '%') {
            format->steps[format->n_steps++] =
                (struct time_step){.kind = LITERAL, .byte = *text};
            continue;
        }
        text++;
        if (add_letter(format, &text, err) < 0)
            return -1;
    }
    return 0;
}

/* What is wrong with these kinds of steps together, or NULL. */
static const char *
find_nonsense(const size_t n[SEVERAL])
{
    size_t n_years = n[YEAR] + n[YEAR_OF_CENTURY];
    size_t n_months = n[MONTH] + n[MONTH_NAME];
    size_t n_hours = n[HOUR] + n[HOUR_OF_12];
    size_t n_days = n[DAY] + n[DAY_OF_YEAR];

    if (n_years > 1 || n_months > 1 || n_days > 1 || n_hours > 1 ||
        n[DAY_NAME] > 1 || n[HALF] > 1 || n[MINUTE] > 1 || n[SECOND] > 1 ||
        n[FRACTION] > 1 || n[ZONE] > 1 || n[EPOCH] > 1)
        return "a part of the time is given twice";
    if (n[EPOCH] && (n_years || n_months || n_days || n_hours || n[MINUTE] ||
                        n[SECOND] || n[HALF] || n[ZONE] || n[DAY_NAME]))
        return "%s is the whole time: only %f can be used with it";
    if (n[EPOCH])
        return NULL;
    if (!n_years)
        return "the year is missing: %Y, %y or %s";
    if (n[DAY] && !n_months)
        return "a day without a month: %m or %b, or %j for the day of the year";
    if (n[DAY_OF_YEAR] && n_months)
        return "%j is the day of the year and allows no month";
    if (n[DAY_NAME] && !n_days)
        return "%a needs a day of the month";
    if (n[HOUR_OF_12] != n[HALF])
        return "%I is an hour of twelve and needs %p (AM, PM), and %p needs "
               "%I; %H is one of 24";
    if (n[MINUTE] && !n_hours)
        return "a minute without an hour: %H";
    if (n[SECOND] && !n[MINUTE])
        return "a second without a minute: %M";
    if (n[FRACTION] && !n[SECOND])
        return "%f is a second's fraction: it needs %S or %s";
    return NULL;
}

struct time_format *
time_format_new(const char *text, struct err *err)
{
    struct time_format *format;
    size_t n[SEVERAL] = {0};
    const char *wrong;

    format = mem_new(sizeof(*format) + MAX_STEPS * sizeof(format->steps[0]));
    format->text = mem_text(text);
    format->n_steps = 0;
    if (add_steps(format, text, err) < 0)
        goto fail;
    for (size_t i = 0; i < format->n_steps; i++)
        n[format->steps[i].kind]++;
    format->is_epoch = n[EPOCH] > 0;
    wrong = find_nonsense(n);
    if (wrong) {
        err_set(err, ERR_USAGE, "\"%s\" does not make a time: %s", text, wrong);
        goto fail;
    }
    return format;
fail:
    time_format_free(format);
    return NULL;
}

void
time_format_free(struct time_format *format)
{
    if (format)
        free(format->text);
    free(format);
}

const char *
time_format_text(const struct time_format *format)
{
    return format->text;
}

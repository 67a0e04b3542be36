/*
 * Checks of the files that options name to be written, before any is opened.
 * Most of those refused are mistakes, such as "--summary a.tsv", where the name
 * of the summary was forgotten. Each function returns true when the file must
 * be refused (EXIT_USAGE), and has then said why on standard error. Anything
 * but a regular file (/dev/stdout, a pipe) can always be written to. One
 * thread.
 */
#ifndef CMD_OUTPUTS_H
#define CMD_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "settings/settings.h"

struct output {
    const char *option; /* without its dashes */
    const char *path;   /* NULL: not asked for; "-": standard output */
};

/* Is one of them an input, the config, the mapping, a file that the mapping
 * names, or another one of them, under whatever name? */
bool outputs_spoil(const struct output *outputs, size_t n,
    const struct settings *settings);

/* Would it match --pattern, and so become an input, once it is made? */
bool output_is_matched(const struct output *output,
    const struct settings *settings);

/* Does it look like data or a mapping, by its content or by its name? */
bool output_is_data(const struct output *output);

#endif

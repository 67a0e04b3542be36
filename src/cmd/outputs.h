/*
 * Files that options name to be written, held against what is there, before
 * any of them is opened: most of them were never meant, as that of "--summary
 * a.tsv", where the summary's name was forgotten. Each returns true when it is
 * to be refused (EXIT_USAGE), and has told why on standard error. What is no
 * regular file (/dev/stdout, a pipe) can always be written to. One thread.
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

/* Is one of them an input, the config, the mapping or what that names, or
 * another one of them, by whatever name? */
bool outputs_spoil(const struct output *outputs, size_t n,
    const struct settings *settings);

/* Is it not there yet, and would be an input as soon as it is made? */
bool output_is_matched(const struct output *output,
    const struct settings *settings);

/* Is it data, or a mapping, by its content or by its name? */
bool output_is_data(const struct output *output);

#endif

/*
 * The groups of options that option_table.c puts together, each in a file of
 * its own (rows_*.c); for option_table.c alone. All const.
 */
#ifndef SETTINGS_OPTION_ROWS_H
#define SETTINGS_OPTION_ROWS_H

#include "settings/option.h"

extern const struct option_group bench_options;        /* rows_bench.c */
extern const struct option_group input_options;        /* rows_input.c */
extern const struct option_group server_options;       /* rows_servers.c */
extern const struct option_group tuning_options;       /* rows_tuning.c */
extern const struct option_group failure_options;      /* rows_failure.c */
extern const struct option_group verification_options; /* rows_verification.c */
extern const struct option_group explain_options;      /* rows_explain_init.c */
extern const struct option_group init_options;         /* rows_explain_init.c */
extern const struct option_group output_options;       /* rows_output.c */
extern const struct option_group other_options;        /* rows_output.c */

#endif

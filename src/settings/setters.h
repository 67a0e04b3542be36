/*
 * One function an option: reads its value and puts it into the job. They are
 * what the option table (option_table.c) points to, for the command line and
 * the config file alike.
 *
 * -1 with ERR_USAGE and the job unchanged when the value is wrong; the text
 * names value and range, the caller adds the option and where it stands. A
 * flag's value is "true" or "false". One thread. The job copies what it keeps.
 */
#ifndef SETTINGS_SETTERS_H
#define SETTINGS_SETTERS_H

#include "base/err.h"
#include "settings/settings.h"

int set_pattern(struct settings *settings, const char *value, struct err *err);
int set_mapping(struct settings *settings, const char *value, struct err *err);
int set_columns(struct settings *settings, const char *value, struct err *err);
int set_skip_header(struct settings *settings, const char *value,
    struct err *err);
int set_strict(struct settings *settings, const char *value, struct err *err);
int set_max_line(struct settings *settings, const char *value, struct err *err);
int set_max_error_rate(struct settings *settings, const char *value,
    struct err *err);
int set_no_rename(struct settings *settings, const char *value,
    struct err *err);
int set_inflate(struct settings *settings, const char *value, struct err *err);
int set_idfa(struct settings *settings, const char *value, struct err *err);
int set_gaid(struct settings *settings, const char *value, struct err *err);
int set_adid(struct settings *settings, const char *value, struct err *err);
int set_dvid(struct settings *settings, const char *value, struct err *err);
int set_shard(struct settings *settings, const char *value, struct err *err);
int set_mode(struct settings *settings, const char *value, struct err *err);
int set_ttl(struct settings *settings, const char *value, struct err *err);
int set_dry(struct settings *settings, const char *value, struct err *err);
int set_processes(struct settings *settings, const char *value,
    struct err *err);
int set_threads(struct settings *settings, const char *value, struct err *err);
int set_connections(struct settings *settings, const char *value,
    struct err *err);
int set_batch(struct settings *settings, const char *value, struct err *err);
int set_window(struct settings *settings, const char *value, struct err *err);
int set_retries(struct settings *settings, const char *value, struct err *err);
int set_retry_delay(struct settings *settings, const char *value,
    struct err *err);
int set_timeout(struct settings *settings, const char *value, struct err *err);
int set_max_outage(struct settings *settings, const char *value,
    struct err *err);
int set_degraded(struct settings *settings, const char *value, struct err *err);
int set_on_restart(struct settings *settings, const char *value,
    struct err *err);
int set_max_evictions(struct settings *settings, const char *value,
    struct err *err);
int set_require_capacity(struct settings *settings, const char *value,
    struct err *err);
int set_verify(struct settings *settings, const char *value, struct err *err);
int set_margin(struct settings *settings, const char *value, struct err *err);
int set_confidence(struct settings *settings, const char *value,
    struct err *err);
int set_min_success(struct settings *settings, const char *value,
    struct err *err);
int set_seed(struct settings *settings, const char *value, struct err *err);
int set_rejects(struct settings *settings, const char *value, struct err *err);
int set_no_rejects(struct settings *settings, const char *value,
    struct err *err);
int set_log(struct settings *settings, const char *value, struct err *err);
int set_verbose(struct settings *settings, const char *value, struct err *err);
int set_quiet(struct settings *settings, const char *value, struct err *err);
int set_progress(struct settings *settings, const char *value, struct err *err);
int set_summary(struct settings *settings, const char *value, struct err *err);
int set_lines(struct settings *settings, const char *value, struct err *err);
int set_output(struct settings *settings, const char *value, struct err *err);
int set_config(struct settings *settings, const char *value, struct err *err);

#endif

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

int set_pattern(struct job *job, const char *value, struct err *err);
int set_mapping(struct job *job, const char *value, struct err *err);
int set_columns(struct job *job, const char *value, struct err *err);
int set_skip_header(struct job *job, const char *value, struct err *err);
int set_strict(struct job *job, const char *value, struct err *err);
int set_max_line(struct job *job, const char *value, struct err *err);
int set_max_error_rate(struct job *job, const char *value, struct err *err);
int set_no_rename(struct job *job, const char *value, struct err *err);
int set_inflate(struct job *job, const char *value, struct err *err);
int set_idfa(struct job *job, const char *value, struct err *err);
int set_gaid(struct job *job, const char *value, struct err *err);
int set_adid(struct job *job, const char *value, struct err *err);
int set_dvid(struct job *job, const char *value, struct err *err);
int set_shard(struct job *job, const char *value, struct err *err);
int set_mode(struct job *job, const char *value, struct err *err);
int set_ttl(struct job *job, const char *value, struct err *err);
int set_dry(struct job *job, const char *value, struct err *err);
int set_processes(struct job *job, const char *value, struct err *err);
int set_threads(struct job *job, const char *value, struct err *err);
int set_connections(struct job *job, const char *value, struct err *err);
int set_batch(struct job *job, const char *value, struct err *err);
int set_window(struct job *job, const char *value, struct err *err);
int set_retries(struct job *job, const char *value, struct err *err);
int set_retry_delay(struct job *job, const char *value, struct err *err);
int set_timeout(struct job *job, const char *value, struct err *err);
int set_max_outage(struct job *job, const char *value, struct err *err);
int set_degraded(struct job *job, const char *value, struct err *err);
int set_on_restart(struct job *job, const char *value, struct err *err);
int set_max_evictions(struct job *job, const char *value, struct err *err);
int set_require_capacity(struct job *job, const char *value, struct err *err);
int set_verify(struct job *job, const char *value, struct err *err);
int set_margin(struct job *job, const char *value, struct err *err);
int set_confidence(struct job *job, const char *value, struct err *err);
int set_min_success(struct job *job, const char *value, struct err *err);
int set_seed(struct job *job, const char *value, struct err *err);
int set_rejects(struct job *job, const char *value, struct err *err);
int set_no_rejects(struct job *job, const char *value, struct err *err);
int set_log(struct job *job, const char *value, struct err *err);
int set_verbose(struct job *job, const char *value, struct err *err);
int set_quiet(struct job *job, const char *value, struct err *err);
int set_progress(struct job *job, const char *value, struct err *err);
int set_summary(struct job *job, const char *value, struct err *err);
int set_lines(struct job *job, const char *value, struct err *err);
int set_output(struct job *job, const char *value, struct err *err);
int set_config(struct job *job, const char *value, struct err *err);

#endif

/*
 * The setters of `bench`'s own options; as those of setters.h.
 *
 * --sweep takes a value only when the option itself would: each is tried on a
 * job of its own before anything is run. One thread.
 */
#ifndef SETTINGS_BENCH_SETTERS_H
#define SETTINGS_BENCH_SETTERS_H

#include "base/err.h"
#include "settings/settings.h"

int set_sweep(struct settings *settings, const char *value, struct err *err);
int set_repeat(struct settings *settings, const char *value, struct err *err);
int set_generate(struct settings *settings, const char *value, struct err *err);
int set_yes(struct settings *settings, const char *value, struct err *err);
int set_json(struct settings *settings, const char *value, struct err *err);
int set_csv(struct settings *settings, const char *value, struct err *err);
int set_plot(struct settings *settings, const char *value, struct err *err);
int set_write_config(struct settings *settings, const char *value,
    struct err *err);

void bench_job_release(struct bench_settings *bench);

#endif

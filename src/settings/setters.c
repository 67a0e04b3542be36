#include "settings/setters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"

enum { HOUR_MS = 3600 * 1000, YEAR_S = 366 * 24 * 3600 };

/* A number within min..max, both allowed. */
static int
read_count(const char *value, uint64_t min, uint64_t max, uint64_t *out,
    struct err *err)
{
    uint64_t n;

    if (units_parse_count(value, &n) || n < min || n > max) {
        err_set(err, ERR_USAGE,
            "\"%s\" is not a number from %" PRIu64 " to %" PRIu64, value, min,
            max);
        return -1;
    }
    *out = n;
    return 0;
}

/* The range's ends as they are written on the command line, too. */
static int
read_size(const char *value, uint64_t min, uint64_t max, const char *range,
    size_t *out_bytes, struct err *err)
{
    uint64_t n;

    if (units_parse_size(value, &n) || n < min || n > max) {
        err_set(err, ERR_USAGE, "\"%s\" is not a size from %s", value, range);
        return -1;
    }
    *out_bytes = (size_t)n;
    return 0;
}

static int
read_flag(const char *value, bool *out, struct err *err)
{
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0) {
        err_set(err, ERR_USAGE, "\"%s\" is neither true nor false", value);
        return -1;
    }
    *out = value[0] == 't';
    return 0;
}

/* The index of value among n words. */
static int
read_word(const char *value, const char *const *words, size_t n, size_t *out,
    struct err *err)
{
    struct text list = {0};

    for (size_t i = 0; i < n; i++) {
        if (strcmp(value, words[i]) == 0) {
            text_release(&list);
            *out = i;
            return 0;
        }
        text_format(&list, "%s%s", i ? ", " : "", words[i]);
    }
    err_set(err, ERR_USAGE, "\"%s\" is none of: %s", value, list.data);
    text_release(&list);
    return -1;
}

static int
read_text(const char *value, const char *what, char **out, struct err *err)
{
    if (!*value) {
        err_set(err, ERR_USAGE, "an empty text is no %s", what);
        return -1;
    }
    free(*out);
    *out = mem_text(value);
    return 0;
}

/* --- input ----------------------------------------------------------------*/

int
set_pattern(struct settings *settings, const char *value, struct err *err)
{
    if (!*value) {
        err_set(err, ERR_USAGE, "an empty text is no pattern");
        return -1;
    }
    words_add(&settings->input.patterns, value);
    return 0;
}

int
set_no_rename(struct settings *settings, const char *value, struct err *err)
{
    bool keeps_name;

    if (read_flag(value, &keeps_name, err))
        return -1;
    settings->input.rename = !keeps_name;
    return 0;
}

int
set_mapping(struct settings *settings, const char *value, struct err *err)
{
    return read_text(value, "file name", &settings->input.mapping_path, err);
}

int
set_skip_header(struct settings *settings, const char *value, struct err *err)
{
    return read_flag(value, &settings->input.skip_header, err);
}

int
set_strict(struct settings *settings, const char *value, struct err *err)
{
    return read_flag(value, &settings->input.strict, err);
}

int
set_max_line(struct settings *settings, const char *value, struct err *err)
{
    return read_size(value, 64, 512 << 20, "64 to 512MiB",
        &settings->input.max_line_bytes, err);
}

int
set_max_error_rate(struct settings *settings, const char *value,
    struct err *err)
{
    double rate;

    if (units_parse_decimal(value, &rate) || !(rate >= 0 && rate <= 1)) {
        err_set(err, ERR_USAGE, "\"%s\" is not a rate from 0 to 1", value);
        return -1;
    }
    settings->failure.max_error_rate = rate;
    return 0;
}

int
set_inflate(struct settings *settings, const char *value, struct err *err)
{
    static const char *const words[] = {"isal", "zlib"};
    size_t i;

    if (read_word(value, words, 2, &i, err))
        return -1;
#ifndef HAVE_ISAL
    if (i == 0) {
        err_set(err, ERR_USAGE,
            "this program was built without ISA-L; use zlib, or install "
            "libisal-dev and build it again");
        return -1;
    }
#endif
    settings->input.inflate = words[i];
    return 0;
}

/* --- servers --------------------------------------------------------------*/

static int
set_default_shard(struct settings *settings, const char *name,
    const char *value, struct err *err)
{
    char *spec = mem_format("%s=%s", name, value);
    int status = settings_set_shard(settings, spec, err);

    free(spec);
    return status;
}

int
set_idfa(struct settings *settings, const char *value, struct err *err)
{
    return set_default_shard(settings, "idfa", value, err);
}

int
set_gaid(struct settings *settings, const char *value, struct err *err)
{
    return set_default_shard(settings, "gaid", value, err);
}

int
set_adid(struct settings *settings, const char *value, struct err *err)
{
    return set_default_shard(settings, "adid", value, err);
}

int
set_dvid(struct settings *settings, const char *value, struct err *err)
{
    return set_default_shard(settings, "dvid", value, err);
}

int
set_shard(struct settings *settings, const char *value, struct err *err)
{
    return settings_set_shard(settings, value, err);
}

int
set_mode(struct settings *settings, const char *value, struct err *err)
{
    static const enum mode modes[] = {MODE_SET, MODE_MULTI, MODE_NOREPLY};
    static const char *const words[] = {"set", "multi", "noreply"};
    size_t i;

    if (read_word(value, words, 3, &i, err))
        return -1;
    settings->tuning.mode = modes[i];
    return 0;
}

int
set_window(struct settings *settings, const char *value, struct err *err)
{
    return read_size(value, 1 << 10, 64 << 20, "1KiB to 64MiB",
        &settings->tuning.window_bytes, err);
}

/* How far the server's clock goes is settings_finish()'s business. */
int
set_ttl(struct settings *settings, const char *value, struct err *err)
{
    return read_count(value, 0, INT32_MAX, &settings->servers.ttl_s, err);
}

int
set_dry(struct settings *settings, const char *value, struct err *err)
{
    bool is_dry = settings->purpose == PURPOSE_DRY;

    if (read_flag(value, &is_dry, err))
        return -1;
    /* a config for loads says nothing to who verifies */
    if (settings->purpose != PURPOSE_VERIFY)
        settings->purpose = is_dry ? PURPOSE_DRY : PURPOSE_LOAD;
    return 0;
}

/* --- concurrency ----------------------------------------------------------*/

static int
read_unsigned(const char *value, uint64_t min, uint64_t max, unsigned *out,
    struct err *err)
{
    uint64_t n;

    if (read_count(value, min, max, &n, err))
        return -1;
    *out = (unsigned)n;
    return 0;
}

int
set_processes(struct settings *settings, const char *value, struct err *err)
{
    return read_unsigned(value, 1, 1024, &settings->tuning.processes, err);
}

int
set_threads(struct settings *settings, const char *value, struct err *err)
{
    return read_unsigned(value, 0, 64, &settings->tuning.threads, err);
}

int
set_connections(struct settings *settings, const char *value, struct err *err)
{
    return read_unsigned(value, 1, 64, &settings->tuning.connections, err);
}

int
set_batch(struct settings *settings, const char *value, struct err *err)
{
    uint64_t n;

    if (read_count(value, 1, 1000000, &n, err))
        return -1;
    settings->tuning.batch_lines = (size_t)n;
    return 0;
}

/* --- failures -------------------------------------------------------------*/

/* A time of so many units of unit_ms each. */
static int
read_time(const char *value, uint64_t min, uint64_t max, unsigned unit_ms,
    int64_t *out_ms, struct err *err)
{
    uint64_t n;

    if (read_count(value, min, max, &n, err))
        return -1;
    *out_ms = (int64_t)(n * unit_ms);
    return 0;
}

int
set_retries(struct settings *settings, const char *value, struct err *err)
{
    return read_unsigned(value, 0, 1000000, &settings->failure.retries, err);
}

int
set_retry_delay(struct settings *settings, const char *value, struct err *err)
{
    return read_time(value, 0, HOUR_MS, 1, &settings->failure.retry_delay_ms,
        err);
}

int
set_timeout(struct settings *settings, const char *value, struct err *err)
{
    return read_time(value, 1, HOUR_MS, 1, &settings->failure.timeout_ms, err);
}

int
set_max_outage(struct settings *settings, const char *value, struct err *err)
{
    return read_time(value, 0, YEAR_S, 1000, &settings->failure.max_outage_ms,
        err);
}

int
set_degraded(struct settings *settings, const char *value, struct err *err)
{
    return read_flag(value, &settings->servers.degraded, err);
}

int
set_on_restart(struct settings *settings, const char *value, struct err *err)
{
    static const char *const words[] = {"reload", "fail"};
    size_t i;

    if (read_word(value, words, 2, &i, err))
        return -1;
    settings->failure.on_restart = i ? ON_RESTART_FAIL : ON_RESTART_RELOAD;
    return 0;
}

int
set_max_evictions(struct settings *settings, const char *value, struct err *err)
{
    return read_count(value, 0, INT64_MAX, &settings->failure.max_evictions,
        err);
}

int
set_require_capacity(struct settings *settings, const char *value,
    struct err *err)
{
    return read_flag(value, &settings->servers.require_capacity, err);
}

/* --- output ---------------------------------------------------------------*/

/* Of --rejects and --no-rejects, too, the last one holds. */
int
set_rejects(struct settings *settings, const char *value, struct err *err)
{
    if (read_text(value, "directory name", &settings->input.rejects_dir, err))
        return -1;
    settings->input.rejects = true;
    return 0;
}

int
set_no_rejects(struct settings *settings, const char *value, struct err *err)
{
    bool has_none;

    if (read_flag(value, &has_none, err))
        return -1;
    settings->input.rejects = !has_none;
    return 0;
}

int
set_log(struct settings *settings, const char *value, struct err *err)
{
    return read_text(value, "file name", &settings->output.log_path, err);
}

/* Of -v and -q the last one holds, as with any option given twice. */
int
set_verbose(struct settings *settings, const char *value, struct err *err)
{
    if (read_flag(value, &settings->output.verbose, err))
        return -1;
    if (settings->output.verbose)
        settings->output.quiet = false;
    return 0;
}

int
set_quiet(struct settings *settings, const char *value, struct err *err)
{
    if (read_flag(value, &settings->output.quiet, err))
        return -1;
    if (settings->output.quiet)
        settings->output.verbose = false;
    return 0;
}

int
set_progress(struct settings *settings, const char *value, struct err *err)
{
    static const enum progress_when whens[] = {
        PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER};
    static const char *const words[] = {"auto", "always", "never"};
    size_t i;

    if (read_word(value, words, 3, &i, err))
        return -1;
    settings->output.progress = whens[i];
    return 0;
}

int
set_summary(struct settings *settings, const char *value, struct err *err)
{
    return read_text(value, "file name", &settings->output.summary_path, err);
}

int
set_config(struct settings *settings, const char *value, struct err *err)
{
    return read_text(value, "file name", &settings->output.config_path, err);
}

int
set_lines(struct settings *settings, const char *value, struct err *err)
{
    return read_count(value, 1, 1000000, &settings->explain.lines, err);
}

int
set_output(struct settings *settings, const char *value, struct err *err)
{
    return read_text(value, "name", &settings->init.output_name, err);
}

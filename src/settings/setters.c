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
set_pattern(struct job *job, const char *value, struct err *err)
{
    if (!*value) {
        err_set(err, ERR_USAGE, "an empty text is no pattern");
        return -1;
    }
    words_add(&job->patterns, value);
    return 0;
}

int
set_no_rename(struct job *job, const char *value, struct err *err)
{
    bool keeps_name;

    if (read_flag(value, &keeps_name, err))
        return -1;
    job->rename = !keeps_name;
    return 0;
}

int
set_mapping(struct job *job, const char *value, struct err *err)
{
    return read_text(value, "file name", &job->mapping_path, err);
}

int
set_skip_header(struct job *job, const char *value, struct err *err)
{
    return read_flag(value, &job->skip_header, err);
}

int
set_strict(struct job *job, const char *value, struct err *err)
{
    return read_flag(value, &job->strict, err);
}

int
set_max_line(struct job *job, const char *value, struct err *err)
{
    return read_size(value, 64, 512 << 20, "64 to 512MiB", &job->max_line_bytes,
        err);
}

int
set_max_error_rate(struct job *job, const char *value, struct err *err)
{
    double rate;

    if (units_parse_decimal(value, &rate) || !(rate >= 0 && rate <= 1)) {
        err_set(err, ERR_USAGE, "\"%s\" is not a rate from 0 to 1", value);
        return -1;
    }
    job->max_error_rate = rate;
    return 0;
}

int
set_inflate(struct job *job, const char *value, struct err *err)
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
    job->inflate = words[i];
    return 0;
}

/* --- servers --------------------------------------------------------------*/

static int
set_default_shard(struct job *job, const char *name, const char *value,
    struct err *err)
{
    char *spec = mem_format("%s=%s", name, value);
    int status = job_set_shard(job, spec, err);

    free(spec);
    return status;
}

int
set_idfa(struct job *job, const char *value, struct err *err)
{
    return set_default_shard(job, "idfa", value, err);
}

int
set_gaid(struct job *job, const char *value, struct err *err)
{
    return set_default_shard(job, "gaid", value, err);
}

int
set_adid(struct job *job, const char *value, struct err *err)
{
    return set_default_shard(job, "adid", value, err);
}

int
set_dvid(struct job *job, const char *value, struct err *err)
{
    return set_default_shard(job, "dvid", value, err);
}

int
set_shard(struct job *job, const char *value, struct err *err)
{
    return job_set_shard(job, value, err);
}

int
set_mode(struct job *job, const char *value, struct err *err)
{
    static const enum mode modes[] = {MODE_SET, MODE_MULTI, MODE_NOREPLY};
    static const char *const words[] = {"set", "multi", "noreply"};
    size_t i;

    if (read_word(value, words, 3, &i, err))
        return -1;
    job->mode = modes[i];
    return 0;
}

int
set_window(struct job *job, const char *value, struct err *err)
{
    return read_size(value, 1 << 10, 64 << 20, "1KiB to 64MiB",
        &job->window_bytes, err);
}

/* How far the server's clock goes is job_finish()'s business. */
int
set_ttl(struct job *job, const char *value, struct err *err)
{
    return read_count(value, 0, INT32_MAX, &job->ttl_s, err);
}

int
set_dry(struct job *job, const char *value, struct err *err)
{
    return read_flag(value, &job->dry, err);
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
set_processes(struct job *job, const char *value, struct err *err)
{
    return read_unsigned(value, 1, 1024, &job->processes, err);
}

int
set_threads(struct job *job, const char *value, struct err *err)
{
    return read_unsigned(value, 0, 64, &job->threads, err);
}

int
set_connections(struct job *job, const char *value, struct err *err)
{
    return read_unsigned(value, 1, 64, &job->connections, err);
}

int
set_batch(struct job *job, const char *value, struct err *err)
{
    uint64_t n;

    if (read_count(value, 1, 1000000, &n, err))
        return -1;
    job->batch_lines = (size_t)n;
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
set_retries(struct job *job, const char *value, struct err *err)
{
    return read_unsigned(value, 0, 1000000, &job->retries, err);
}

int
set_retry_delay(struct job *job, const char *value, struct err *err)
{
    return read_time(value, 0, HOUR_MS, 1, &job->retry_delay_ms, err);
}

int
set_timeout(struct job *job, const char *value, struct err *err)
{
    return read_time(value, 1, HOUR_MS, 1, &job->timeout_ms, err);
}

int
set_max_outage(struct job *job, const char *value, struct err *err)
{
    return read_time(value, 0, YEAR_S, 1000, &job->max_outage_ms, err);
}

int
set_degraded(struct job *job, const char *value, struct err *err)
{
    return read_flag(value, &job->degraded, err);
}

int
set_on_restart(struct job *job, const char *value, struct err *err)
{
    static const char *const words[] = {"reload", "fail"};
    size_t i;

    if (read_word(value, words, 2, &i, err))
        return -1;
    job->on_restart = i ? ON_RESTART_FAIL : ON_RESTART_RELOAD;
    return 0;
}

int
set_max_evictions(struct job *job, const char *value, struct err *err)
{
    return read_count(value, 0, INT64_MAX, &job->max_evictions, err);
}

int
set_require_capacity(struct job *job, const char *value, struct err *err)
{
    return read_flag(value, &job->require_capacity, err);
}

/* --- output ---------------------------------------------------------------*/

/* Of --rejects and --no-rejects, too, the last one holds. */
int
set_rejects(struct job *job, const char *value, struct err *err)
{
    if (read_text(value, "directory name", &job->rejects_dir, err))
        return -1;
    job->rejects = true;
    return 0;
}

int
set_no_rejects(struct job *job, const char *value, struct err *err)
{
    bool has_none;

    if (read_flag(value, &has_none, err))
        return -1;
    job->rejects = !has_none;
    return 0;
}

int
set_log(struct job *job, const char *value, struct err *err)
{
    return read_text(value, "file name", &job->log_path, err);
}

/* Of -v and -q the last one holds, as with any option given twice. */
int
set_verbose(struct job *job, const char *value, struct err *err)
{
    if (read_flag(value, &job->verbose, err))
        return -1;
    if (job->verbose)
        job->quiet = false;
    return 0;
}

int
set_quiet(struct job *job, const char *value, struct err *err)
{
    if (read_flag(value, &job->quiet, err))
        return -1;
    if (job->quiet)
        job->verbose = false;
    return 0;
}

int
set_progress(struct job *job, const char *value, struct err *err)
{
    static const enum progress_when whens[] = {
        PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER};
    static const char *const words[] = {"auto", "always", "never"};
    size_t i;

    if (read_word(value, words, 3, &i, err))
        return -1;
    job->progress = whens[i];
    return 0;
}

int
set_summary(struct job *job, const char *value, struct err *err)
{
    return read_text(value, "file name", &job->summary_path, err);
}

int
set_config(struct job *job, const char *value, struct err *err)
{
    return read_text(value, "file name", &job->config_path, err);
}

int
set_lines(struct job *job, const char *value, struct err *err)
{
    return read_count(value, 1, 1000000, &job->explain_lines, err);
}

int
set_output(struct job *job, const char *value, struct err *err)
{
    return read_text(value, "name", &job->output_name, err);
}

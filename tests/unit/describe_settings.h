/* For tests of options: every field of the settings, each as " name=value;". */
#ifndef UNIT_DESCRIBE_SETTINGS_H
#define UNIT_DESCRIBE_SETTINGS_H

#include <inttypes.h>

#include "base/text.h"
#include "settings/settings.h"

static inline void
describe_settings(struct text *out, const struct settings *settings)
{
    for (size_t i = 0; i < settings->input.patterns.n; i++)
        text_format(out, " pattern=%s;", settings->input.patterns.items[i]);
    for (size_t i = 0; i < settings->input.files.n; i++)
        text_format(out, " file=%s;", settings->input.files.items[i]);
    for (size_t i = 0; i < settings->servers.n_shards; i++) {
        text_format(out, " %s=", settings->servers.shards[i].name);
        for (size_t j = 0; j < settings->servers.shards[i].n_addresses; j++)
            text_format(out, "%s%s", j ? "," : "",
                settings->servers.shards[i].addresses[j].text);
        text_format(out, ";");
    }
    text_format(out, " rename=%d; strict=%d; max_line=%zu; max_error_rate=%g;",
        settings->input.rename, settings->input.strict,
        settings->input.max_line_bytes, settings->failure.max_error_rate);
    text_format(out, " settle=%" PRId64 ";", settings->input.settle_ms);
    text_format(out, " inflate=%s; mode=%s; window=%zu; ttl=%" PRIu64 ";",
        settings->input.inflate, mode_name(settings->tuning.mode),
        settings->tuning.window_bytes, settings->servers.ttl_s);
    text_format(out, " dry=%d; processes=%u; threads=%u; connections=%u;",
        settings->purpose == PURPOSE_DRY, settings->tuning.processes,
        settings->tuning.threads, settings->tuning.connections);
    text_format(out, " batch=%zu; retries=%u; retry_delay=%" PRId64 ";",
        settings->tuning.batch_lines, settings->failure.retries,
        settings->failure.retry_delay_ms);
    text_format(out, " timeout=%" PRId64 "; max_outage=%" PRId64 ";",
        settings->failure.timeout_ms, settings->failure.max_outage_ms);
    text_format(out, " canary=%d;", settings->failure.canary);
    text_format(out, " on_restart=%d; max_evictions=%" PRIu64 ";",
        (int)settings->failure.on_restart, settings->failure.max_evictions);
    text_format(out, " rejects=%d in %s;", settings->input.rejects,
        settings->input.rejects_dir ? settings->input.rejects_dir : "(none)");
    text_format(out, " degraded=%d; verbose=%d; quiet=%d; progress=%d;",
        settings->servers.degraded, settings->output.verbose,
        settings->output.quiet, (int)settings->output.progress);
    text_format(out, " log=%s; summary=%s; config=%s;",
        settings->output.log_path ? settings->output.log_path : "(none)",
        settings->output.summary_path ? settings->output.summary_path
                                      : "(none)",
        settings->output.config_path ? settings->output.config_path : "(none)");
    text_format(out, " mapping=%s; skip_header=%d;",
        settings->input.mapping_path ? settings->input.mapping_path : "(none)",
        settings->input.skip_header);
    for (size_t i = 0; i < settings->input.columns.n; i++)
        text_format(out, " column=%s;", settings->input.columns.items[i]);
    text_format(out, " require-capacity=%d;",
        settings->servers.require_capacity);
    text_format(out, " verify=%" PRIu64 " all=%d margin=%g;",
        settings->verification.n, settings->verification.all,
        settings->verification.margin);
    text_format(out, " confidence=%g; min_success=%g;",
        settings->verification.confidence, settings->verification.min_success);
    text_format(out, " seed=%" PRIu64 " %d;", settings->verification.seed,
        settings->verification.has_seed);
}

#endif

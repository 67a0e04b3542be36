#include "supervise/stages.h"

#include "base/clock.h"
#include "base/log.h"
#include "settings/exit.h"
#include "preflight/preflight.h"
#include "supervise/readback.h"
#include "input/reject_paths.h"
#include "proc/signals.h"
#include "supervise/supervisor.h"
#include "supervise/workers.h"

/* A directory that cannot be read is not one without files. */
static int
refuse(const struct settings *settings, const struct err *err)
{
    bool is_usage = err->code == ERR_USAGE;

    log_error("%s%s%s", err->text, is_usage ? "" : ": ",
        is_usage ? "" : settings_undone(settings));
    return is_usage ? EXIT_USAGE : EXIT_NO_GO;
}

static int
refuse_all(struct run *run, const char *reason, int exit_code)
{
    files_skip(&run->files, 0, reason);
    return exit_code;
}

/* From the first look at the servers on; returns the exit status. */
static int
load(struct run *run, int signal_fd)
{
    const char *refusal;

    workers_place(run);
    refusal = proof_open(run);
    if (!refusal && !run->settings->dry)
        refusal = preflight_servers(run);
    if (refusal) {
        log_error("%s", settings_undone(run->settings));
        return refuse_all(run, refusal, EXIT_NO_GO);
    }
    run->exit_code = supervise_files(run, signal_fd);
    run->ended_ns = clock_ns(); /* what proves it is not the load's time */
    proof_make(run, signal_fd);
    return run->exit_code;
}

int
run_stages(struct run *run)
{
    struct err err;
    int signal_fd;

    run->started_ns = clock_ns();
    preflight_shards(run);
    signal_fd = signals_open(&err);
    if (signal_fd < 0 || file_list_make(&run->files, run->settings, &err))
        run->exit_code = refuse(run->settings, &err);
    else if (reject_files_plan(&run->files, run->settings, &err))
        run->exit_code =
            refuse_all(run, "rejects", refuse(run->settings, &err));
    else
        run->exit_code = load(run, signal_fd);
    signals_close();
    if (!run->ended_ns)
        run->ended_ns = clock_ns();
    return run->exit_code;
}

void
run_release(struct run *run)
{
    proof_release(run);
    workers_release(run);
    file_list_release(&run->files);
    shards_release(&run->shards);
}

#include "supervise/run_execute.h"

#include "base/clock.h"
#include "base/log.h"
#include "input/reject_paths.h"
#include "preflight/preflight.h"
#include "settings/exit.h"
#include "supervise/readback.h"
#include "supervise/supervisor.h"
#include "supervise/verify_all.h"

/* Words that name no file are a usage error; a directory that cannot be read is
 * not. */
static int
refuse(const struct run *run, const struct err *err)
{
    bool is_usage = err->code == ERR_USAGE;

    log_error("%s%s%s", err->text, is_usage ? "" : ": ",
        is_usage ? "" : purpose_type(run->task.purpose)->undone);
    return is_usage ? EXIT_USAGE : EXIT_NO_GO;
}

static int
refuse_all(struct run *run, enum input_reason reason, int status)
{
    task_skip(&run->task, 0, reason);
    return status;
}

/* Why no input may be begun; NONE: nothing speaks against it. */
static enum input_reason
find_refusal(struct run *run)
{
    struct err err;

    if (verify_all_open(run, &err)) {
        log_error("%s", err.text);
        return INPUT_REASON_CENSUS;
    }
    return purpose_type(run->task.purpose)->asks_servers
               ? preflight_servers(run)
               : INPUT_REASON_NONE;
}

/* From the first look at the servers on; returns the exit status. */
static int
load(struct run *run, const struct run_host *host)
{
    enum input_reason refusal;
    int status;

    task_make_places(&run->task, run_places(run), run->shards.n_servers);
    refusal = find_refusal(run);
    if (refusal) {
        log_error("%s", purpose_type(run->task.purpose)->undone);
        return refuse_all(run, refusal, EXIT_NO_GO);
    }
    run->has_begun = true;
    if (host->begun)
        host->begun(host->ctx);
    status = supervise_task(run, &run->task, host);
    run->ended_ns = clock_ns(); /* reading back is not the load's time */
    return readback_run(run, status, host);
}

static int
execute(struct run *run, const struct run_host *host)
{
    struct input_list list;
    struct err err;

    if (input_list_make(&list, run->settings, &err))
        return refuse(run, &err);
    task_take(&run->task, &list);
    if (reject_paths_plan(&run->task.list, run->settings, &err))
        return refuse_all(run, INPUT_REASON_REJECTS, refuse(run, &err));
    return load(run, host);
}

struct run_result *
run_execute(const struct settings *settings, const struct run_host *host)
{
    struct run_result *result;
    struct run run;
    int status;

    run_init(&run, settings);
    run.is_stopped = host->is_stopped;
    run.stop_ctx = host->ctx;
    run.started_ns = run.task.started_ns = clock_ns();
    status = execute(&run, host);
    if (!run.ended_ns)
        run.ended_ns = clock_ns();
    result = run_result_new(&run, status);
    run_release(&run);
    return result;
}

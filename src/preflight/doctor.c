#include "preflight/doctor.h"

#include "base/clock.h"
#include "settings/exit.h"
#include "input/list.h"
#include "input/reject_paths.h"

/* The first of docs/contract.md 7 that applies. before: of what comes before
 * the servers are asked. */
static int
exit_status(const struct run *run, const struct preflight *preflight,
    int before)
{
    const struct findings *findings = &preflight->findings;

    if (before != EXIT_DONE)
        return before;
    if (preflight_refusal(run, preflight) ||
        findings_count(findings, FINDING_LACK) || preflight->stops_at_rejects)
        return EXIT_NO_GO;
    if (findings_count(findings, FINDING_FILE) ||
        findings_count(findings, FINDING_PLACE))
        return EXIT_NOT_ALL;
    return EXIT_DONE;
}

/* What a load does before it asks the servers; err says what it would. */
static int
list_files(struct run *run, struct err *err)
{
    struct input_list list;

    if (input_list_make(&list, run->settings, err))
        return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_NO_GO;
    task_take(&run->task, &list);
    if (reject_paths_plan(&run->task.list, run->settings, err))
        return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_NO_GO;
    return EXIT_DONE;
}

int
doctor_examine(struct run *run, struct preflight *preflight)
{
    struct err err;
    int before;

    run->started_ns = clock_ns();
    before = list_files(run, &err);
    /* the servers can be looked at all the same */
    preflight_look(run, preflight);
    if (before != EXIT_DONE)
        findings_add(&preflight->findings, FINDING_FILE, FINDING_NO_SERVER,
            "%s", err.text);
    run->ended_ns = clock_ns();
    return exit_status(run, preflight, before);
}

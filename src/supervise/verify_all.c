#include "supervise/verify_all.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "settings/exit.h"
#include "supervise/supervisor.h"
#include "verify/mismatches.h"

int
verify_all_open(struct run *run, struct err *err)
{
    if (!run->settings->verification.all)
        return 0;
    if (run->task.n > VERIFY_LOG_MAX_FILES) {
        err_set(err, ERR_IO, "--verify all takes %d files at most",
            VERIFY_LOG_MAX_FILES);
        return -1;
    }
    run->verify_log =
        verify_log_new(run->shards.n_servers, VERIFY_LOG_MEMORY_BYTES, err);
    return run->verify_log ? 0 : -1;
}

/* ----------------------------------------------------- a load's inputs --- */

/* Is it known of each of its lines what became of it? */
static bool
is_countable(const struct run_input *at)
{
    return at->report && !at->is_unsampled && at->input->type->can_read_again &&
           (at->report->ending == ENDING_READ ||
               at->report->ending == ENDING_BROKEN);
}

/* Those of the load that can be read once more, by the names that they have
 * now. */
static void
list_inputs(const struct task *load, struct input_list *list)
{
    *list =
        (struct input_list){.input = mem_zero(load->n, sizeof(*list->input))};
    for (size_t i = 0; i < load->n; i++) {
        const struct input *from = load->inputs[i].input;
        char *path;

        if (!is_countable(&load->inputs[i]))
            continue;
        path = mem_text(from->renamed_to ? from->renamed_to : from->path);
        list->input[list->n++] = (struct input){
            .type = from->type,
            .path = path,
            .base = from->base,
            .number = from->number,
            .is_loaded = true,
            .at_start = from->at_start,
            .fd = -1,
        };
    }
}

/* Of those that were read to their end the first time, and not now. */
static size_t
count_unread(const struct task *load, const struct task *readback)
{
    size_t n = 0;

    for (size_t i = 0; i < readback->n; i++) {
        const struct run_input *at = &readback->inputs[i];
        const struct report *loaded = load->inputs[at->input->number].report;

        n += !input_state_is_done(at->status.state) &&
             loaded->ending == ENDING_READ;
    }
    return n;
}

int
verify_all_read_back(struct run *run, const struct run_host *host)
{
    struct task task = {.purpose = PURPOSE_READBACK};
    struct input_list list;
    char n[UNITS_TEXT_BYTES];
    size_t places, unread;
    int status;

    list_inputs(&run->task, &list);
    task_take(&task, &list);
    places = run->settings->tuning.processes;
    if (task.n && task.n < places)
        places = task.n;
    task_make_places(&task, places, run->shards.n_servers);
    log_info("reading back all that was %s",
        run->settings->tuning.mode == MODE_NOREPLY ? "sent" : "stored");
    status = supervise_task(run, &task, host);
    unread = count_unread(&run->task, &task);
    run->n_unread = unread;
    if (status == EXIT_NOT_ALL && !unread)
        status = EXIT_DONE; /* what broke off did so again */
    else if (status == EXIT_NOT_ALL)
        log_error("%s could not be read once more: what was stored of %s is "
                  "not, or not wholly, verified",
            units_of(unread, "file", n), unread == 1 ? "it" : "them");
    task_release(&task);
    return status;
}

/* ------------------------------------------------------------- settling --- */

static int
generation_of(void *ctx, uint32_t number, size_t server)
{
    const struct run *run = ctx;
    const struct run_input *at = &run->task.inputs[number];
    const struct server_counts *of;

    if (!purpose_type(run->task.purpose)->stores)
        return 0; /* nothing was stored that could have failed */
    if (!at->report || !at->generations)
        return -1;
    of = &at->report->servers[server];
    return of->stored + of->sent
               ? (int)(at->generations[server] % VERIFY_LOG_GENERATIONS)
               : -1;
}

static void
tell_mismatches(const struct run *run, const struct settled *settled,
    const struct verify_counts *servers)
{
    struct mismatch_log mismatches = {{0}};
    uint64_t n = 0;

    for (size_t i = 0; i < settled->n_shown; i++) {
        const struct mismatch *of = &settled->shown[i];
        const char *key = of->key_bytes ? of->key : "(one of very many keys)";

        mismatch_log_add(&mismatches,
            &(struct mismatch_line){
                .state = of->state,
                .file = run->task.inputs[of->file].input->base,
                .line = of->line,
                .key = key,
                .key_bytes = of->key_bytes ? of->key_bytes : strlen(key),
                .address = run->shards.server[of->server].address->text,
            });
    }
    for (size_t i = 0; i < run->shards.n_servers; i++)
        n += servers[i].sampled - servers[i].matched;
    if (n > settled->n_shown)
        log_warn("more items are not as they should be; they are counted");
}

int
verify_all_settle(const struct run *run, struct verify_counts *servers,
    struct err *err)
{
    struct settled settled = {.servers = servers};

    if (verify_log_settle(run->verify_log, generation_of,
            (void *)(uintptr_t)run, &settled, err))
        return -1;
    tell_mismatches(run, &settled, servers);
    return 0;
}

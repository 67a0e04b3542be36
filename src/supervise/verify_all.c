#include "supervise/verify_all.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "settings/exit.h"
#include "supervise/supervisor.h"
#include "supervise/workers.h"
#include "verify/mismatches.h"

int
verify_all_open(struct run *run, struct err *err)
{
    if (!run->settings->verification.all)
        return 0;
    if (run->files.n > VERIFY_LOG_MAX_FILES) {
        err_set(err, ERR_IO, "--verify all takes %d files at most",
            VERIFY_LOG_MAX_FILES);
        return -1;
    }
    run->verify_log =
        verify_log_new(run->shards.n_servers, VERIFY_LOG_MEMORY_BYTES, err);
    return run->verify_log ? 0 : -1;
}

void
verify_all_release(struct run *run)
{
    verify_log_free(run->verify_log);
}

/* ------------------------------------------------------ a load's files --- */

/* Is it known of each of its lines what became of it? */
static bool
is_countable(const struct file *file)
{
    return file->report && !file->is_unsampled && !file->is_stdin &&
           (file->report->ending == ENDING_READ ||
               file->report->ending == ENDING_BROKEN);
}

static void
list_files(const struct run *run, struct file_list *list)
{
    list->file = mem_zero(run->files.n, sizeof(*list->file));
    for (size_t i = 0; i < run->files.n; i++) {
        const struct file *file = &run->files.file[i];

        if (!is_countable(file))
            continue;
        list->file[list->n++] = (struct file){
            .path = mem_text(file->renamed_to ? file->renamed_to : file->path),
            .base = file->base,
            .number = file->number,
            .is_loaded = true,
            .at_start = file->at_start,
            .is_renamed_or_kept = true,
            .fd = -1,
        };
    }
}

/* Of those that were read to their end the first time, and not now. */
static size_t
count_unread(const struct run *run, const struct file_list *list)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        const struct file *file = &list->file[i];
        const struct report *loaded = run->files.file[file->number].report;

        n += file->status != FILE_DONE && loaded->ending == ENDING_READ;
    }
    return n;
}

int
verify_all_read_back(struct run *run, int signal_fd)
{
    struct settings settings = *run->settings;
    struct run again = {
        .settings = &settings,
        .shards = run->shards,
        .verify_log = run->verify_log,
        .started_ns = clock_ns(),
    };
    char n[UNITS_TEXT_BYTES];
    size_t unread;
    int status;

    settings.only_verifies = true;
    settings.input.rename = settings.input.rejects = false;
    list_files(run, &again.files);
    log_info("reading back all that was %s",
        settings.tuning.mode == MODE_NOREPLY ? "sent" : "stored");
    workers_place(&again);
    status = supervise_files(&again, signal_fd);
    workers_release(&again);
    unread = count_unread(run, &again.files);
    if (status == EXIT_NOT_ALL && !unread)
        status = EXIT_DONE; /* what broke off did so again */
    else if (status == EXIT_NOT_ALL)
        log_error("%s could not be read once more: what was stored of %s is "
                  "not, or not wholly, verified",
            units_of(unread, "file", n), unread == 1 ? "it" : "them");
    file_list_release(&again.files);
    return status;
}

/* ------------------------------------------------------------- settling --- */

static int
generation_of(void *ctx, uint32_t number, size_t server)
{
    const struct run *run = ctx;
    const struct file *file = &run->files.file[number];
    const struct server_counts *of;

    if (run->settings->only_verifies)
        return 0; /* nothing was stored that could have failed */
    if (!file->report || !file->generations)
        return -1;
    of = &file->report->servers[server];
    return of->stored + of->sent
               ? (int)(file->generations[server] % VERIFY_LOG_GENERATIONS)
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
                .file = run->files.file[of->file].base,
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

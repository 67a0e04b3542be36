#include "load/rejects.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "load/lane_map.h"

static const char byte_order_mark[] = "\xef\xbb\xbf";
enum { MARK_BYTES = 3 };

struct rejects {
    struct rejects_input input;
    pthread_mutex_t lock; /* guards all below */
    struct reject_file file[N_REJECTS_KINDS];
    enum rejects_kind text_kind;
    const char *header; /* NULL: none */
    size_t header_bytes;
    bool has_failed;
    struct err err; /* why */
};

struct rejects *
rejects_new(const struct rejects_input *input)
{
    struct rejects *rejects = mem_zero(1, sizeof(*rejects));

    rejects->input = *input;
    rejects->text_kind = input->is_csv ? REJECTS_CSV : REJECTS_TSV;
    pthread_mutex_init(&rejects->lock, NULL);
    for (enum rejects_kind kind = 0; kind < N_REJECTS_KINDS; kind++) {
        reject_file_init(&rejects->file[kind], input->stem, kind, input->is_dry,
            input->fd);
        rejects->file[kind].continues = input->continues;
    }
    return rejects;
}

void
rejects_free(struct rejects *rejects)
{
    if (!rejects)
        return;
    for (size_t i = 0; i < N_REJECTS_KINDS; i++)
        reject_file_release(&rejects->file[i]);
    pthread_mutex_destroy(&rejects->lock);
    free(rejects);
}

void
rejects_header(struct rejects *rejects, const char *header, size_t n_bytes)
{
    if (!rejects)
        return;
    pthread_mutex_lock(&rejects->lock);
    rejects->header = header;
    rejects->header_bytes = n_bytes;
    pthread_mutex_unlock(&rejects->lock);
}

/* --------------------------------------------------------------- lines --- */

/* {"line":7,"reason":"bad_number","detail":"lat","row":"…"} */
static int
add_json(struct reject_file *file, const struct line_block *block,
    const struct bad_line *bad, struct err *err)
{
    const struct line *line = &block->lines[bad->line];
    const char *row = block->text + line->at;
    bool is_raw = !utf8_is_valid(row, line->n_bytes);
    uint64_t number = line_number(block, bad->line);
    size_t n = strlen(bad->detail);

    if (file->fd < 0 && reject_file_begin(file, err))
        return -1;
    text_format(&file->buffer, "{\"line\":%llu,\"reason\":\"%s\",\"detail\":\"",
        (unsigned long long)number,
        bad->outcome ? outcome_word(bad->outcome) : reason_word(bad->reason));
    if (reject_file_add_json(file, bad->detail, n,
            !utf8_is_valid(bad->detail, n), err))
        return -1;
    text_format(&file->buffer, "\"%s%s,\"row\":\"",
        is_raw ? ",\"raw\":true" : "",
        line->fault != LINE_WHOLE ? ",\"cut\":true" : "");
    if (reject_file_add_json(file, row, line->n_bytes, is_raw, err))
        return -1;
    file->n_lines++;
    return reject_file_add(file, "\"}\n", 3, err);
}

/*
 * Would a file that begins with this line be read as something else? A mark
 * at its start, which is dropped, keeps it from that.
 */
static bool
wants_mark(const char *row, size_t n_bytes)
{
    return (n_bytes >= MARK_BYTES &&
               memcmp(row, byte_order_mark, MARK_BYTES) == 0) ||
           (n_bytes >= 2 && memcmp(row, "\x1f\x8b", 2) == 0);
}

static int
add_line(struct reject_file *file, const char *row, size_t n_bytes,
    bool is_first, struct err *err)
{
    if (is_first && wants_mark(row, n_bytes) &&
        reject_file_add(file, byte_order_mark, MARK_BYTES, err))
        return -1;
    return reject_file_add(file, row, n_bytes, err) ||
                   reject_file_add(file, "\n", 1, err)
               ? -1
               : 0;
}

static int
add_text(struct rejects *rejects, const struct line_block *block,
    const struct bad_line *bad)
{
    struct reject_file *file = &rejects->file[rejects->text_kind];
    const struct line *line = &block->lines[bad->line];
    struct err *err = &rejects->err;
    bool is_first;

    if (bad->reason == REASON_BAD_LINE)
        return 0;
    if (file->fd < 0 && reject_file_begin(file, err))
        return -1;
    is_first = file->n_lines == 0 && !file->has_text;
    if (is_first && rejects->header) {
        if (add_line(file, rejects->header, rejects->header_bytes, true, err))
            return -1;
        is_first = false;
    }
    file->n_lines++;
    return add_line(file, block->text + line->at, line->n_bytes, is_first, err);
}

/* A lane's items that were not stored. */
static void
gather_failed(const struct rejects *rejects, struct batch *batch, size_t lane)
{
    const struct rejects_input *input = &rejects->input;
    const struct lane_list *list = &batch->lanes[lane];
    const struct item *item = list->first;
    size_t server = lane_map_server(input->settings->tuning.connections, lane);
    const char *address = input->shards->server[server].address->text;

    for (size_t n = list->n; n; n--, item = item->next)
        if (item->outcome != OUTCOME_NONE)
            batch_bad(batch, item->line, REASON_NONE, item->outcome, address);
}

static int
compare_lines(const void *left, const void *right)
{
    const struct bad_line *a = left, *b = right;

    return (a->line > b->line) - (a->line < b->line);
}

/* What failed joins what the packer found, in the order of the file. */
static void
gather(const struct rejects *rejects, struct batch *batch)
{
    size_t n_packed = batch->n_bad;
    uint64_t n_good;

    for (size_t i = 0; i < batch->n_lanes; i++) {
        n_good = batch->outcomes[i][OUTCOME_STORED] +
                 batch->outcomes[i][OUTCOME_SENT];
        if (n_good < batch->lanes[i].n)
            gather_failed(rejects, batch, i);
    }
    must(batch->n_bad == batch->counts.rejected + batch->counts.failed);
    if (batch->n_bad > n_packed)
        qsort(batch->bad, batch->n_bad, sizeof(*batch->bad), compare_lines);
}

static void
write_all(struct rejects *rejects, const struct batch *batch)
{
    const struct line_block *block = &batch->block;
    struct reject_file *files = rejects->file;

    for (size_t i = 0; i < batch->n_bad && !rejects->has_failed; i++) {
        const struct bad_line *bad = &batch->bad[i];

        if (add_json(&files[REJECTS_JSONL], block, bad, &rejects->err) == 0 &&
            add_text(rejects, block, bad) == 0)
            continue;
        rejects->has_failed = true;
        /* what is under way comes home, and no more is read */
        eventfd_write(rejects->input.stop_fd, 1);
    }
}

void
rejects_add(struct rejects *rejects, struct batch *batch)
{
    if (!rejects || batch->counts.rejected + batch->counts.failed == 0)
        return;
    gather(rejects, batch);
    pthread_mutex_lock(&rejects->lock);
    write_all(rejects, batch);
    pthread_mutex_unlock(&rejects->lock);
}

/* ----------------------------------------------------------------- end --- */

static int
name_files(struct rejects *rejects, bool is_whole)
{
    struct reject_file *files = rejects->file;

    for (size_t i = 0; i < N_REJECTS_KINDS; i++)
        if (reject_file_sync(&files[i], &rejects->err))
            return -1;
    for (size_t i = 0; i < N_REJECTS_KINDS; i++) {
        if (reject_file_rename(&files[i],
                is_whole ? REJECTS_WHOLE : REJECTS_PARTIAL, &rejects->err))
            return -1;
        if (is_whole && !files[i].continues)
            reject_file_remove_old(&files[i], REJECTS_PARTIAL);
    }
    return 0;
}

static void
log_files(const struct rejects *rejects, bool is_whole)
{
    const struct rejects_input *input = &rejects->input;
    uint64_t n = rejects->file[REJECTS_JSONL].n_lines;
    char *name, count[UNITS_TEXT_BYTES];

    if (!n)
        return;
    name = rejects_name(input->stem, REJECTS_JSONL,
        is_whole ? REJECTS_WHOLE : REJECTS_PARTIAL);
    log_info("%s: %s rejected or failed %s in %s", input->name,
        units_count(n, count), n == 1 ? "line is" : "lines are", name);
    free(name);
}

static void
drop(struct rejects *rejects)
{
    for (size_t i = 0; i < N_REJECTS_KINDS; i++) {
        reject_file_drop(&rejects->file[i]);
        rejects->file[i].n_lines = 0;
    }
}

int
rejects_close(struct rejects *rejects, bool is_whole, struct err *err)
{
    if (!rejects)
        return 0;
    /* a second pass that was interrupted adds nothing */
    if (!is_whole && rejects->file[0].continues) {
        drop(rejects);
        return 0;
    }
    if (!rejects->has_failed && name_files(rejects, is_whole) == 0) {
        log_files(rejects, is_whole);
        return 0;
    }
    drop(rejects);
    *err = rejects->err;
    return -1;
}

uint64_t
rejects_lines(const struct rejects *rejects, enum rejects_kind kind)
{
    return rejects ? rejects->file[kind].n_lines : 0;
}

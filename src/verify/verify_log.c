#include "verify/verify_log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "verify/verify_log_format.h"

/* Of how many keys a process keeps the names, a server. */
enum { MAX_NAMES = 1000 };

/* What a process has of one server and has not written yet. */
struct filling {
    pthread_mutex_t lock; /* guards all below */
    struct block *parts;  /* PARTS of them, or NULL */
    struct names {
        struct head head;
        char bytes[BLOCK_NAMES_BYTES];
    } * names; /* or NULL */
    size_t n_names;
};

struct verify_log *
verify_log_new(size_t n_servers, size_t memory_bytes, struct err *err)
{
    struct spool *spool = spool_new(memory_bytes, spool_directory(), err);
    struct verify_log *verify_log;

    if (!spool)
        return NULL;
    verify_log = mem_zero(1, sizeof(*verify_log));
    verify_log->spool = spool;
    verify_log->n_servers = n_servers;
    verify_log->memory_bytes = memory_bytes;
    verify_log->filling = mem_zero(n_servers, sizeof(*verify_log->filling));
    for (size_t i = 0; i < n_servers; i++)
        pthread_mutex_init(&verify_log->filling[i].lock, NULL);
    return verify_log;
}

void
verify_log_free(struct verify_log *verify_log)
{
    if (!verify_log)
        return;
    for (size_t i = 0; i < verify_log->n_servers; i++) {
        pthread_mutex_destroy(&verify_log->filling[i].lock);
        free(verify_log->filling[i].parts);
        free(verify_log->filling[i].names);
    }
    free(verify_log->filling);
    spool_free(verify_log->spool);
    free(verify_log);
}

static int
write_block(struct verify_log *verify_log, struct head *head, struct err *err)
{
    uint64_t n_bytes = head->n_bytes;

    if (n_bytes == 0)
        return 0;
    head->is_head = 1;
    head->n_bytes = 0;
    /* the names' end is no whole record; what is behind it is zero */
    n_bytes = (n_bytes + sizeof(*head) - 1) / sizeof(*head) * sizeof(*head);
    head->n_bytes = n_bytes;
    if (spool_append(verify_log->spool, head, sizeof(*head) + n_bytes, err))
        return -1;
    head->n_bytes = 0;
    return 0;
}

static int
write_names(struct verify_log *verify_log, struct names *names, struct err *err)
{
    int rc = write_block(verify_log, &names->head, err);

    memset(names->bytes, 0, sizeof(names->bytes)); /* so it ends in zeros */
    return rc;
}

/* --------------------------------------------------------------- adding --- */

static int
add_record(struct verify_log *verify_log, const struct verify_log_item *item,
    uint64_t place, struct err *err)
{
    struct filling *filling = &verify_log->filling[item->server];
    uint64_t hash = hash_bytes(item->key, item->key_bytes);
    struct block *block;

    if (!filling->parts) {
        filling->parts = mem_zero(PARTS, sizeof(*filling->parts));
        for (size_t i = 0; i < PARTS; i++) {
            filling->parts[i].head.part = (uint16_t)i;
            filling->parts[i].head.server = (uint32_t)item->server;
        }
    }
    block = &filling->parts[hash >> (64 - PART_BITS)];
    block->record[block->head.n_bytes / sizeof(struct record)] =
        (struct record){hash, place};
    block->head.n_bytes += sizeof(struct record);
    if (block->head.n_bytes < sizeof(block->record))
        return 0;
    return write_block(verify_log, &block->head, err);
}

/* So that those that are shown in the end have a name. */
static int
add_name(struct verify_log *verify_log, const struct verify_log_item *item,
    struct err *err)
{
    struct filling *filling = &verify_log->filling[item->server];
    size_t n_bytes = sizeof(struct name) + item->key_bytes;
    struct name name = {
        .place = place_pack(item->file, item->line, 0, 0),
        .n_bytes = (uint8_t)item->key_bytes,
    };
    char *to;

    if (filling->n_names >= MAX_NAMES)
        return 0;
    if (!filling->names)
        filling->names = mem_zero(1, sizeof(*filling->names));
    if (filling->names->head.n_bytes + n_bytes > BLOCK_NAMES_BYTES &&
        write_names(verify_log, filling->names, err))
        return -1;
    filling->names->head.is_names = 1;
    to = filling->names->bytes + filling->names->head.n_bytes;
    memcpy(to, &name, sizeof(name));
    memcpy(to + sizeof(name), item->key, item->key_bytes);
    filling->names->head.n_bytes += n_bytes;
    filling->n_names++;
    return 0;
}

static int
add(struct verify_log *verify_log, const struct verify_log_item *item,
    unsigned kind, unsigned generation, struct err *err)
{
    struct filling *filling = &verify_log->filling[item->server];
    int rc;

    must(item->server < verify_log->n_servers &&
         item->file < VERIFY_LOG_MAX_FILES &&
         item->line <= VERIFY_LOG_MAX_LINE);
    pthread_mutex_lock(&filling->lock);
    rc = spool_has_failed(verify_log->spool, err)
             ? -1
             : add_record(verify_log, item,
                   place_pack(item->file, item->line, kind, generation), err);
    if (rc == 0 && kind != CHECK_MATCHED && kind != KIND_FAILED)
        rc = add_name(verify_log, item, err);
    pthread_mutex_unlock(&filling->lock);
    return rc;
}

int
verify_log_add(struct verify_log *verify_log,
    const struct verify_log_item *item, enum item_check check, struct err *err)
{
    must(check != CHECK_NONE);
    return add(verify_log, item, check, 0, err);
}

int
verify_log_add_failed(struct verify_log *verify_log,
    const struct verify_log_item *item, unsigned generation, struct err *err)
{
    return add(verify_log, item, KIND_FAILED,
        generation % VERIFY_LOG_GENERATIONS, err);
}

static int
flush(struct verify_log *verify_log, struct filling *filling, struct err *err)
{
    for (size_t i = 0; filling->parts && i < PARTS; i++)
        if (write_block(verify_log, &filling->parts[i].head, err))
            return -1;
    return filling->names ? write_names(verify_log, filling->names, err) : 0;
}

int
verify_log_flush(struct verify_log *verify_log, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < verify_log->n_servers && rc == 0; i++) {
        pthread_mutex_lock(&verify_log->filling[i].lock);
        rc = flush(verify_log, &verify_log->filling[i], err);
        pthread_mutex_unlock(&verify_log->filling[i].lock);
    }
    return rc;
}

bool
verify_log_has_failed(const struct verify_log *verify_log, struct err *err)
{
    return spool_has_failed(verify_log->spool, err);
}

bool
verify_log_is_on_disk(const struct verify_log *verify_log)
{
    return spool_is_on_disk(verify_log->spool);
}

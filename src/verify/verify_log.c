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

struct tally *
tally_new(size_t n_servers, size_t memory_bytes, struct err *err)
{
    struct spool *spool = spool_new(memory_bytes, spool_directory(), err);
    struct tally *tally;

    if (!spool)
        return NULL;
    tally = mem_zero(1, sizeof(*tally));
    tally->spool = spool;
    tally->n_servers = n_servers;
    tally->memory_bytes = memory_bytes;
    tally->filling = mem_zero(n_servers, sizeof(*tally->filling));
    for (size_t i = 0; i < n_servers; i++)
        pthread_mutex_init(&tally->filling[i].lock, NULL);
    return tally;
}

void
tally_free(struct tally *tally)
{
    if (!tally)
        return;
    for (size_t i = 0; i < tally->n_servers; i++) {
        pthread_mutex_destroy(&tally->filling[i].lock);
        free(tally->filling[i].parts);
        free(tally->filling[i].names);
    }
    free(tally->filling);
    spool_free(tally->spool);
    free(tally);
}

static int
write_block(struct tally *tally, struct head *head, struct err *err)
{
    uint64_t n_bytes = head->n_bytes;

    if (n_bytes == 0)
        return 0;
    head->is_head = 1;
    head->n_bytes = 0;
    /* the names' end is no whole record; what is behind it is zero */
    n_bytes = (n_bytes + sizeof(*head) - 1) / sizeof(*head) * sizeof(*head);
    head->n_bytes = n_bytes;
    if (spool_append(tally->spool, head, sizeof(*head) + n_bytes, err))
        return -1;
    head->n_bytes = 0;
    return 0;
}

static int
write_names(struct tally *tally, struct names *names, struct err *err)
{
    int rc = write_block(tally, &names->head, err);

    memset(names->bytes, 0, sizeof(names->bytes)); /* so it ends in zeros */
    return rc;
}

/* --------------------------------------------------------------- adding --- */

static int
add_record(struct tally *tally, const struct tally_item *item, uint64_t place,
    struct err *err)
{
    struct filling *filling = &tally->filling[item->server];
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
    return write_block(tally, &block->head, err);
}

/* So that those that are shown in the end have a name. */
static int
add_name(struct tally *tally, const struct tally_item *item, struct err *err)
{
    struct filling *filling = &tally->filling[item->server];
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
        write_names(tally, filling->names, err))
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
add(struct tally *tally, const struct tally_item *item, unsigned kind,
    unsigned life, struct err *err)
{
    struct filling *filling = &tally->filling[item->server];
    int rc;

    must(item->server < tally->n_servers && item->file < TALLY_MAX_FILES &&
         item->line <= TALLY_MAX_LINE);
    pthread_mutex_lock(&filling->lock);
    rc = spool_has_failed(tally->spool, err)
             ? -1
             : add_record(tally, item,
                   place_pack(item->file, item->line, kind, life), err);
    if (rc == 0 && kind != VERDICT_MATCHED && kind != KIND_FAILED)
        rc = add_name(tally, item, err);
    pthread_mutex_unlock(&filling->lock);
    return rc;
}

int
tally_add(struct tally *tally, const struct tally_item *item,
    enum verdict verdict, struct err *err)
{
    must(verdict != VERDICT_NONE);
    return add(tally, item, verdict, 0, err);
}

int
tally_add_failed(struct tally *tally, const struct tally_item *item,
    unsigned life, struct err *err)
{
    return add(tally, item, KIND_FAILED, life % TALLY_LIVES, err);
}

static int
flush(struct tally *tally, struct filling *filling, struct err *err)
{
    for (size_t i = 0; filling->parts && i < PARTS; i++)
        if (write_block(tally, &filling->parts[i].head, err))
            return -1;
    return filling->names ? write_names(tally, filling->names, err) : 0;
}

int
tally_flush(struct tally *tally, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < tally->n_servers && rc == 0; i++) {
        pthread_mutex_lock(&tally->filling[i].lock);
        rc = flush(tally, &tally->filling[i], err);
        pthread_mutex_unlock(&tally->filling[i].lock);
    }
    return rc;
}

bool
tally_has_failed(const struct tally *tally, struct err *err)
{
    return spool_has_failed(tally->spool, err);
}

bool
tally_is_on_disk(const struct tally *tally)
{
    return spool_is_on_disk(tally->spool);
}

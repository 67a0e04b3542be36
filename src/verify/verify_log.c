#include "verify/verify_log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "verify/verify_log_format.h"

/* For each server a process names so many keys that do not match. */
enum { MAX_NAMES = 1000 };

_Static_assert(VERIFY_LOG_MAX_LINE == MAX_LINE &&
                   VERIFY_LOG_MAX_FILES == 1 << (64 - FILE_SHIFT) &&
                   VERIFY_LOG_GENERATIONS == 1 << GENERATION_BITS,
    "the fields of a record hold what the header promises");

/* What a process knows of one server and has not written yet. */
struct verify_log_buffer {
    pthread_mutex_t lock;       /* guards all below */
    struct verify_block *parts; /* PARTS of them, or NULL */
    struct names_block {
        struct block_header header;
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
    verify_log->buffers = mem_zero(n_servers, sizeof(*verify_log->buffers));
    for (size_t i = 0; i < n_servers; i++)
        pthread_mutex_init(&verify_log->buffers[i].lock, NULL);
    return verify_log;
}

void
verify_log_free(struct verify_log *verify_log)
{
    if (!verify_log)
        return;
    for (size_t i = 0; i < verify_log->n_servers; i++) {
        pthread_mutex_destroy(&verify_log->buffers[i].lock);
        free(verify_log->buffers[i].parts);
        free(verify_log->buffers[i].names);
    }
    free(verify_log->buffers);
    spool_free(verify_log->spool);
    free(verify_log);
}

static int
write_block(struct verify_log *verify_log, struct block_header *header,
    struct err *err)
{
    uint64_t n_bytes = header->n_bytes;

    if (n_bytes == 0)
        return 0;
    header->is_header = 1;
    /* names end anywhere; the bytes after them are zero */
    n_bytes =
        (n_bytes + sizeof(*header) - 1) / sizeof(*header) * sizeof(*header);
    header->n_bytes = n_bytes;
    if (spool_append(verify_log->spool, header, sizeof(*header) + n_bytes, err))
        return -1;
    header->n_bytes = 0;
    return 0;
}

static int
write_names(struct verify_log *verify_log, struct names_block *names,
    struct err *err)
{
    int rc = write_block(verify_log, &names->header, err);

    memset(names->bytes, 0, sizeof(names->bytes));
    return rc;
}

/* --------------------------------------------------------------- adding --- */

static int
add_record(struct verify_log *verify_log, const struct verify_log_item *item,
    uint64_t fields, struct err *err)
{
    struct verify_log_buffer *buffer = &verify_log->buffers[item->server];
    uint64_t hash = hash_bytes(item->key, item->key_bytes);
    struct verify_block *block;

    if (!buffer->parts) {
        buffer->parts = mem_zero(PARTS, sizeof(*buffer->parts));
        for (size_t i = 0; i < PARTS; i++) {
            buffer->parts[i].header.part = (uint16_t)i;
            buffer->parts[i].header.server = (uint32_t)item->server;
        }
    }
    block = &buffer->parts[hash >> (64 - PART_BITS)];
    block->record[block->header.n_bytes / sizeof(struct verify_record)] =
        (struct verify_record){hash, fields};
    block->header.n_bytes += sizeof(struct verify_record);
    if (block->header.n_bytes < sizeof(block->record))
        return 0;
    return write_block(verify_log, &block->header, err);
}

/* So that the mismatches that are shown in the end have a name. */
static int
add_name(struct verify_log *verify_log, const struct verify_log_item *item,
    struct err *err)
{
    struct verify_log_buffer *buffer = &verify_log->buffers[item->server];
    size_t n_bytes = sizeof(struct verify_name) + item->key_bytes;
    struct verify_name name = {
        .fields = fields_pack(item->file, item->line, 0, 0),
        .n_bytes = (uint8_t)item->key_bytes,
    };
    char *to;

    if (buffer->n_names >= MAX_NAMES)
        return 0;
    if (!buffer->names)
        buffer->names = mem_zero(1, sizeof(*buffer->names));
    if (buffer->names->header.n_bytes + n_bytes > BLOCK_NAMES_BYTES &&
        write_names(verify_log, buffer->names, err))
        return -1;
    buffer->names->header.is_names = 1;
    to = buffer->names->bytes + buffer->names->header.n_bytes;
    memcpy(to, &name, sizeof(name));
    memcpy(to + sizeof(name), item->key, item->key_bytes);
    buffer->names->header.n_bytes += n_bytes;
    buffer->n_names++;
    return 0;
}

static int
add(struct verify_log *verify_log, const struct verify_log_item *item,
    unsigned kind, unsigned generation, struct err *err)
{
    struct verify_log_buffer *buffer = &verify_log->buffers[item->server];
    int rc;

    must(item->server < verify_log->n_servers &&
         item->file < VERIFY_LOG_MAX_FILES &&
         item->line <= VERIFY_LOG_MAX_LINE);
    pthread_mutex_lock(&buffer->lock);
    rc = spool_has_failed(verify_log->spool, err)
             ? -1
             : add_record(verify_log, item,
                   fields_pack(item->file, item->line, kind, generation), err);
    if (rc == 0 && kind != CHECK_MATCHED && kind != KIND_FAILED)
        rc = add_name(verify_log, item, err);
    pthread_mutex_unlock(&buffer->lock);
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
flush(struct verify_log *verify_log, struct verify_log_buffer *buffer,
    struct err *err)
{
    for (size_t i = 0; buffer->parts && i < PARTS; i++)
        if (write_block(verify_log, &buffer->parts[i].header, err))
            return -1;
    return buffer->names ? write_names(verify_log, buffer->names, err) : 0;
}

int
verify_log_flush(struct verify_log *verify_log, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < verify_log->n_servers && rc == 0; i++) {
        pthread_mutex_lock(&verify_log->buffers[i].lock);
        rc = flush(verify_log, &verify_log->buffers[i], err);
        pthread_mutex_unlock(&verify_log->buffers[i].lock);
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

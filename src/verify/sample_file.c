#include "verify/sample.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/mem.h"
#include "base/text.h"
#include "verify/sample_heap.h"

/* Written last: a file without it is not complete. */
struct sample_file_header {
    char magic[8];
    uint64_t n_bytes; /* of the whole file */
    uint64_t n;       /* keys */
    uint64_t has_more;
};

/* One value of a key; key and value follow. */
struct sample_file_entry {
    uint64_t hash, line, n_lines;
    uint32_t server, value_bytes, key_bytes, unused;
};

static const char magic[8] = "sample1";

/* Written at a time. */
enum { CHUNK_BYTES = 256 * 1024 };

static int
flush(struct text *text, int fd, uint64_t *n_bytes)
{
    int rc = fd_write(fd, text->data, text->n_bytes);

    *n_bytes += text->n_bytes;
    text_clear(text);
    return rc;
}

/* -1 with errno. */
static int
write_keys(const struct sample_heap *heap, int fd, uint64_t *n_bytes)
{
    struct text text = {0};
    int rc = 0;

    for (size_t i = 0; i < heap->n && rc == 0; i++) {
        const struct sample_key *key = &heap->keys[i];
        const struct sample_value *value = key->values;
        struct sample_file_entry entry = {
            .hash = key->hash,
            .line = value->origin.line,
            .n_lines = value->n_lines,
            .server = value->origin.server,
            .value_bytes = value->n_bytes,
            .key_bytes = key->n_bytes,
        };

        must(!value->next); /* a worker has one file */
        text_add(&text, (const char *)&entry, sizeof(entry));
        text_add(&text, key->bytes, key->n_bytes);
        text_add(&text, value->bytes, value->n_bytes);
        if (text.n_bytes >= CHUNK_BYTES)
            rc = flush(&text, fd, n_bytes);
    }
    if (rc == 0 && text.n_bytes)
        rc = flush(&text, fd, n_bytes);
    text_release(&text);
    return rc;
}

int
sample_write(const struct sample *sample, int fd, struct err *err)
{
    struct sample_file_header header = {.n_bytes = sizeof(header)};

    if (ftruncate(fd, 0) == 0 && lseek(fd, sizeof(header), SEEK_SET) >= 0 &&
        write_keys(sample->heap, fd, &header.n_bytes) == 0) {
        memcpy(header.magic, magic, sizeof(magic));
        header.n = sample->heap->n;
        header.has_more = sample->heap->has_more;
        if (pwrite(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header))
            return 0;
    }
    err_set_errno(err, ERR_IO, "cannot hand over the sample");
    return -1;
}

/* NULL when the file is not complete; else the caller unmaps *n_bytes. */
static char *
map_complete(int fd, size_t *n_bytes)
{
    struct stat found;
    struct sample_file_header header;
    char *bytes;

    if (fstat(fd, &found) || (size_t)found.st_size < sizeof(header))
        return NULL;
    *n_bytes = (size_t)found.st_size;
    bytes = mmap(NULL, *n_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        die("out of memory (%zu bytes wanted, shared)", *n_bytes);
    memcpy(&header, bytes, sizeof(header));
    if (memcmp(header.magic, magic, sizeof(magic)) == 0 &&
        header.n_bytes == *n_bytes)
        return bytes;
    munmap(bytes, *n_bytes);
    return NULL;
}

bool
sample_read(struct sample *sample, int fd, uint32_t file,
    const unsigned *generations)
{
    struct sample_file_entry entry;
    struct sample_file_header header;
    size_t n_bytes = 0;
    char *bytes = map_complete(fd, &n_bytes), *at;

    if (!bytes)
        return false;
    memcpy(&header, bytes, sizeof(header));
    at = bytes + sizeof(header);
    for (uint64_t i = 0; i < header.n; i++) {
        struct sample_item item;

        memcpy(&entry, at, sizeof(entry));
        at += sizeof(entry);
        item = (struct sample_item){
            .hash = entry.hash,
            .n_lines = entry.n_lines,
            .origin = {file, entry.server, generations[entry.server],
                entry.line},
            .key = at,
            .key_bytes = (uint8_t)entry.key_bytes,
            .value = at + entry.key_bytes,
            .value_bytes = entry.value_bytes,
        };
        at += entry.key_bytes + entry.value_bytes;
        must(at <= bytes + n_bytes);
        sample_add(sample, &item);
    }
    if (header.has_more)
        sample_pass(sample);
    munmap(bytes, n_bytes);
    return true;
}

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/mem.h"
#include "base/text.h"
#include "verify/sample_heap.h"

/* Written last: a file without it is not whole. */
struct head {
    char magic[8];
    uint64_t n_bytes; /* of the whole file */
    uint64_t n;       /* keys */
    uint64_t has_more;
};

/* One value of a key; key and value follow. */
struct entry {
    uint64_t hash, line, n_lines;
    uint32_t server, value_bytes, key_bytes, unused;
};

static const char magic[8] = "draw\n1\n";

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
write_keys(const struct sample_heap *pile, int fd, uint64_t *n_bytes)
{
    struct text text = {0};
    int rc = 0;

    for (size_t i = 0; i < pile->n && rc == 0; i++) {
        const struct sample_key *key = &pile->keys[i];
        const struct sample_value *value = key->values;
        struct entry entry = {
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
    struct head head = {.n_bytes = sizeof(head)};

    if (ftruncate(fd, 0) == 0 && lseek(fd, sizeof(head), SEEK_SET) >= 0 &&
        write_keys(sample->pile, fd, &head.n_bytes) == 0) {
        memcpy(head.magic, magic, sizeof(magic));
        head.n = sample->pile->n;
        head.has_more = sample->pile->has_more;
        if (pwrite(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head))
            return 0;
    }
    err_set_errno(err, ERR_IO, "cannot hand over the sample");
    return -1;
}

/* NULL when there is nothing whole; else unmap *n_bytes of it. */
static char *
map_whole(int fd, size_t *n_bytes)
{
    struct stat found;
    struct head head;
    char *bytes;

    if (fstat(fd, &found) || (size_t)found.st_size < sizeof(head))
        return NULL;
    *n_bytes = (size_t)found.st_size;
    bytes = mmap(NULL, *n_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        die("out of memory (%zu bytes wanted, shared)", *n_bytes);
    memcpy(&head, bytes, sizeof(head));
    if (memcmp(head.magic, magic, sizeof(magic)) == 0 &&
        head.n_bytes == *n_bytes)
        return bytes;
    munmap(bytes, *n_bytes);
    return NULL;
}

bool
sample_read(struct sample *sample, int fd, uint32_t file,
    const unsigned *generations)
{
    struct entry entry;
    struct head head;
    size_t n_bytes = 0;
    char *bytes = map_whole(fd, &n_bytes), *at;

    if (!bytes)
        return false;
    memcpy(&head, bytes, sizeof(head));
    at = bytes + sizeof(head);
    for (uint64_t i = 0; i < head.n; i++) {
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
    if (head.has_more)
        sample_pass(sample);
    munmap(bytes, n_bytes);
    return true;
}

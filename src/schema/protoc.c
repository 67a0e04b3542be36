#include "schema/protoc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/tool.h"

/* It takes a tenth of a second. */
enum { TIMEOUT_MS = 30000 };

/* ------------------------------------------------------------ what it says ---
 */

enum { MAX_SHOWN = 3 };

/* Warnings do not concern the mapping: an import that is not used, say. */
static bool
is_error(const char *line, size_t n_bytes)
{
    static const char *const others[] = {"warning: ", "WARNING "};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (memmem(line, n_bytes, others[i], strlen(others[i])))
            return false;
    return n_bytes > 0;
}

/* Its lines in one, the first few of them. */
static void
join_errors(const struct text *said, struct text *out)
{
    const char *at = said->n_bytes ? said->data : "";
    size_t n = 0;

    text_add(out, "", 0);
    while (*at) {
        size_t n_bytes = strcspn(at, "\r\n");

        if (is_error(at, n_bytes) && n++ < MAX_SHOWN) {
            text_add(out, "; ", n == 1 ? 0 : 2);
            text_add(out, at, n_bytes);
        }
        at += n_bytes;
        at += strspn(at, "\r\n");
    }
    if (n > MAX_SHOWN)
        text_format(out, "; and %zu more", n - MAX_SHOWN);
}

static void
set_protoc_err(const char *proto, const struct text *said, struct err *err)
{
    struct text errors = {0};
    const char *missing, *advice = "";
    int n_bytes;

    join_errors(said, &errors);
    n_bytes = (int)errors.n_bytes;
    missing = strstr(errors.data, ": File not found.");
    if (missing) {
        /* what follows follows from that */
        n_bytes = (int)strcspn(errors.data, ";");
        advice = strncmp(errors.data, "google/protobuf/", 16) == 0
                     ? " apt-get install libprotobuf-dev brings it"
                     : " `imports:` says in which directories to look";
    }
    if (n_bytes > 0)
        err_set(err, ERR_USAGE, "%s: protoc says: %.*s%s", proto, n_bytes,
            errors.data, advice);
    else
        err_wrap(err, "%s", proto);
    text_release(&errors);
}

/* ---------------------------------------------------------------- running ---
 */

static int
refuse_without_protoc(const char *proto, struct err *err)
{
    const char *slash = strrchr(proto, '/');
    const char *name = slash ? slash + 1 : proto;
    const char *point = strrchr(name, '.');
    int n_bytes =
        point && point > name ? (int)(point - name) : (int)strlen(name);

    err_set(err, ERR_USAGE,
        "%s: protoc, which reads it, is not installed. Either apt-get install "
        "protobuf-compiler, or run protoc --include_imports "
        "--descriptor_set_out=%.*s.pb %s elsewhere, and say `descriptor: "
        "%.*s.pb` instead of `proto:`",
        proto, n_bytes, name, name, n_bytes, name);
    return -1;
}

/* To it, a ':' is between two directories. */
static int
check_directory(const char *directory, struct err *err)
{
    if (!strchr(directory, ':'))
        return 0;
    err_set(err, ERR_USAGE,
        "%s: protoc cannot read a directory with a ':' in its name", directory);
    return -1;
}

/* protoc's own words for it are about its search path. */
static int
check_file(const char *proto, struct err *err)
{
    /* a pipe without a writer is not waited for */
    int fd = open(proto, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat found;
    bool is_fine = fd >= 0 && fstat(fd, &found) == 0;

    if (is_fine && S_ISDIR(found.st_mode)) {
        errno = EISDIR;
        is_fine = false;
    }
    if (!is_fine)
        err_set_errno(err, ERR_USAGE, "cannot read %s", proto);
    else if (!S_ISREG(found.st_mode))
        err_set(err, ERR_USAGE, "cannot read %s: it is no file: name a .proto",
            proto);
    if (fd >= 0)
        close(fd);
    return is_fine && S_ISREG(found.st_mode) ? 0 : -1;
}

/* A path with a directory: "./" in front of a name that has none, which could
 * be taken for an option, or for a file of them. */
static char *
plain_path(const char *proto)
{
    bool is_plain = *proto == '/' || strncmp(proto, "./", 2) == 0 ||
                    strncmp(proto, "../", 3) == 0;

    return mem_format("%s%s", is_plain ? "" : "./", proto);
}

static int
run(const char *const *argv, const char *proto, struct text *out,
    struct err *err)
{
    struct text said = {0};
    int rc = tool_run(argv, NULL, TIMEOUT_MS, out, &said, err);

    if (rc != 0 && err->code == ERR_IO)
        set_protoc_err(proto, &said, err);
    else if (rc != 0)
        err_wrap(err, "%s", proto);
    text_release(&said);
    return rc;
}

int
protoc_run(const char *proto, const char *const *imports, size_t n_imports,
    struct text *out, struct err *err)
{
    char *path = plain_path(proto), *directory = mem_text(path);
    char **words = mem_zero(n_imports + 6, sizeof(*words));
    size_t n = 0;
    int rc = -1;

    *strrchr(directory, '/') = '\0';
    words[n++] = mem_text("protoc");
    for (size_t i = 0; i < n_imports; i++)
        words[n++] = mem_format("-I%s", imports[i]);
    words[n++] = mem_format("-I%s", *directory ? directory : "/");
    words[n++] = mem_text("--include_imports");
    words[n++] = mem_text("--descriptor_set_out=/dev/stdout");
    words[n++] = mem_text(path);
    for (size_t i = 0; i < n_imports; i++)
        if (check_directory(imports[i], err) != 0)
            goto out;
    if (check_directory(directory, err) != 0 || check_file(proto, err) != 0)
        goto out;
    if (!tool_is_there("protoc"))
        refuse_without_protoc(proto, err);
    else
        rc = run((const char *const *)words, proto, out, err);
out:
    for (size_t i = 0; i < n; i++)
        free(words[i]);
    free(words);
    free(directory);
    free(path);
    return rc;
}

#include "base/address.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/units.h"

static int
refuse(struct err *err, const char *text, const char *why)
{
    err_set(err, ERR_USAGE,
        "\"%s\" is not an address: %s (host:port, [v6]:port or unix:/path)",
        text, why);
    return -1;
}

/* The host's bounds within text, and the port's text after its colon. */
static int
split_host(const char *text, const char **host, size_t *host_bytes,
    const char **port, struct err *err)
{
    const char *end;

    if (text[0] == '[') {
        end = strchr(text, ']');
        if (!end || end[1] != ':')
            return refuse(err, text, "no ]:port after the [");
        *host = text + 1;
        *host_bytes = (size_t)(end - *host);
        *port = end + 2;
        return 0;
    }
    end = strrchr(text, ':');
    if (!end)
        return refuse(err, text, "no port");
    if (memchr(text, ':', (size_t)(end - text)))
        return refuse(err, text, "an IPv6 address needs brackets");
    *host = text;
    *host_bytes = (size_t)(end - text);
    *port = end + 1;
    return 0;
}

static int
parse(struct address *address, struct err *err)
{
    const char *text = address->text, *host, *port;
    size_t host_bytes;
    uint64_t n;

    if (strncmp(text, "unix:", 5) == 0) {
        if (text[5] != '/')
            return refuse(err, text, "the path does not begin with /");
        if (strlen(text + 5) >= sizeof(((struct sockaddr_un *)0)->sun_path))
            return refuse(err, text, "the path is too long");
        address->is_unix = true;
        address->host = mem_text(text + 5);
        return 0;
    }
    if (split_host(text, &host, &host_bytes, &port, err))
        return -1;
    if (host_bytes == 0)
        return refuse(err, text, "no host");
    if (units_parse_count(port, &n) || n == 0 || n > 65535)
        return refuse(err, text, "a port is a number from 1 to 65535");
    address->host = mem_format("%.*s", (int)host_bytes, host);
    address->port = (uint16_t)n;
    return 0;
}

int
address_parse(struct address *address, const char *text, size_t n_bytes,
    struct err *err)
{
    *address = (struct address){0};
    if (n_bytes > 1024) {
        err_set(err, ERR_USAGE, "an address of %zu bytes is too long", n_bytes);
        return -1;
    }
    address->text = mem_format("%.*s", (int)n_bytes, text);
    if (parse(address, err)) {
        address_release(address);
        return -1;
    }
    return 0;
}

void
address_release(struct address *address)
{
    free(address->text);
    free(address->host);
    *address = (struct address){0};
}

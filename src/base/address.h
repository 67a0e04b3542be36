/*
 * Where a server listens: "host:port", "[v6]:port" or "unix:/path".
 *
 * address_parse() fills the caller's struct and owns copies of the texts;
 * address_release() gives them back. Immutable after parsing, so any thread
 * may read it. Nothing is resolved here.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct address {
    char *text; /* as written; what people see */
    char *host; /* without brackets; the path of a unix socket */
    uint16_t port;
    bool is_unix;
};

/* -1 with ERR_USAGE, the text quoted in it, when it is not an address. */
int address_parse(struct address *address, const char *text, size_t n_bytes,
    struct err *err);
void address_release(struct address *address);

#endif

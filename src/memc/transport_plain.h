/*
 * Bytes as they are, over TCP or a unix socket. See conn.h for the contract.
 */
#ifndef MEMC_TRANSPORT_PLAIN_H
#define MEMC_TRANSPORT_PLAIN_H

#include "memc/conn.h"

extern const struct transport transport_plain;

/*
 * For a TCP socket that others have opened: as this transport does with its
 * own, asks the peer's kernel after 15 s without a byte, so that what stands in
 * between (firewall, address translation) does not forget the connection, and
 * one that was forgotten ends 20 s later. Not TCP_USER_TIMEOUT: that would also
 * end the connection to a server that is stopped, whose kernel answers that it
 * has no room.
 */
void transport_plain_keep_alive(int fd);

/* Likewise, see unheard_ms and cut in conn.h. */
int64_t transport_plain_unheard_ms(int fd);
void transport_plain_cut(int fd);

#endif

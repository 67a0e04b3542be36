/*
 * Bytes as they are, over TCP or a unix socket. See conn.h for the contract.
 */
#ifndef MEMC_TRANSPORT_PLAIN_H
#define MEMC_TRANSPORT_PLAIN_H

#include "memc/conn.h"

extern const struct transport transport_plain;

#endif

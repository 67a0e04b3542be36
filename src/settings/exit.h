/*
 * Exit statuses (docs/contract.md 7); the first that applies is the program's.
 * They are part of the contract: scripts branch on them. EXIT_FAULT, 5, stands
 * in base/mem.h, since die() needs it.
 */
#ifndef SETTINGS_EXIT_H
#define SETTINGS_EXIT_H

#include "base/mem.h"

enum {
    EXIT_DONE = 0,    /* every file done */
    EXIT_NOT_ALL = 1, /* a file not done, a shortfall, a dead worker */
    EXIT_USAGE = 2,   /* usage or configuration, no file matched */
    EXIT_NO_GO = 3,   /* could not start or go on: servers, disk, rights */
    EXIT_INTERRUPTED = 4,
    EXIT_UNPROVEN = 6, /* verification below its bound */
};

#endif

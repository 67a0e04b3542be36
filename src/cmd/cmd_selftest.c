#include "cmd/cmd.h"

#include <stdio.h>

#include "base/log.h"
#include "record/record.h"
#include "settings/exit.h"

int
cmd_selftest(void)
{
    const char *what = "";

    if (record_selftest(&what)) {
        complain("self-check failed: %s; this build must not be used", what);
        return EXIT_FAULT;
    }
    printf("self-check passed: known records pack and unpack as they should\n");
    return finish_output();
}

#include "settings/purpose.h"

#include "base/mem.h"

static const struct purpose_type types[N_PURPOSES] = {
    [PURPOSE_LOAD] =
        {
            .command = "load",
            .asks_servers = true,
            .stores = true,
            .renames = true,
            .keeps_rejects = true,
            .forecasts = true,
            .limits_errors = true,
            .undone = "nothing was loaded, no file was touched",
            .nothing = "loaded",
            .input_done = "done",
            .rest = "load",
            .to_servers = "load into",
            .degraded_does = "loads",
            .without = "failed",
            .sent_column = "sent",
        },
    [PURPOSE_DRY] =
        {
            .command = "load",
            .mode = "dry",
            .keeps_rejects = true,
            .forecasts = true,
            .limits_errors = true,
            .is_dry = true,
            .prints_items = true,
            .undone = "nothing was loaded, no file was touched",
            .nothing = "loaded",
            .stored = "made",
            .input_done = "done",
            .rest = "load",
            .to_servers = "load into",
            .degraded_does = "loads",
            .without = "failed",
            .sent_column = "sent",
        },
    [PURPOSE_VERIFY] =
        {
            .command = "verify",
            .mode = "verify",
            .asks_servers = true,
            .takes_done = true,
            .only_reads = true,
            .undone = "nothing was verified",
            .nothing = "verified",
            .stored = "read",
            .input_done = "read",
            .rest = "read",
            .to_servers = "read back",
            .degraded_does = "reads",
            .without = "unreadable",
            .sent_column = "records",
        },
    [PURPOSE_READBACK] =
        {
            .command = "load",
            .mode = "verify",
            .only_reads = true,
            .undone = "nothing was verified",
            .nothing = "verified",
            .stored = "read",
            .input_done = "read",
            .rest = "read",
            .to_servers = "read back",
            .degraded_does = "reads",
            .without = "unreadable",
            .sent_column = "records",
        },
};

const struct purpose_type *
purpose_type(enum purpose purpose)
{
    must((unsigned)purpose < N_PURPOSES);
    return &types[purpose];
}

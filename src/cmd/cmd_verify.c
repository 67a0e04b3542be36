#include "cmd/cmd.h"

/*
 * The files take the way of a load (source, record), but for what stores and
 * renames; settings->only_verifies is what tells the rooms below.
 */
int
cmd_verify(struct settings *settings)
{
    return cmd_load(settings);
}

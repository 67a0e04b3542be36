#include "cmd/cmd.h"

/*
 * The files take the way of a load (source, record), but for what stores and
 * renames; settings->purpose tells the rooms below.
 */
int
cmd_verify(const struct settings *settings)
{
    return cmd_load(settings);
}

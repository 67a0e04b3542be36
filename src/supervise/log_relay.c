#include "supervise/log_relay.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

void
relay_open(struct relay *relay, struct progress *progress,
    const struct settings *settings)
{
    *relay = (struct relay){.progress = progress, .ends = {-1, -1}};
    if (!progress_is_live(progress) || settings->output.log_path)
        return;
    if (pipe2(relay->ends, O_CLOEXEC))
        return;
    fcntl(relay->ends[0], F_SETFL, O_NONBLOCK);
}

void
relay_close(struct relay *relay)
{
    if (relay->ends[0] < 0)
        return;
    close(relay->ends[0]);
    close(relay->ends[1]);
}

void
relay_logs(struct relay *relay)
{
    char bytes[16 * LOG_LINE_BYTES];
    ssize_t n;

    if (relay->ends[0] < 0)
        return;
    while ((n = read(relay->ends[0], bytes, sizeof(bytes))) > 0) {
        progress_clear(relay->progress);
        log_raw(bytes, (size_t)n);
    }
}

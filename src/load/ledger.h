/*
 * The ledger: where batches come home and are counted, once.
 *
 * All the counts of a batch are added to the report in one step and published
 * (report.h), so the books balance whenever anyone looks, also when the worker
 * is killed between two batches. One lock guards the report and every batch's
 * `is_out`. Any thread of the worker; nothing blocks for longer than that, but
 * for a batch with bad lines, which may wait for the disk (rejects.h).
 */
#ifndef LOAD_LEDGER_H
#define LOAD_LEDGER_H

#include "load/batch.h"
#include "load/check_log.h"
#include "load/rejects.h"
#include "load/report.h"
#include "load/line_log.h"

struct ledger;

/* What a ledger works with; all outlive it. */
struct ledger_input {
    struct slot *slot;
    struct batch_pool *pool;
    struct line_log *line_log;
    struct rejects *rejects;      /* or NULL */
    struct sample *sample;        /* or NULL */
    struct check_log check_log;   /* or one without a verify log */
    int stop_fd;                  /* written to, it asks for a stop */
    const size_t *server_of_lane; /* copied */
    size_t n_lanes;
};

struct ledger *ledger_new(const struct ledger_input *input);
void ledger_free(struct ledger *ledger);

/* The batch goes to the writers: from now on it is out. */
void ledger_out(struct ledger *ledger, struct batch *batch);

/* It comes home: it is counted and published, its picks are offered to the
 * sample, its items noted for the full verification, its bad lines written, and
 * the pool gets it back. */
void ledger_home(struct ledger *ledger, struct batch *batch);

/*
 * An item of this lane was refused, and with it went what its key had held
 * (memcached drops the old value). Lines of that key before it that were
 * counted as stored in batches still out become failed.
 */
void ledger_refused(struct ledger *ledger, const struct batch *batch,
    size_t lane, const struct item *item, enum outcome outcome);

/* More of retried, reconnects and is_away for a server. */
void ledger_server(struct ledger *ledger, size_t server,
    const struct server_counts *more);

/* So many records of those that this server acknowledged may not be what it
 * has: they failed. */
void ledger_unsettled(struct ledger *ledger, size_t server, uint64_t n);

/* How it ended, err (or NULL) saying why, and what is in the rejects files,
 * closed by then; published. */
void ledger_end(struct ledger *ledger, enum ending ending,
    enum input_reason reason, const struct err *err);

#endif

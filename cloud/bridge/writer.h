/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer thread: takes batches from the ring, gives them to the ingest, and is the only one to
 * use the writing connection. It never calls paho.
 *
 * When a batch cannot be committed (disk full, I/O error) it is kept and tried again with growing
 * pauses; the ring fills meanwhile, the bridge disconnects, and the broker keeps what follows.
 */
#ifndef SWAPSTACK_BRIDGE_WRITER_H
#define SWAPSTACK_BRIDGE_WRITER_H

#include "bridge/ring.h"
#include "ingest/ingest.h"

struct writer;

struct writer_options {
    size_t batch_messages;
    int batch_ms;
    int retry_min_ms, retry_max_ms; /* between tries of a batch that cannot be committed */
    int give_up_ms;                 /* after writer_stop: how long a failing batch is still tried */
};

/* None of the two is owned; the ingest belongs to the thread until writer_stop. */
int writer_start(struct writer **writer, struct ring *ring, struct ingest *ingest,
                 const struct writer_options *options, struct err *err);

/* Closes the ring, lets the thread finish what is in it and ends it. 0: all was committed;
 * ERR_STORAGE…: something was not (stations send their rows again). */
int writer_stop(struct writer *writer, struct err *err);

#endif

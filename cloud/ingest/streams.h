/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where every device's journals stand, in memory: marks and gaps per lane, the boot's clock
 * offset, and what is to be acknowledged at the next commit. Rows are read at first use and
 * written once per batch.
 */
#ifndef SWAPSTACK_INGEST_STREAMS_H
#define SWAPSTACK_INGEST_STREAMS_H

#include "base/err.h"
#include "protocol/message.h"
#include <stdbool.h>
#include <stdint.h>

struct store;
struct streams;

struct stream_lane {
    int64_t mark, gap_rows;
    bool changed;          /* to be written */
    bool resend;           /* to be asked for with the next ack */
    int64_t asked_mark;    /* mark at which a resend was last asked for; -1 never … */
    int64_t asked_mono_us; /* … and when */
};

/* One boot of one journal of one device. */
struct stream_boot {
    char journal[JOURNAL_ID_SIZE];
    int64_t number; /* of the journal, in the order of first sight */
    int64_t boot;
    struct stream_lane event, telemetry;
    int64_t offset_us; /* UTC - up; STORE_NULL: not known */
    bool offset_changed;
    bool ack;     /* to be acknowledged */
    int64_t used; /* for forgetting the longest unused */
};

int streams_new(struct streams **streams, struct store *store, struct err *err);
void streams_free(struct streams *streams);

/* The boot, read or begun (a new journal gets its number). Valid until the next call.
 * NULL with a sentence on failure. */
struct stream_boot *streams_boot(struct streams *streams, const char *device, const char *journal,
                                 int64_t boot, int64_t plant_us, struct err *err);

/* Asks for a resend of a lane with the next ack, once per mark and second (wall pace). Returns
 * true when it was not asked for just now. */
bool streams_ask_resend(struct stream_lane *lane, int64_t mono_us);

/* Writes changed marks and offsets. Inside the transaction. */
int streams_flush(struct streams *streams, struct err *err);
/* After the commit: calls `ack` for every boot to be acknowledged. */
void streams_take_acks(struct streams *streams,
                       void (*ack)(void *self, const char *device, const struct message_ack *ack),
                       void *self);
/* The transaction was rolled back. */
void streams_forget(struct streams *streams);

#endif

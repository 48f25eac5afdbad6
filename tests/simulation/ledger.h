/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What really happened, kept apart from the programs under test: every row that a station's journal
 * took, dropped or lost, and every row that the bridge committed, judged by the mark rule written
 * down here a second time. At the end both must agree with the database.
 */
#ifndef SWAPSTACK_TESTS_SIMULATION_LEDGER_H
#define SWAPSTACK_TESTS_SIMULATION_LEDGER_H

#include "protocol/message.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of one seq of a stream. */
enum ledger_flag {
    LEDGER_MADE = 1,    /* the journal took it, durably or not */
    LEDGER_DURABLE = 2, /* … durably */
    LEDGER_LOST = 4,    /* gone with an unsynced tail */
    LEDGER_DROPPED = 8, /* by the journal's bound, or set aside as dead; counted by the station */
    LEDGER_STORED = 16, /* committed in the present database */
    LEDGER_EVER = 32,   /* committed in this or a database that was lost */
    LEDGER_DELETED = 64 /* the journal was told to, upon an acknowledgement */
};

struct ledger_row {
    unsigned char flags;
    uint64_t hash; /* of the payload as journaled, without its last byte */
};

/* One lane of one boot of one journal of one device. */
struct ledger_stream {
    char device[DEVICE_SIZE], journal[JOURNAL_ID_SIZE];
    int64_t boot;
    enum message_lane lane;
    int64_t mark, gap_rows; /* of the present database */
    size_t size;            /* rows[1 .. size - 1] */
    struct ledger_row *rows;
};

struct ledger {
    size_t count, capacity;
    struct ledger_stream *streams; /* owned */
    int64_t events_made, telemetry_made, accepted, repeats, missing, gap_rows;
};

void ledger_free(struct ledger *ledger);
void ledger_copy(struct ledger *to, const struct ledger *from);

struct ledger_stream *ledger_stream(struct ledger *ledger, const char *device, const char *journal,
                                    int64_t boot, enum message_lane lane);
/* The row, growing the stream; valid until the next call. seq >= 1. */
struct ledger_row *ledger_row(struct ledger_stream *stream, int64_t seq);

/* The bridge has committed this message (in the order of commits). */
void ledger_commit(struct ledger *ledger, const char *payload, size_t length);

/* The database was put back to what it was at the backup. */
void ledger_restore(struct ledger *ledger, const struct ledger *backup);

uint64_t ledger_hash(const char *bytes, size_t length);

#endif

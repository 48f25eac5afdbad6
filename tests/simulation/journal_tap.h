/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A journal that passes everything on to another one and writes down in the ledger what became of
 * each row; a dead process's writes go nowhere.
 */
#ifndef SWAPSTACK_TESTS_SIMULATION_JOURNAL_TAP_H
#define SWAPSTACK_TESTS_SIMULATION_JOURNAL_TAP_H

#include "monitor/journal.h"
#include "sim.h"

struct tap_change {
    enum { TAP_APPEND, TAP_ACKNOWLEDGE, TAP_COMMAND } kind;
    enum message_lane lane;
    int64_t boot, seq;
    uint64_t hash;
    char identity[MESSAGE_ID_SIZE];
};

struct tap_changes {
    size_t count, capacity;
    struct tap_change *items; /* owned */
};

struct journal_tap {
    struct sim_station *station;
    struct journal inner; /* open between journal_tap_open and the process's end */
    bool durable;         /* the open group */
    bool open_group;
    struct tap_changes group;
    struct tap_changes undurable; /* committed, and lost if the power fails now */
    size_t known_count, known_capacity;
    char (*known)[MESSAGE_ID_SIZE]; /* owned: commands that are durable */
    bool (*in_flight)(void *self, enum message_lane lane, int64_t boot, int64_t seq);
    void *in_flight_self;
};

/* Gives the journal back to its disk, without what the open group holds; closes it. */
void journal_tap_close(struct journal_tap *tap);
/* After a power failure, once it is open again: what of the unsure rows is there? */
void journal_tap_reconcile(struct journal_tap *tap);
/* `inner` was just opened; *outer is what the monitor gets. */
void journal_tap_open(struct journal_tap *tap, const struct journal *inner, struct journal *outer);
/* The process is gone; `power_lost`: so is what was not durable. */
void journal_tap_crash(struct journal_tap *tap, bool power_lost);
void journal_tap_free(struct journal_tap *tap);
bool journal_tap_knows(const struct journal_tap *tap, const char *identity);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The station's journal (design/protocol.md, Journal): every message in the order of its lane until
 * the bridge acknowledged it, the commands that were seen, and a few small durable values. One
 * struct of function pointers, so that the same monitor runs over SQLite (journal_sqlite.c) and,
 * in tests and simulations, over memory that can lose its unsynced tail (journal_memory.c).
 *
 * Writing: begin, any number of changes, commit or rollback; all of them or none. A group that was
 * begun as durable survives a power cut when its commit returns, another one a kill. Telemetry is
 * grouped by its owner, which leaves a group open; reads see the open group.
 */
#ifndef SWAPSTACK_MONITOR_JOURNAL_H
#define SWAPSTACK_MONITOR_JOURNAL_H

#include "base/err.h"
#include "protocol/message.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_LANES 2 /* index: lane_index() */

/* 0: event, 1: telemetry. */
static inline int lane_index(enum message_lane lane)
{
    return lane == LANE_EVENT ? 0 : 1;
}

struct journal_row {
    enum message_lane lane;
    int64_t boot, seq;
    int64_t time_us;     /* of the fact */
    const char *payload; /* an output of message_encode, without prev */
    size_t length;
};

/* What one journaled row costs besides its payload, for the byte bound. */
#define JOURNAL_ROW_OVERHEAD 32

struct journal_totals {
    int64_t rows[JOURNAL_LANES];
    int64_t telemetry_bytes;
    int64_t oldest_us; /* time of the oldest row; MESSAGE_ABSENT when there is none */
};

/* A command that was seen. `identity` = id, else digest. */
struct journal_command {
    int64_t number; /* 0: new; else the stored row */
    char identity[MESSAGE_ID_SIZE];
    char id[MESSAGE_ID_SIZE]; /* "" when it had none */
    char digest[17];
    int64_t type;
    char outcome[16]; /* "": asked, not answered yet; else as in COMMAND_RESULT */
    char reason[MESSAGE_TEXT_SIZE];
    char detail[MESSAGE_NAME_SIZE]; /* what closes it: session, mode, seconds; by type */
    int64_t seen_wall_us;
};

struct journal_ops {
    int (*begin)(void *self, bool durable, struct err *err);
    int (*commit)(void *self, struct err *err); /* after an error: rolled back */
    void (*rollback)(void *self);

    /* Changes; only between begin and commit. */
    int (*append)(void *self, const struct journal_row *row, struct err *err);
    /* Removes the rows of the boot up to and including seq. */
    int (*acknowledge)(void *self, enum message_lane lane, int64_t boot, int64_t seq,
                       struct err *err);
    /* Takes one row out; `dead` keeps its bytes aside (at most JOURNAL_DEAD_MAX rows). */
    int (*remove)(void *self, enum message_lane lane, int64_t boot, int64_t seq, bool dead,
                  struct err *err);
    int (*put_value)(void *self, const char *name, const char *value, struct err *err);
    /* Inserts (number 0; sets it) or updates outcome, reason and detail. */
    int (*put_command)(void *self, struct journal_command *command, struct err *err);
    /* Forgets closed commands seen before the time, but never the newest `keep`. */
    int (*purge_commands)(void *self, int64_t before_wall_us, int64_t keep, struct err *err);

    /* Reads. */
    /* The first row of the lane after (boot, seq). The payload is valid until the next call on the
     * journal. ERR_NOT_FOUND when there is none. */
    int (*next_row)(void *self, enum message_lane lane, int64_t boot, int64_t seq,
                    struct journal_row *row, struct err *err);
    /* "" when the name was never put. */
    int (*get_value)(void *self, const char *name, char *value, size_t size, struct err *err);
    /* The newest command of the identity. ERR_NOT_FOUND. */
    int (*find_command)(void *self, const char *identity, struct journal_command *command,
                        struct err *err);
    /* The oldest command after `number` that is not closed. ERR_NOT_FOUND. */
    int (*next_open_command)(void *self, int64_t number, struct journal_command *command,
                             struct err *err);
    void (*totals)(void *self, struct journal_totals *totals);

    /* Storage was full and the reserved space is in use: nothing new may begin. */
    bool (*is_short)(void *self);
    /* Tries to put the reserve back; call now and then while is_short. */
    void (*recover)(void *self);
    /* Commits the open group and releases. */
    void (*close)(void *self);
};

#define JOURNAL_DEAD_MAX 1000

struct journal {
    const struct journal_ops *ops;
    void *self;
    char id[JOURNAL_ID_SIZE]; /* random at creation */
    int64_t boot;             /* of this opening; durable before anything is written under it */
};

/* Opens DIR/journal.db, creating it with the random id `new_id` (32 hex digits), and begins a new
 * boot. One process at a time (ERR_BUSY). A newer format is refused (ERR_STORAGE); a damaged file
 * is set aside as journal.db.damaged-N and a new journal begun, *damaged tells. */
int journal_sqlite_open(struct journal *journal, const char *directory, const char *new_id,
                        bool *damaged, struct err *err);

/* In memory. The store outlives the journals opened on it: closing and opening it again is a
 * restart, journal_memory_crash a kill (open group lost) or a power cut (all lost since the last
 * durable commit). */
struct journal_memory;
int journal_memory_new(struct journal_memory **store, const char *id, struct err *err);
void journal_memory_free(struct journal_memory *store);
int journal_memory_open(struct journal *journal, struct journal_memory *store, struct err *err);
void journal_memory_crash(struct journal_memory *store, bool power);
/* Every write fails with ERR_FULL while set. */
void journal_memory_set_full(struct journal_memory *store, bool full);

#endif

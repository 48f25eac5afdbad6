/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of a message. A station whose clock is not set says `clock: unsynced`; its `up` still
 * counts, so one synced message of the same boot (they come first: live and REGISTER at every
 * connect) tells when the boot was, and with it the time of all its rows.
 */
#ifndef SWAPSTACK_INGEST_CLOCKFIX_H
#define SWAPSTACK_INGEST_CLOCKFIX_H

#include "protocol/message.h"
#include <stdbool.h>
#include <stdint.h>

enum clockfix_source {
    CLOCKFIX_SAID,    /* the message's own time */
    CLOCKFIX_OFFSET,  /* up + offset learned in the same boot */
    CLOCKFIX_ARRIVAL, /* nothing better is known: bare date, no time, or never synced */
};

struct clockfix {
    int64_t time_us;
    enum clockfix_source source;
    bool learned; /* *offset_us was set or corrected and is to be stored */
};

/* `offset_us`: the boot's offset (UTC - up, STORE_NULL unknown), updated by a synced message;
 * NULL for a message without boot. `arrived_us`: plant clock. */
struct clockfix clockfix_time(const struct message *message, int64_t *offset_us,
                              int64_t arrived_us);

#endif

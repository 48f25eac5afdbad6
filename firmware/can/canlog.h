/* SPDX-License-Identifier: Apache-2.0 */
/* Captures of candump as buses: a file that plays its frames in their own time, and one that keeps
 * what goes over another bus. */
#ifndef SWAPSTACK_CAN_CANLOG_H
#define SWAPSTACK_CAN_CANLOG_H

#include "can/canbus.h"

/* Plays the capture `path` from its first frame on, which comes at once, at the pace of `now_us`
 * (µs, given `clock`); what is sent goes nowhere. `interface` "" or NULL: the frames of all
 * interfaces. A line without time comes 1 ms after the one before; lines that are none of candump's
 * are passed over, the first is logged. ERR_NOT_FOUND, ERR_PERMISSION, ERR_NOMEM. */
int canlog_play(struct canbus *bus, const char *path, const char *interface,
                int64_t (*now_us)(void *clock), void *clock, struct err *err);

#define CANLOG_SIZE_MAX (64 * 1024 * 1024) /* bytes that a recording grows to */

/* Puts a recorder before an open bus, which it takes over: frames received and sent are added to
 * the file `path` as candump -L writes them, with wall times and the name `interface`, until the
 * file has CANLOG_SIZE_MAX bytes. On an error the bus is as it was. ERR_STORAGE, ERR_NOMEM. */
int canlog_record(struct canbus *bus, const char *path, const char *interface, struct err *err);

#endif

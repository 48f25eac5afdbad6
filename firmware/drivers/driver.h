/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver serves some roles of the station's hardware behind one set of functions. It is called
 * from the engine's loop only and never blocks; it reports each value with its age. Which driver
 * serves which role is said by boards/<id>/board.ini.
 */
#ifndef SWAPSTACK_DRIVERS_DRIVER_H
#define SWAPSTACK_DRIVERS_DRIVER_H

#include "base/env.h"
#include "base/err.h"
#include "core/io.h"
#include <stdbool.h>
#include <stddef.h>

struct board;        /* drivers/board.h: the parsed board folder */
struct board_report; /* its mistakes */

/* Something that happened before or outside the station and that the driver knows: a simulated
 * vehicle's pack was loaded elsewhere. Becomes an On-Load on record. */
struct driver_record {
    char bid[IO_ID_SIZE], vehicle[IO_ID_SIZE], version[IO_ID_SIZE];
    int64_t at_us;
    double soc_percent, soh_percent, capacity_kwh;
};

struct driver_ops {
    const char *name; /* "sim", "gpio", … as in board.ini */
    /* Adds what is wrong with the addresses of the roles that `board` gives to this driver, and
     * roles that it cannot serve. Pure: on any machine, the hardware is not touched. NULL: it takes
     * every role and needs no address. */
    void (*check)(const struct board *board, struct board_report *report);
    /* As `check`, for files of the board's folder that addresses name; called by board_load. NULL:
     * they name none. */
    void (*check_files)(const struct board *board, struct board_report *report);
    /* Makes an instance for the roles that `board` gives to this driver. `env` outlives it. */
    int (*open)(void **self, const struct board *board, const struct env *env, struct err *err);
    /* Brings its inputs up to `now_us` (plant) and fills what it serves in `readings`, which are
     * its own and stay as it left them: what it has no news of keeps its age. The engine puts the
     * drivers' readings together by role (engine/roles.h). */
    int (*read)(void *self, int64_t now_us, struct io_readings *readings, struct err *err);
    /* Takes over the requests for what it serves. `readings` are the newest of all drivers: a
     * pack's bus wants to know what the charger gives. */
    int (*write)(void *self, int64_t now_us, const struct io_requests *requests,
                 const struct io_readings *readings, struct err *err);
    /* Does what cannot wait for the next step: answers frames within their cycle, takes edges of
     * inputs. Called when `wake_fd` is readable and when the time that it gave has come. `next_us`
     * gets the time (plant) at which it wants to be called again, INT64_MAX: not by time. True: the
     * engine steps at once, for something stops or alarms. NULL: nothing is that urgent. */
    bool (*pump)(void *self, int64_t now_us, int64_t *next_us);
    /* Descriptor that is readable when `pump` has something to do, owned by the driver; -1 or NULL:
     * none. */
    int (*wake_fd)(void *self);
    /* Next record from outside, if any; NULL function: the driver knows none. */
    bool (*take_record)(void *self, struct driver_record *record);
    /* Makes what it must not lose durable (the sim's world). NULL: nothing. */
    int (*save)(void *self, struct err *err);
    /* True: time may be advanced in steps behind the clock (simulated plant). A real driver's
     * read is always of now. */
    bool steppable;
    /* Puts outputs to their safe level, with what is open already and nothing else: called in the
     * engine's guardian (engine/guardian.h), a fork of the process, when the engine has died. NULL:
     * nothing stays on without an engine. */
    void (*make_safe)(void *self);
    /* Puts the outputs of the board's roles to their safe level without an instance
     * (swap-engine --safe). Does all that can be done and returns the first error; ERR_BUSY: an
     * engine drives them. NULL as above. */
    int (*rescue)(const struct board *board, struct err *err);
    /* Puts outputs to their safe level and releases everything. */
    void (*close)(void *self);
};

/* NULL when no driver of that name is built in. */
const struct driver_ops *driver_find(const char *name);
/* The drivers that are built in, by number from 0; NULL after the last. */
const struct driver_ops *driver_at(size_t index);

#endif

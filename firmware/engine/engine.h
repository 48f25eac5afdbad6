/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: owns the hardware. It drives the station's core with readings, keeps the intent
 * durable before outputs change or events leave, hands events to the monitor until they are
 * acknowledged, and watches the monitor (safe mode). All I/O comes through struct env, the drivers
 * and struct engine_link, so that a simulation runs the same code in virtual time.
 *
 * The core's time runs at the plant's pace on the clock that never steps; what leaves the engine is
 * stamped with the plant clock. So a clock that is set, forwards or back, disturbs no deadline.
 *
 * Order in each step: read → core → make the intent durable → write outputs → send. If the intent
 * cannot be made durable, the core is told (StorageFault) and stepped again before outputs change.
 */
#ifndef SWAPSTACK_ENGINE_ENGINE_H
#define SWAPSTACK_ENGINE_ENGINE_H

#include "base/env.h"
#include "core/station.h"
#include "drivers/driver.h"

/* The way to the monitor. */
struct engine_link {
    void *self;
    /* Sends one packet. ERR_BUSY: not now, it is tried again; other errors: the link is gone and
     * engine_on_monitor_lost follows. */
    int (*send)(void *self, const void *bytes, size_t length, struct err *err);
};

/* One open driver. Several may serve one station, each its own roles. */
struct engine_plant {
    const struct driver_ops *ops;
    void *self;
    const struct plant_roles *roles; /* engine/roles.h; NULL: it serves all of them */
};
#define ENGINE_PLANTS_MAX 8

struct engine_options {
    const struct env *env; /* outlive the engine, as do link, plants and texts */
    const struct engine_link *link;
    const struct engine_plant *plants;
    size_t plant_count;
    int bay_count;
    struct bay_rating ratings[IO_BAYS_MAX]; /* NAN: the limits */
    const char *board, *fw;
    double latitude, longitude; /* degrees, NAN: unknown */
    struct station_limits limits;
    struct station_settings settings; /* before what SET_CONFIG said */
    uint32_t chemistries;             /* permitted, bit 1 << enum io_chemistry */
    double plant_speed;               /* plant seconds per wall second */
    double report_interval_s;         /* plant; a status at least so often */
    double health_timeout_s;          /* wall; silence of the monitor that means safe mode */
    double monitor_settle_s;          /* wall; how long it must stay before safe mode ends */
};

/* Everything from the tables: limits, settings, times; no board, no env. */
void engine_options_default(struct engine_options *options);

struct engine;

/* Loads the intent, counts the boot and makes that durable before anything else. A swap and
 * sessions that were under way end as interrupted. Refuses a damaged or newer state (ERR_INVALID)
 * and a state of another number of bays with a pack on record beyond them (ERR_CONFIG). Outputs
 * stay at their safe level until the first engine_step. */
int engine_new(struct engine **engine, const struct engine_options *options, struct err *err);
void engine_free(struct engine *engine);

/* The monitor's connection. A newer one replaces the older: lost, then connected. */
void engine_on_monitor_connected(struct engine *engine);
void engine_on_monitor_lost(struct engine *engine);
/* One packet from the monitor; a bad one is logged and ignored. */
void engine_on_packet(struct engine *engine, const void *bytes, size_t length);

/* Runs up to the plant clock: with steppable drivers in steps of at most 200 ms of plant time, at
 * most `max_steps` of them. Returns true when it is still behind. */
bool engine_step(struct engine *engine, int max_steps);

/* Lets the drivers do what cannot wait (struct driver_ops, pump). Returns true when the engine must
 * be stepped at once. `wait_ms` gets the wall time until it wants to be called again, -1: none. */
bool engine_pump(struct engine *engine, int *wait_ms);

/* The monitor asked for a restart: stop and exit 0. */
bool engine_wants_exit(const struct engine *engine);

/* Begins an orderly end: as safe mode, charging stops and a swap ends where it stands. */
void engine_wind_down(struct engine *engine);
/* Nothing flows and nothing moves any more. */
bool engine_is_at_rest(const struct engine *engine);

/* Outputs to their safe level, intent and world saved. Running sessions and swaps end as
 * interrupted at the next start. Negative when the state could not be saved. */
int engine_stop(struct engine *engine, struct err *err);

/* A person at the station confirms latched faults whose cause is gone. */
void engine_acknowledge(struct engine *engine);

/* For reading by tests and by a simulation's checks. */
const struct station *engine_station(const struct engine *engine);
const struct io_requests *engine_requests(const struct engine *engine);
const struct io_readings *engine_readings(const struct engine *engine);
int64_t engine_boot(const struct engine *engine);
size_t engine_events_waiting(const struct engine *engine);

#endif

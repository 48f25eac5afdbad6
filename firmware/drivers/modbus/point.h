/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One role at one device: when what is asked of it, and what its answers mean. Pure but for its
 * log lines: it names the next request, somebody else makes it and tells how it went.
 *
 * Set-points are written before switching on. What a device holds is known only from an answer:
 * after a silence it is told again. A device that does not answer is asked less and less often, so
 * that it does not hold up the others on its bus.
 */
#ifndef SWAPSTACK_DRIVERS_MODBUS_POINT_H
#define SWAPSTACK_DRIVERS_MODBUS_POINT_H

#include "drivers/modbus/place.h"
#include "drivers/modbus/plan.h"
#include "drivers/modbus/roles.h"
#include "drivers/modbus/sunspec.h"

/* What the engine wants of a charger. All zero: off, and its watchdog is not fed. */
struct modbus_order {
    bool alive; /* somebody gives orders */
    bool on;
    double charge_v, charge_a;
};

/* What a device said last. */
struct modbus_reading {
    int64_t mono_us;                  /* when it was read whole, 0: never */
    bool online;                      /* it answers, and a charger says that it is in order */
    bool fault;                       /* a charger says so, or does not take its set-points */
    double values[MODBUS_READ_COUNT]; /* NAN: not implemented */
};

enum modbus_task {
    MODBUS_TASK_NONE,
    MODBUS_TASK_DISCOVER,
    MODBUS_TASK_POLL,
    MODBUS_TASK_VOLTAGE,
    MODBUS_TASK_CURRENT,
    MODBUS_TASK_ON,
    MODBUS_TASK_WATCHDOG,
    MODBUS_TASK_OFF,
};

struct modbus_request {
    enum modbus_task task;
    int64_t due_us; /* not before */
    enum modbus_function function;
    uint16_t address, count;
    uint16_t registers[MODBUS_VALUE_REGISTERS]; /* to write */
    double number;                              /* that they are, of a set-point */
};

/* Failures in a row of one kind of request. */
struct modbus_trouble {
    int count;
    int64_t retry_us; /* not before */
    bool told;        /* in the log */
};

enum modbus_switch { MODBUS_SWITCH_UNKNOWN, MODBUS_SWITCH_OFF, MODBUS_SWITCH_ON };

/* What a set-point register is known to hold. */
struct modbus_held {
    bool known;
    double number;
    uint16_t registers[MODBUS_VALUE_REGISTERS];
};

struct modbus_point {
    enum modbus_role role;
    int bay; /* from 0, -1: the station's */
    char label[48];
    struct modbus_place place;
    struct modbus_map map;
    struct modbus_plan plan;
    int poll_ms;
    bool discovers; /* the map comes from the device (SunSpec) */
    struct sunspec walk;
    /* Reading: */
    int64_t poll_us; /* next begins */
    int64_t read_us; /* when the first block came */
    int block;       /* next of the plan */
    uint16_t image[MODBUS_REGISTERS_MAX];
    struct modbus_trouble reads, writes;
    /* Writing: */
    bool begun; /* it was switched off once, as after every start (rule 6) */
    enum modbus_switch switched;
    struct modbus_held voltage, current;
    bool voltage_last; /* of the two, the one that was written last */
    int64_t rewrite_us, watchdog_us;
    uint16_t watchdog_count;
    bool answers; /* the next reading shows what came of switching */
};

/* Makes the point of a role. `map` is not needed (NULL) when the place says sunspec. Returns 0 or
 * ERR_CONFIG: the map does not fit the role. */
int modbus_point_init(struct modbus_point *point, const struct modbus_served *served,
                      const struct modbus_place *place, const struct modbus_map *map,
                      struct err *err);

/* The next request to write and to read, each with the time (mono) from which it is to be made;
 * MODBUS_TASK_NONE and INT64_MAX: nothing is to be written. */
void modbus_point_next_write(struct modbus_point *point, int64_t now_us,
                             const struct modbus_order *order, struct modbus_request *request);
void modbus_point_next_read(const struct modbus_point *point, struct modbus_request *request);

/* Takes the outcome of a request: 0 with the registers that were read, or a code of modbus/link.h.
 * True when a reading is complete: modbus_point_reading. */
bool modbus_point_done(struct modbus_point *point, int64_t now_us,
                       const struct modbus_request *request, int code, const uint16_t *registers,
                       const struct err *cause);
void modbus_point_reading(const struct modbus_point *point, struct modbus_reading *reading);

/* What it holds is not known any more: all of it is written again. */
void modbus_point_forget(struct modbus_point *point);
/* Switching off does not wait for the next retry. */
void modbus_point_hurry(struct modbus_point *point, int64_t now_us);
/* Another role at the same device, or on a wire that is gone, did not get through: nor does this
 * one; ask no sooner than the other. */
void modbus_point_share(struct modbus_point *point, const struct modbus_point *with);
/* It has not answered for a while. */
bool modbus_point_is_lost(const struct modbus_point *point);
/* The request that switches a charger off. */
void modbus_point_off(const struct modbus_point *point, struct modbus_request *request);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated plant: station, bays, vehicles, the people in them, and faults. It advances in
 * steps on plant time under the requests last written; a longer silence of the engine is one step
 * at safe level, whatever its length, because the keep-alive line has dropped (hardware.md rule 9).
 *
 *     called → entering → waiting ⇄ putting → waiting ⇄ taking → mounting → waiting → leaving →
 * none
 *
 * A driver puts what the vehicle came with into whatever empty bay stands open, and takes what is
 * offered while there is room for another set; the order of the two is the station's.
 */
#ifndef SWAPSTACK_SIM_WORLD_H
#define SWAPSTACK_SIM_WORLD_H

#include "base/err.h"
#include "base/strbuf.h"
#include "core/io.h"
#include "drivers/board.h"
#include "drivers/driver.h"
#include "drivers/sim/bay.h"
#include "drivers/sim/script.h"
#include "drivers/sim/vehicle.h"
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum visit_state {
    VISIT_NONE,     /* nobody is called, the lane is free */
    VISIT_CALLED,   /* on its way; drives in some time after the gate is open */
    VISIT_ENTERING, /* crosses the gate */
    VISIT_WAITING,  /* stands in the lane, the driver watches the doors */
    VISIT_PUTTING,  /* the driver puts the pack into `bay` */
    VISIT_TAKING,   /* the driver takes the pack out of `bay` */
    VISIT_MOUNTING, /* the pack goes into the vehicle */
    VISIT_LEAVING,  /* waits for the gate and crosses it */
    VISIT_STATE_COUNT
};

/* The one vehicle at the station. Saved with the world. */
struct sim_visit {
    enum visit_state state;
    char vehicle[IO_ID_SIZE];
    double wait_s;     /* what is left of the present action */
    double patience_s; /* left until the driver gives up waiting */
    int bay;           /* putting, taking: index from 0 */
    int came;          /* packs that it came with … */
    int used;          /* … and of those it has now: the first ones */
    bool gave, took;
    bool just_gave; /* into `gave_bay`, whose door was not shut since: no offer to take it back */
    int gave_bay;
    bool crossing; /* leaving: between the gate posts */
};

/* A rule of the script at work. */
struct fault_state {
    double condition_s; /* how long its condition has been met; < 0: not yet */
    bool fired;
    double since_s; /* how long ago it fired */
    int bay;        /* where, SCRIPT_ANY_BAY: station */
};

struct sim_world {
    struct board_sim params; /* `faults` is not kept */
    int bay_count;
    struct board_bay limits[IO_BAYS_MAX];
    struct script script;
    uint64_t script_mark; /* hash of the script's text: another script begins anew */

    int64_t now_us, age_us; /* plant time, and how long this world has lived */
    double gate;            /* 0 closed .. 1 open */
    struct sim_visit visit;
    double station_wh; /* lights, controls, cooling: not on the chargers' meters */
    struct sim_bay bays[IO_BAYS_MAX];
    struct sim_vehicle *vehicles; /* owned */
    size_t vehicle_count, vehicle_capacity;
    struct fault_state faults[SCRIPT_RULES_MAX];
    int64_t station_at_us; /* when the station-wide inputs were last heard */

    struct io_requests requests; /* not saved: after a restart all is at its safe level */
    bool requested;              /* something was written since the start */
    int64_t alive_at_us;         /* when charge_enable was last asked for: rule 9's keep-alive */
    /* Active faults, from `faults` at each step: */
    uint64_t station_faults;
    double station_value[SCRIPT_FAULT_COUNT];
    const char *waiting; /* vehicle that stands before the gate, NULL none; of the script */
    const char *token;   /* newest one that was held to the reader, NULL none; of the script */
    int64_t token_number;
    uint64_t bay_faults[IO_BAYS_MAX];
    double bay_value[IO_BAYS_MAX][SCRIPT_FAULT_COUNT];
};
static_assert(SCRIPT_FAULT_COUNT <= 64, "a bit for each fault");

#define WORLD_STEP_US  (100 * CLOCK_US_PER_MS)   /* finest step */
#define WORLD_PAUSE_US (5 * CLOCK_US_PER_SECOND) /* longer: the engine is taken for dead */
/* Charge-enable not toggled for longer than this: the board's circuit drops the power (rule 9). */
#define WORLD_ALIVE_US (500 * CLOCK_US_PER_MS)

/* A new world of `board` at `now_us`. Release with world_free. */
int world_init(struct sim_world *world, const struct board *board, int64_t now_us, struct err *err);
void world_free(struct sim_world *world);
void world_free_scope(struct sim_world **world); /* also frees the struct */

/* Up to now_us. Time that goes back changes nothing but the clock. */
void world_advance(struct sim_world *world, int64_t now_us);
/* The engine is there again after any time, also none: until now_us nothing was driven. */
void world_resume(struct sim_world *world, int64_t now_us);
/* Takes the requests over. ERR_NOMEM when a new vehicle is called. */
int world_request(struct sim_world *world, const struct io_requests *requests, struct err *err);
/* Fills the readings. */
void world_read(struct sim_world *world, struct io_readings *readings);
/* When an alarm of the script that waits for time only will strike, INT64_MAX: none does. */
int64_t world_next_alarm_us(const struct sim_world *world);
/* Next record of a pack loaded elsewhere. */
bool world_take_record(struct sim_world *world, struct driver_record *record);

/* Outside temperature at a plant time: warmest at 15 h UTC. */
double world_outside_c(const struct sim_world *world, int64_t at_us);
/* NULL when it was never seen. Valid until the next world_request. */
struct sim_vehicle *world_vehicle(struct sim_world *world, const char *id);

/* Whether the visitor may put a pack into the visit's bay, or take the one that is there. */
bool world_may_put(const struct sim_world *world, const struct sim_vehicle *vehicle);
bool world_may_take(const struct sim_world *world, const struct sim_vehicle *vehicle);

/* The parts of a step (world_faults.c, world_traffic.c). */
void world_step_faults(struct sim_world *world, double dt_s);
void world_apply_faults(struct sim_world *world); /* active ones, from the rules that fired */
void world_step_traffic(struct sim_world *world, double dt_s);
/* A pause: what the people do while nothing moves. */
void world_rest_traffic(struct sim_world *world, double dt_s);
#define WORLD_FAULT(world, name) (((world)->station_faults >> SCRIPT_FAULT_##name & 1u) != 0)

/* As JSON with a check sum (world_save.c, world_load.c). */
int world_save(const struct sim_world *world, struct strbuf *to, struct err *err);
/* Replaces the state of an initialised world (parameters and limits stay those of its board).
 * ERR_INVALID with a sentence when the text is damaged or of another board. */
int world_load(struct sim_world *world, const char *text, size_t length, struct err *err);

#endif

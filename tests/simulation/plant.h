/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A light plant behind struct driver_ops: bays with doors, locks, contactors and packs, a gate, and
 * vehicles with drivers who come, give, take and leave, mostly. It outlives the engine, as steel
 * does: without an engine that writes, outputs fall to their safe level, and people go on doing
 * what open doors allow.
 *
 * It is also the judge of what must never happen to hardware (plant_violation).
 */
#ifndef SWAPSTACK_TESTS_SIMULATION_PLANT_H
#define SWAPSTACK_TESTS_SIMULATION_PLANT_H

#include "drivers/driver.h"
#include "random.h"

#define PLANT_BAYS     5 /* at most */
#define PLANT_VEHICLES 4
#define PLANT_SET_MAX  2
#define PLANT_HOLDS    (2 * PLANT_SET_MAX + 1)

struct plant_bay {
    double door; /* 0 closed .. 1 open */
    bool locked, contactor, present;
    int opened_for; /* index of the vehicle that was in the lane then or last, -1 none */
    struct io_pack pack;
};

struct plant_vehicle {
    char id[IO_ID_SIZE];
    int set; /* packs that it drives with */
    int held;
    /* Its driver used a door that stood open from another one's visit, or another one used its:
     * nobody at the station can know whose pack that was. */
    bool muddled;
    struct plant_held {
        struct io_pack pack;
        bool used; /* it came with it; else it was taken in this visit */
    } holds[PLANT_HOLDS];
};

struct plant {
    struct random *random; /* not owned */
    int64_t now_us;        /* plant time that it stands at */
    double gate;           /* 0 closed .. 1 open */
    int bay_count;
    bool various; /* vehicles of two packs, Out-In; else each has one, and In-Out is the order */
    bool out_in;  /* the order that its configuration says */
    struct plant_bay bays[PLANT_BAYS];
    struct plant_vehicle vehicles[PLANT_VEHICLES];
    int in_lane;   /* index of the vehicle, -1 none */
    int came_last; /* the one that is or was in the lane last, -1 none */
    double handling_s, patience_s;
    int gave, took;
    int gives_most, takes_most; /* in this visit */
    int gave_bay, took_bay;     /* whose door was not shut since, -1 none */
    bool hurried; /* puts one where another was taken from, through the same open door */
    /* A driver at the reader, whom nobody called. */
    char token[IO_ID_SIZE];
    int64_t token_number;
    int waiting; /* index of the vehicle, -1 none */
    bool let_in; /* the reader said so */
    int64_t waits_until_us;
    struct io_requests requests;
    int64_t gate_openings;
    char violation[256]; /* the first one, "" none */
};

extern const struct driver_ops PLANT_OPS;

/* `prefix` makes serials and vehicles unique among stations. `seed` decides, apart from `random`,
 * whether vehicles of two packs come and the order is Out-In. */
void plant_init(struct plant *plant, struct random *random, const char *prefix, uint64_t seed,
                int64_t now_us);
/* Up to now_us under the requests last written. */
void plant_advance(struct plant *plant, int64_t now_us);
/* A driver holds this token to the reader, and drives in if the reader says so. */
void plant_present(struct plant *plant, int vehicle, const char *token);
/* The engine is gone: keep-alive lines drop. */
void plant_release(struct plant *plant);
/* Notes what must never happen; the first of it stays. `bay` from 0, -1 none. */
void plant_violate(struct plant *plant, const char *what, int bay);
/* plant_people.c: what the driver in the lane does in a part of a step; what the one at the reader
 * makes of what it says; is that one let in? */
void plant_move_people(struct plant *plant, double dt_s);
void plant_watch_reader(struct plant *plant);
bool plant_is_let_in(const struct plant *plant);
/* Nobody in the lane, all shut. */
bool plant_is_quiet(const struct plant *plant);

#endif

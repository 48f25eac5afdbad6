/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tiny scripted plant around the core: it obeys requests with short travel times, and tests bend
 * its readings. Everything runs in virtual time; a step is 100 ms.
 */
#ifndef TEST_STATION_FIXTURE_H
#define TEST_STATION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "core/safety.h"
#include "core/snapshot.h"
#include "core/station.h"
#include "core/text.h"
#include "firmware/near.h"
#include <math.h>
#include <stdlib.h>

#define FIXTURE_START_US INT64_C(1795258800000000)
#define FIXTURE_STEP_US  INT64_C(100000)
#define FIXTURE_EVENTS   512

struct fixture_bay {
    double door; /* 0 closed .. 1 open, travels in 1 s */
    bool lock_stuck, door_stuck, contactor_stuck, charger_dead, pack_silent, frozen;
    bool crowbar;        /* somebody holds the door open */
    bool forced;         /* it was opened like that, and has not been shut since */
    bool no_pack_bus;    /* the pack never says who it is */
    double force_temp_c; /* NAN: 25 °C */
};

struct fixture {
    struct station station;
    struct io_readings in;
    struct io_requests out;
    struct station_actions actions;
    struct fixture_bay bays[IO_BAYS_MAX];
    struct station_event events[FIXTURE_EVENTS];
    size_t event_count;
    int64_t now_us;
    int transitions, intents;
    double gate; /* 0 .. 1, travels in 2 s */
    bool gate_stuck;
    bool station_silent;
    /* the vehicle and its driver */
    bool comes, gives, takes, leaves; /* what it does by itself, all true at first */
    int set;                          /* packs that it drives with, 1 or 2 */
    int gives_most, takes_most;       /* that its driver handles in one visit */
    struct io_pack carried;           /* the first of what it holds; bid "" none */
    struct io_pack more[3];           /* the others; Out-In holds two sets for a while */
    double handling_s;                /* what is left of the present action */
    double patience_s;                /* how long it has been in the lane */
    double gave_at_s;
    char taken[8][MESSAGE_NAME_SIZE]; /* in this visit: not for giving */
    int gave, took;
};

static inline struct io_pack fixture_pack(const char *bid, double soc_percent)
{
    struct io_pack pack = {
        .chemistry = IO_CHEMISTRY_NMC,
        .rated_v = 350,
        .rated_ah = 160,
        .rated_kwh = 56,
        .pack_v = 360,
        .soc_percent = soc_percent,
        .soh_percent = 95.5,
        .cell_max_v = 3.8,
        .cell_min_v = 3.79,
        .temp_max_c = 25,
        .temp_min_c = 24,
        .request_v = 400,
        .request_a = 100,
        .capacity_kwh = 53,
        .permit = true,
        .cycles = 100,
    };
    TEXT_SET(pack.bid, bid);
    TEXT_SET(pack.version, "2.4");
    return pack;
}

static inline void fixture_put(struct fixture *f, int slot, const struct io_pack *pack)
{
    f->in.bays[slot - 1].present = true;
    f->in.bays[slot - 1].pack = *pack;
    f->in.bays[slot - 1].pack.energy_added_kwh = 0;
}

static inline void fixture_init(struct fixture *f, int bays)
{
    memset(f, 0, sizeof *f);
    station_init(&f->station, bays, "0badcafe");
    f->now_us = FIXTURE_START_US;
    f->in.bay_count = bays;
    f->in.gate = IO_GATE_CLOSED;
    f->in.guard_clear = true;
    f->in.ambient_c = 20;
    f->comes = f->gives = f->takes = f->leaves = true;
    f->set = 1;
    f->gives_most = f->takes_most = 8;
    f->carried = fixture_pack("USER-1", 30);
    for (int i = 0; i < bays; i++) {
        f->bays[i].force_temp_c = NAN;
        f->in.bays[i].door = IO_DOOR_CLOSED;
        f->in.bays[i].locked = true;
        f->in.bays[i].temp_c = 22;
        f->in.bays[i].charger.online = true;
        f->in.bays[i].charger.ac_v = 230;
        f->in.bays[i].charger.ac_phases = 3;
    }
}

static inline double fixture_travel(double at, enum io_motion motion, double whole_s)
{
    double way = (double)FIXTURE_STEP_US / 1e6 / whole_s;
    if (motion == IO_MOTION_OPEN)
        at += way;
    else if (motion == IO_MOTION_CLOSE)
        at -= way;
    return at < 1e-9 ? 0 : at > 1 - 1e-9 ? 1 : at;
}

static inline void fixture_move_bay(struct fixture *f, int i)
{
    struct fixture_bay *bay = &f->bays[i];
    struct io_bay *in = &f->in.bays[i];
    const struct io_bay_request *request = &f->out.bays[i];
    if (!bay->lock_stuck && (request->unlock || bay->door <= 0))
        in->locked = !request->unlock;
    if (!bay->door_stuck && !in->locked &&
        !(in->door_obstructed && request->door == IO_MOTION_CLOSE))
        bay->door = fixture_travel(bay->door, request->door, 1);
    if (bay->crowbar) {
        bay->door = 1;
        in->locked = false;
    }
    bay->forced = bay->door > 0 && (bay->forced || bay->crowbar);
    in->door = bay->door <= 0 ? IO_DOOR_CLOSED : bay->door >= 1 ? IO_DOOR_OPEN : IO_DOOR_BETWEEN;
    if (!bay->contactor_stuck)
        in->contactor_closed = request->contactor;
    bool flows = in->contactor_closed && request->charger_on && f->out.charge_enable &&
                 !bay->charger_dead && in->present;
    struct io_charger *charger = &in->charger;
    charger->dc_a = flows ? request->charge_a : 0;
    charger->dc_v = flows ? in->pack.pack_v : 0;
    charger->ac_kw = charger->dc_a * charger->dc_v / 1000 / 0.95;
    charger->ac_a = charger->ac_kw * 1000 / 3 / 230;
    double kwh = charger->dc_a * charger->dc_v / 1000 * (double)FIXTURE_STEP_US / 3.6e9;
    charger->meter_wh += kwh / 0.95 * 1000;
    in->pack.pack_a = charger->dc_a;
    in->pack.energy_added_kwh += kwh;
    in->pack.soc_percent += kwh / 53 * 100;
    if (!isnan(bay->force_temp_c))
        in->pack.temp_max_c = bay->force_temp_c;
    if (!bay->frozen)
        in->at_us = f->now_us;
    charger->at_us = f->now_us;
    if (in->present && !bay->pack_silent && !bay->no_pack_bus)
        in->pack.at_us = f->now_us;
}

/* One action at a time: drives in, gives, takes, leaves; each takes a second or three. */
static inline bool fixture_busy(struct fixture *f, double seconds)
{
    if (f->handling_s <= 0)
        f->handling_s = seconds;
    f->handling_s -= (double)FIXTURE_STEP_US / 1e6;
    return f->handling_s > 0;
}

/* The i-th pack that the vehicle holds or could hold, i from 0 to 3. */
static inline struct io_pack *fixture_held(struct fixture *f, int i)
{
    return i == 0 ? &f->carried : &f->more[i - 1];
}

/* How many packs it holds; of those, the place of one that it came with (*used, -1 none). */
static inline int fixture_holds(struct fixture *f, int *used)
{
    int count = 0;
    *used = -1;
    for (int i = 3; i >= 0; i--) {
        const char *bid = fixture_held(f, i)->bid;
        bool taken = false;
        for (int k = 0; k < f->took; k++)
            taken |= text_equal(f->taken[k], bid);
        count += bid[0] != '\0';
        if (bid[0] && !taken)
            *used = i;
    }
    return count;
}

/* Those behind move up, so that `carried` is the first. */
static inline void fixture_pack_up(struct fixture *f)
{
    for (int i = 0, k = 0; i < 4; i++)
        if (fixture_held(f, i)->bid[0]) {
            struct io_pack pack = *fixture_held(f, i);
            *fixture_held(f, i) = (struct io_pack){0};
            *fixture_held(f, k++) = pack;
        }
}

/* True while the driver is busy at this open door. */
static inline bool fixture_use_door(struct fixture *f, int i)
{
    struct io_bay *bay = &f->in.bays[i];
    int used, held = fixture_holds(f, &used);
    if (f->gives && f->gave < f->gives_most && used >= 0 && !bay->present) {
        if (!fixture_busy(f, 3)) {
            fixture_put(f, i + 1, fixture_held(f, used));
            *fixture_held(f, used) = (struct io_pack){0};
            fixture_pack_up(f);
            f->gave++;
            f->gave_at_s = f->patience_s;
        }
        return true;
    }
    /* nobody takes back at once what he has just put in */
    bool regret = f->gave && f->patience_s - f->gave_at_s < 10;
    bool room = held < (f->station.settings.swap_out_in ? 2 : 1) * f->set;
    if (f->takes && f->took < f->takes_most && room && bay->present && !regret) {
        if (!fixture_busy(f, 3)) {
            *fixture_held(f, held) = bay->pack;
            TEXT_SET(f->taken[f->took++], bay->pack.bid);
            bay->present = false;
            bay->pack = (struct io_pack){0};
        }
        return true;
    }
    return false;
}

static inline void fixture_move_vehicle(struct fixture *f)
{
    int used;
    if (!f->in.lane_occupied) {
        if (f->comes && f->out.announce[0] && f->gate >= 1 && !fixture_busy(f, 3)) {
            f->in.lane_occupied = true;
            f->gave = f->took = 0;
            TEXT_SET(f->in.lane_vehicle, f->out.announce);
        }
        return;
    }
    f->patience_s += (double)FIXTURE_STEP_US / 1e6;
    for (int i = 0; i < f->in.bay_count; i++)
        if (f->bays[i].door >= 1 && f->out.bays[i].door != IO_MOTION_CLOSE &&
            fixture_use_door(f, i))
            return;
    bool served = f->took + f->gave > 0 && fixture_holds(f, &used) == f->set;
    bool wants = served || f->patience_s > (f->gives ? 400 : 150);
    if (f->leaves && wants && !fixture_busy(f, 3)) {
        f->in.lane_occupied = false;
        f->in.lane_vehicle[0] = '\0';
        f->patience_s = 0;
    }
}

static inline void fixture_collect(struct fixture *f)
{
    for (size_t i = 0; i < f->actions.count; i++) {
        assert_true(f->event_count < FIXTURE_EVENTS);
        f->events[f->event_count++] = f->actions.events[i];
    }
    f->transitions += f->actions.transition;
    f->intents += f->actions.intent_changed;
    actions_clear(&f->actions);
}

/* What must hold whatever happens (issue 3 checks the same from outside). */
static inline void fixture_check(const struct fixture *f)
{
    int open = 0;
    for (int i = 0; i < f->in.bay_count; i++) {
        const struct io_bay_request *request = &f->out.bays[i];
        open += f->bays[i].door > 0 && !f->bays[i].forced;
        assert_false(request->contactor && f->bays[i].door > 0);
        assert_false(request->charger_on && !f->in.bays[i].locked);
    }
    assert_true(open <= 1);
}

/* The plant obeys what was last asked for, up to now_us + one step. */
static inline void fixture_plant_step(struct fixture *f)
{
    f->now_us += FIXTURE_STEP_US;
    f->in.now_us = f->now_us;
    if (!f->station_silent)
        f->in.at_us = f->now_us;
    if (!f->gate_stuck)
        f->gate = fixture_travel(f->gate, f->out.gate, 2);
    f->in.gate = f->gate <= 0 ? IO_GATE_CLOSED : f->gate >= 1 ? IO_GATE_OPEN : IO_GATE_BETWEEN;
    for (int i = 0; i < f->in.bay_count; i++)
        fixture_move_bay(f, i);
    fixture_move_vehicle(f);
}

static inline void fixture_step(struct fixture *f)
{
    fixture_plant_step(f);
    station_step(&f->station, &f->in, &f->out, &f->actions);
    fixture_collect(f);
    fixture_check(f);
}

static inline void fixture_run(struct fixture *f, double seconds)
{
    for (double t = 0; t < seconds; t += (double)FIXTURE_STEP_US / 1e6)
        fixture_step(f);
}

/* Steps until the bay is in that state; fails after `seconds` of plant time. */
static inline void fixture_until_bay(struct fixture *f, int slot, enum bay_state state,
                                     double seconds)
{
    for (double t = 0; t < seconds && f->station.bays[slot - 1].state != state; t += 0.1)
        fixture_step(f);
    assert_string_equal(machine_state_name(&BAY_MACHINE, (int)f->station.bays[slot - 1].state),
                        machine_state_name(&BAY_MACHINE, (int)state));
}

static inline void fixture_until_swap(struct fixture *f, enum swap_step_name step, double seconds)
{
    for (double t = 0; t < seconds && f->station.swap.step != step; t += 0.1)
        fixture_step(f);
    assert_string_equal(machine_state_name(&SWAP_MACHINE, (int)f->station.swap.step),
                        machine_state_name(&SWAP_MACHINE, (int)step));
}

static inline bool fixture_fault(const struct fixture *f, enum fault_code code, int slot)
{
    return fault_active(&f->station.faults, code, slot);
}

/* The refusal, NULL none. */
static inline const char *fixture_request(struct fixture *f,
                                          const struct station_swap_request *request)
{
    const char *refusal = station_request_swap(&f->station, &f->in, request, &f->actions);
    fixture_collect(f);
    return refusal;
}

static inline const char *fixture_swap_set(struct fixture *f, const char *command, int count)
{
    struct station_swap_request request = {command, command, "CAR-1", "anna", "", count};
    return fixture_request(f, &request);
}

static inline const char *fixture_swap(struct fixture *f, const char *command, const char *battery)
{
    struct station_swap_request request = {command, command, "CAR-1", "anna", battery, 0};
    return fixture_request(f, &request);
}

/* Number of SWAP events of that name; the last one's index in *at when given. */
static inline int fixture_count_swaps(const struct fixture *f, const char *name, size_t *at)
{
    int count = 0;
    for (size_t i = 0; i < f->event_count; i++)
        if (f->events[i].kind == STATION_EVENT_SWAP &&
            text_equal(f->events[i].data.swap.event, name)) {
            count++;
            if (at)
                *at = i;
        }
    return count;
}

/* The only completion; NULL when there is none yet. */
static inline const struct station_completion *fixture_completion(const struct fixture *f)
{
    const struct station_completion *found = NULL;
    for (size_t i = 0; i < f->event_count; i++)
        if (f->events[i].kind == STATION_EVENT_COMPLETION) {
            assert_null(found);
            found = &f->events[i].data.completion;
        }
    return found;
}

/* The statuses of a bay's sessions, in order: "requested authorized …". */
static inline const char *fixture_sessions(const struct fixture *f, int slot, char *to, size_t size)
{
    to[0] = '\0';
    for (size_t i = 0; i < f->event_count; i++) {
        const struct message_charge_session *session = &f->events[i].data.session;
        if (f->events[i].kind == STATION_EVENT_SESSION && session->bay == slot)
            snprintf(to + strlen(to), size - strlen(to), "%s%s", to[0] ? " " : "", session->status);
    }
    return to;
}

static inline void fixture_free(struct fixture *f)
{
    actions_free(&f->actions);
}

/* A station with three ready packs, one to charge (slot 4) and two free bays (5, 6), verified. */
static inline void fixture_stocked(struct fixture *f)
{
    fixture_init(f, 6);
    const struct io_pack packs[] = {fixture_pack("P-1", 96), fixture_pack("P-2", 97),
                                    fixture_pack("P-3", 98), fixture_pack("P-4", 50)};
    for (int i = 0; i < 4; i++)
        fixture_put(f, i + 1, &packs[i]);
    f->in.bays[1].pack.soh_percent = 99; /* P-2 is the healthiest */
    fixture_run(f, 1);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A station whose packs are on CAN, in virtual time: the station's core decides, the driver `can`
 * speaks, simulated packs answer over pipes of frames, and a charger in each bay gives what it is
 * asked for. Ticks of 10 ms; the core steps every 100 ms, or when the driver says so.
 */
#ifndef SWAPSTACK_TESTS_CAN_PLANT_H
#define SWAPSTACK_TESTS_CAN_PLANT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "can/j1939.h"
#include "cantool/benchpack.h"
#include "core/safety.h"
#include "core/station.h"
#include "core/text.h"
#include "drivers/board.h"
#include "drivers/can/can.h"
#include "firmware/can_pipe.h"
#include "firmware/near.h"
#include <string.h>

#define PLANT_TICK_US INT64_C(10000)
#define PLANT_BAYS    2
#define PLANT_EVENTS  256

struct plant {
    struct board *board;
    void *driver;
    struct env env;
    struct canopener opener;
    struct plant_bus buses[PLANT_BAYS]; /* named can1, can2 */
    struct benchpack packs[PLANT_BAYS];
    int pack_bus[PLANT_BAYS]; /* index of its bus, -1: no pack in the bay */
    bool cut[PLANT_BAYS];     /* the wire between pack and bus */
    uint32_t drop;            /* PGN >> 8 (PF) whose frames do not get through; 0 none */
    uint32_t drop2;
    uint32_t loss_ppm; /* of frames, drawn from `random` */
    uint64_t random;
    bool charger_silent, charger_faulty;
    struct station station;
    struct io_readings in;
    struct io_requests out;
    struct station_actions actions;
    struct station_event events[PLANT_EVENTS];
    size_t event_count;
    int64_t now_us, step_us;
    double max_a[PLANT_BAYS], max_cell_v[PLANT_BAYS], min_cell_v[PLANT_BAYS];
    bool tapered; /* less current than asked at first, before the end */
    int urgent;   /* times that the driver wanted a step at once */
};

/* --- pipes as buses --- */

static inline int plant_open_bus(void *self, const char *name, struct canbus *bus, int *fd,
                                 struct err *err)
{
    struct plant *plant = self;
    int index = name[3] - '1';
    (void)fd;
    if (index < 0 || index >= PLANT_BAYS || plant->buses[index].down)
        return err_set(err, ERR_NOT_FOUND, "there is no network interface %s", name);
    assert_false(plant->buses[index].opened);
    plant->buses[index].opened = true;
    plant->buses[index].opens++;
    *bus = (struct canbus){&plant->buses[index], plant_send, plant_receive, plant_close};
    return 0;
}

/* --- set up --- */

static inline int64_t plant_clock(void *self)
{
    return ((struct plant *)self)->now_us;
}

#define PLANT_BOARD                                                                                \
    "[board]\ncompatible = sim\nname = Test\n[gate]\ndriver = sim\n[lane]\ndriver = sim\n"         \
    "[guard]\ndriver = sim\n[emergency_stop]\ndriver = sim\n[smoke]\ndriver = sim\n"               \
    "[water]\ndriver = sim\n[ambient]\ndriver = sim\n[mains_meter]\ndriver = sim\n"                \
    "[siren]\ndriver = sim\n[exhaust]\ndriver = sim\n[charge_enable]\ndriver = sim\n"              \
    "[sim]\npacks = empty empty\nsessions = q.ini\n[bays]\ncount = 2\ndriver = sim\n"              \
    "pack_driver = can\nvoltage_min_v = 10\nvoltage_max_v = 500\ncurrent_max_a = 60\n"

static inline struct board *plant_board(const char *addresses)
{
    static struct board_report report;
    char text[4096];
    struct err err = {0};
    struct board *board = NULL;
    (void)snprintf(text, sizeof text, "%s%s", PLANT_BOARD, addresses);
    if (board_parse(text, strlen(text), "t/board.ini", &board, &report, &err))
        fail_msg("%s", err.text);
    return board;
}

/* `addresses`: lines of [bays]. No pack is in yet. */
static inline void plant_init(struct plant *plant, const char *addresses)
{
    struct err err = {0};
    memset(plant, 0, sizeof *plant);
    plant->now_us = INT64_C(1795258800000000);
    plant->env = (struct env){
        .self = plant, .wall_us = plant_clock, .mono_us = plant_clock, .plant_us = plant_clock};
    plant->opener = (struct canopener){plant, plant_open_bus};
    plant->board = plant_board(addresses);
    if (can_open_with(&plant->driver, plant->board, &plant->env, &plant->opener, &err))
        fail_msg("%s", err.text);
    station_init(&plant->station, PLANT_BAYS, "0badcafe");
    plant->in.bay_count = PLANT_BAYS;
    plant->in.gate = IO_GATE_CLOSED;
    plant->in.guard_clear = true;
    plant->in.ambient_c = 20;
    for (int i = 0; i < PLANT_BAYS; i++) {
        plant->in.bays[i].door = IO_DOOR_CLOSED;
        plant->in.bays[i].locked = true;
        plant->in.bays[i].temp_c = 22;
        plant->in.bays[i].charger =
            (struct io_charger){.online = true, .ac_v = 230, .ac_phases = 3};
        plant->pack_bus[i] = -1;
        plant->min_cell_v[i] = 9;
    }
}

static inline void plant_free(struct plant *plant)
{
    can_driver.close(plant->driver);
    board_free(plant->board);
    actions_free(&plant->actions);
}

static inline void plant_put(struct plant *plant, int slot, int bus,
                             const struct benchpack_options *options)
{
    benchpack_init(&plant->packs[slot - 1], options);
    plant->pack_bus[slot - 1] = bus;
    plant->in.bays[slot - 1].present = true;
}

static inline void plant_take(struct plant *plant, int slot)
{
    plant->pack_bus[slot - 1] = -1;
    plant->in.bays[slot - 1].present = false;
}

/* --- running --- */

static inline bool plant_drops(struct plant *plant, const struct canframe *frame)
{
    plant->random = plant->random * 6364136223846793005U + 1442695040888963407U;
    if ((plant->random >> 33) % 1000000 < plant->loss_ppm)
        return true;
    uint32_t format = frame->extended ? frame->id >> 16 & 0xFF : 0;
    return format && (format == plant->drop || format == plant->drop2);
}

static inline void plant_answer(struct plant *plant, int i)
{
    struct canframe frame;
    struct plant_bus *bus = &plant->buses[plant->pack_bus[i]];
    while (bus->to_driver_count < PLANT_FRAMES &&
           benchpack_next(&plant->packs[i], plant->now_us, &frame))
        if (!plant->cut[i] && !plant_drops(plant, &frame) && bus->opened)
            bus->to_driver[bus->to_driver_count++] = frame;
}

/* Frames go to and fro until nobody has anything to say. */
static inline void plant_carry(struct plant *plant, bool *urgent)
{
    for (bool any = true; any;) {
        int64_t next_us;
        any = false;
        for (int b = 0; b < PLANT_BAYS; b++) {
            struct plant_bus *bus = &plant->buses[b];
            any |= bus->to_pack_count > 0;
            for (size_t f = 0; f < bus->to_pack_count; f++)
                for (int i = 0; i < PLANT_BAYS; i++)
                    if (plant->pack_bus[i] == b && !plant->cut[i] &&
                        !plant_drops(plant, &bus->to_pack[f])) {
                        benchpack_hear(&plant->packs[i], &bus->to_pack[f], plant->now_us);
                        plant_answer(plant, i);
                    }
            bus->to_pack_count = 0;
        }
        for (int i = 0; i < PLANT_BAYS; i++)
            if (plant->pack_bus[i] >= 0)
                plant_answer(plant, i);
        for (int b = 0; b < PLANT_BAYS; b++)
            any |= plant->buses[b].opened && plant->buses[b].to_driver_count > 0;
        *urgent |= can_driver.pump(plant->driver, plant->now_us, &next_us);
        assert_true(next_us > plant->now_us);
    }
}

static inline void plant_flow(struct plant *plant, int i)
{
    const struct io_bay_request *request = &plant->out.bays[i];
    struct io_bay *in = &plant->in.bays[i];
    struct benchpack *pack = &plant->packs[i];
    bool flows = in->contactor_closed && request->charger_on && plant->out.charge_enable;
    in->charger.dc_a = in->charger.dc_v = 0;
    if (plant->pack_bus[i] < 0)
        return;
    const struct benchpack_feed feed = {true, request->charge_v, flows ? request->charge_a : 0};
    benchpack_tick(pack, &feed, plant->now_us);
    in->charger.dc_a = pack->current_a;
    in->charger.dc_v = in->contactor_closed ? pack->voltage_v : 0;
    double cell_v = pack->voltage_v / pack->options.series;
    plant->max_a[i] = fmax(plant->max_a[i], pack->current_a);
    plant->max_cell_v[i] = fmax(plant->max_cell_v[i], cell_v);
    plant->min_cell_v[i] = fmin(plant->min_cell_v[i], cell_v);
    plant->tapered |= flows && request->charge_a > 0 && pack->current_a < 0.6 * plant->max_a[i];
}

static inline void plant_decide(struct plant *plant)
{
    struct err err = {0};
    plant->step_us = plant->now_us + 10 * PLANT_TICK_US;
    plant->in.now_us = plant->in.at_us = plant->now_us;
    for (int i = 0; i < PLANT_BAYS; i++) {
        struct io_bay *in = &plant->in.bays[i];
        in->at_us = plant->now_us;
        in->contactor_closed = plant->out.bays[i].contactor;
        in->charger.fault = plant->charger_faulty;
        if (!plant->charger_silent)
            in->charger.at_us = plant->now_us;
    }
    assert_int_equal(can_driver.read(plant->driver, plant->now_us, &plant->in, &err), 0);
    station_step(&plant->station, &plant->in, &plant->out, &plant->actions);
    for (size_t i = 0; i < plant->actions.count; i++)
        if (plant->event_count < PLANT_EVENTS)
            plant->events[plant->event_count++] = plant->actions.events[i];
    actions_clear(&plant->actions);
    assert_int_equal(can_driver.write(plant->driver, plant->now_us, &plant->out, &plant->in, &err),
                     0);
}

static inline void plant_tick(struct plant *plant)
{
    bool urgent = false;
    plant->now_us += PLANT_TICK_US;
    for (int i = 0; i < PLANT_BAYS; i++)
        plant_flow(plant, i);
    plant_carry(plant, &urgent);
    plant->urgent += urgent;
    if (urgent || plant->now_us >= plant->step_us)
        plant_decide(plant);
}

static inline void plant_run(struct plant *plant, double seconds)
{
    for (int64_t end_us = plant->now_us + (int64_t)(seconds * 1e6); plant->now_us < end_us;)
        plant_tick(plant);
}

static inline double plant_until(struct plant *plant, int slot, enum bay_state state,
                                 double seconds)
{
    int64_t begin_us = plant->now_us;
    while (plant->station.bays[slot - 1].state != state &&
           (double)(plant->now_us - begin_us) < seconds * 1e6)
        plant_tick(plant);
    const struct bay *bay = &plant->station.bays[slot - 1];
    if (bay->state != state)
        fail_msg("bay %d is %s (pack %s, permit %d, bid %s, %s), not %s", slot,
                 machine_state_name(&BAY_MACHINE, (int)bay->state),
                 benchpack_state(&plant->packs[slot - 1]), plant->in.bays[slot - 1].pack.permit,
                 plant->in.bays[slot - 1].pack.bid, bay->charge.reason ? bay->charge.reason : "",
                 machine_state_name(&BAY_MACHINE, (int)state));
    return (double)(plant->now_us - begin_us) / 1e6;
}

/* Until the current flows. */
static inline void plant_until_flows(struct plant *plant, int slot, double seconds)
{
    int64_t begin_us = plant->now_us;
    while (plant->packs[slot - 1].current_a < 1 &&
           (double)(plant->now_us - begin_us) < seconds * 1e6)
        plant_tick(plant);
    if (plant->packs[slot - 1].current_a < 1)
        fail_msg("no current after %g s; the pack is %s", seconds,
                 benchpack_state(&plant->packs[slot - 1]));
}

/* Until none flows; returns the seconds. */
static inline double plant_until_stopped(struct plant *plant, int slot, double seconds)
{
    int64_t begin_us = plant->now_us;
    while (plant->packs[slot - 1].current_a > 0 &&
           (double)(plant->now_us - begin_us) < seconds * 1e6)
        plant_tick(plant);
    assert_near(plant->packs[slot - 1].current_a, 0, 0);
    return (double)(plant->now_us - begin_us) / 1e6;
}

static inline bool plant_fault(const struct plant *plant, enum fault_code code, int slot)
{
    return fault_active(&plant->station.faults, code, slot);
}

static inline const struct io_pack *plant_pack(const struct plant *plant, int slot)
{
    return &plant->in.bays[slot - 1].pack;
}

/* The last session event of the bay: its status and reason. */
static inline const struct message_charge_session *plant_session(const struct plant *plant,
                                                                 int slot)
{
    const struct message_charge_session *found = NULL;
    for (size_t i = 0; i < plant->event_count; i++)
        if (plant->events[i].kind == STATION_EVENT_SESSION &&
            plant->events[i].data.session.bay == slot)
            found = &plant->events[i].data.session;
    assert_non_null(found);
    return found;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A charger and a pack of GB/T 27930 on one bus in virtual time: power stage, battery (an
 * equivalent-circuit cell), and a wire that loses what a test wants to be lost. Needs cmocka.h
 * before it.
 */
#ifndef SWAPSTACK_TESTS_GBT_PIPE_H
#define SWAPSTACK_TESTS_GBT_PIPE_H

#include "drivers/sim/cell.h"
#include "firmware/near.h"
#include "gbt27930/charger.h"
#include "gbt27930/listener.h"
#include "gbt27930/pack.h"
#include <string.h>

#define PIPE_STEP_US 10000

struct battery {
    const struct cell_kind *kind;
    double capacity_ah, soc; /* share */
    double limit_a;          /* constant-current phase */
    double end_a;            /* ends in the constant-voltage phase below this */
    double current_a;
    bool hot, forbids;
};

struct pipe {
    struct gbt_charger charger;
    struct gbt_pack pack;
    struct battery battery;
    struct gbt_charger_input input;
    struct gbt_listener listener;
    int64_t now_us;
    uint32_t drop;     /* GBT_BIT(kind): messages that do not get through */
    bool cut;          /* nothing gets through */
    uint32_t loss_ppm; /* of frames, drawn from `random` */
    uint64_t random;
    uint32_t seen;      /* GBT_BIT(kind) that went over the wire, lost or not */
    struct gbt_cem cem; /* the last ones on the wire */
    struct gbt_bem bem;
    uint32_t charger_states, pack_states; /* that were passed */
    double max_cell_v, max_a, energy_kwh;
    bool constant_current, constant_voltage;
};

static inline double pipe_cell_ohm(const struct pipe *pipe)
{
    return cell_resistance_ohm(pipe->battery.kind, pipe->battery.capacity_ah, 25, 1);
}

static inline void pipe_init(struct pipe *pipe, double soc)
{
    const struct gbt_charger_settings settings = {.number = 7,
                                                  .max_voltage_v = 500,
                                                  .min_voltage_v = 200,
                                                  .max_current_a = 60,
                                                  .min_current_a = 1,
                                                  .reconnects = 3,
                                                  .times = GBT_CHARGER_TIMES_DEFAULT};
    struct gbt_message brm, bcp;
    memset(pipe, 0, sizeof *pipe);
    pipe->now_us = 1000000;
    pipe->battery = (struct battery){.kind = cell_kind_of(IO_CHEMISTRY_NMC),
                                     .capacity_ah = 20,
                                     .soc = soc,
                                     .limit_a = 40,
                                     .end_a = 5};
    const double series = pipe->battery.kind->series;
    gbt_blank(&brm, GBT_BRM);
    brm.brm.version_minor = brm.brm.version_major = 1;
    brm.brm.chemistry = 6;
    brm.brm.rated_ah = 20;
    brm.brm.rated_v = 350;
    memcpy(brm.brm.vin, "LTEST000000000001", sizeof brm.brm.vin);
    gbt_blank(&bcp, GBT_BCP);
    bcp.bcp = (struct gbt_bcp){.max_cell_v = 4.25,
                               .max_current_a = -50,
                               .energy_kwh = 7,
                               .max_voltage_v = series * 4.25,
                               .max_temperature_c = 60};
    gbt_charger_init(&pipe->charger, &settings);
    gbt_pack_init(&pipe->pack, &brm.brm, &bcp.bcp);
    gbt_listener_init(&pipe->listener);
    pipe->input = (struct gbt_charger_input){.insulated = true, .ready = true};
    pipe->random = 1;
}

/* --- the wire --- */

static inline uint32_t pipe_random(struct pipe *pipe)
{
    pipe->random = pipe->random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(pipe->random >> 33);
}

/* What this frame carries or announces; GBT_KIND_COUNT: neither. */
static inline unsigned pipe_kind(const struct canframe *frame)
{
    uint32_t pgn = frame->id >> 8 & 0x3FF00;
    if (pgn == 0xEC00)
        pgn = frame->data[5] | (uint32_t)frame->data[6] << 8 | (uint32_t)frame->data[7] << 16;
    const struct gbt_spec *spec = gbt_find(pgn, (uint8_t)(frame->id & 0xFF));
    return spec ? spec->kind : GBT_KIND_COUNT;
}

static inline void pipe_watch(struct pipe *pipe, const struct canframe *frame)
{
    struct gbt_heard heard = gbt_listener_on_frame(&pipe->listener, frame);
    struct gbt_message message;
    struct gbt_notes notes;
    if (heard.kind != GBT_HEARD_MESSAGE)
        return;
    assert_int_equal(gbt_decode(heard.spec, heard.bytes, heard.length, &message, &notes, NULL), 0);
    assert_int_equal(notes.invalid, 0);
    assert_int_equal(notes.dialects & ~GBT_DIALECT(CTS_EMPTY), 0);
    pipe->seen |= GBT_BIT(message.kind);
    if (message.kind == GBT_CEM)
        pipe->cem = message.cem;
    if (message.kind == GBT_BEM)
        pipe->bem = message.bem;
}

static inline bool pipe_loses(struct pipe *pipe, const struct canframe *frame)
{
    unsigned kind = pipe_kind(frame);
    return pipe->cut || (kind < GBT_KIND_COUNT && (pipe->drop >> kind & 1)) ||
           pipe_random(pipe) % 1000000 < pipe->loss_ppm;
}

static inline void pipe_carry(struct pipe *pipe)
{
    struct canframe frame;
    for (bool any = true; any;) {
        any = false;
        if (gbt_charger_next(&pipe->charger, pipe->now_us, &frame)) {
            any = true;
            pipe_watch(pipe, &frame);
            if (!pipe_loses(pipe, &frame))
                gbt_pack_on_frame(&pipe->pack, &frame, pipe->now_us);
        }
        if (gbt_pack_next(&pipe->pack, pipe->now_us, &frame)) {
            any = true;
            pipe_watch(pipe, &frame);
            const struct gbt_event event = {.kind = GBT_EVENT_FRAME, .frame = &frame};
            if (!pipe_loses(pipe, &frame))
                gbt_charger_step(&pipe->charger, &event, pipe->now_us);
        }
    }
}

/* --- power stage and battery --- */

static inline void pipe_power(struct pipe *pipe)
{
    struct battery *battery = &pipe->battery;
    const struct gbt_charger_output *out = &pipe->charger.output;
    const double series = battery->kind->series, ohm = pipe_cell_ohm(pipe) * series;
    const double seconds = PIPE_STEP_US / 1e6;
    double rest_v = cell_ocv_v(battery->kind, battery->soc) * series;
    double current_a = out->on ? fmin(out->current_a, (out->voltage_v - rest_v) / ohm) : 0;
    battery->current_a = fmax(current_a, 0);
    battery->soc += battery->current_a * seconds / 3600 / battery->capacity_ah;
    pipe->input.voltage_v = rest_v + battery->current_a * ohm;
    pipe->input.current_a = battery->current_a;
    pipe->energy_kwh += pipe->input.voltage_v * battery->current_a * seconds / 3.6e6;
    pipe->input.energy_kwh = pipe->energy_kwh;
    pipe->max_a = fmax(pipe->max_a, battery->current_a);
    pipe->max_cell_v = fmax(pipe->max_cell_v, pipe->input.voltage_v / series);
}

static inline struct gbt_pack_input pipe_pack_input(struct pipe *pipe)
{
    const struct battery *battery = &pipe->battery;
    const double series = battery->kind->series, full_v = battery->kind->charge_v * series;
    bool at_limit = pipe->input.voltage_v > full_v - 0.2;
    bool charging = battery->current_a > 0;
    pipe->constant_current |= charging && !at_limit;
    pipe->constant_voltage |= charging && at_limit;
    return (struct gbt_pack_input){.voltage_v = pipe->input.voltage_v,
                                   .current_a = battery->current_a,
                                   .soc_percent = fmin(battery->soc * 100, 100),
                                   .max_cell_v = pipe->input.voltage_v / series,
                                   .min_cell_v = pipe->input.voltage_v / series,
                                   .max_temperature_c = battery->hot ? 70 : 25,
                                   .min_temperature_c = 24,
                                   .want_v = full_v,
                                   .want_a = battery->limit_a,
                                   .constant_voltage = at_limit,
                                   .ready = true,
                                   .permit = !battery->forbids,
                                   .finished =
                                       charging && at_limit && battery->current_a < battery->end_a,
                                   .fault = battery->hot};
}

/* --- time --- */

static inline void pipe_step(struct pipe *pipe)
{
    pipe->now_us += PIPE_STEP_US;
    pipe_power(pipe);
    const struct gbt_pack_input input = pipe_pack_input(pipe);
    const struct gbt_event event = {.kind = GBT_EVENT_TIME, .input = &pipe->input};
    gbt_pack_on_time(&pipe->pack, &input, pipe->now_us);
    gbt_charger_step(&pipe->charger, &event, pipe->now_us);
    pipe_carry(pipe);
    pipe->charger_states |= MACHINE_BIT(pipe->charger.state);
    pipe->pack_states |= MACHINE_BIT(pipe->pack.state);
}

static inline void pipe_run(struct pipe *pipe, double seconds)
{
    for (int64_t end_us = pipe->now_us + (int64_t)(seconds * 1e6); pipe->now_us < end_us;)
        pipe_step(pipe);
}

/* Runs until the charger is in `state`; returns the seconds it took. Fails after `limit_s`. */
static inline double pipe_until(struct pipe *pipe, enum gbt_charger_state state, double limit_s)
{
    int64_t begin_us = pipe->now_us;
    while (pipe->charger.state != state) {
        if ((double)(pipe->now_us - begin_us) > limit_s * 1e6)
            fail_msg("after %g s the charger is %s, the pack %s; wanted %s", limit_s,
                     machine_state_name(&GBT_CHARGER_MACHINE, (int)pipe->charger.state),
                     machine_state_name(&GBT_PACK_MACHINE, (int)pipe->pack.state),
                     machine_state_name(&GBT_CHARGER_MACHINE, (int)state));
        pipe_step(pipe);
    }
    return (double)(pipe->now_us - begin_us) / 1e6;
}

static inline void pipe_event(struct pipe *pipe, enum gbt_event_kind kind, enum gbt_cause cause)
{
    const struct gbt_event event = {.kind = kind, .cause = cause};
    gbt_charger_step(&pipe->charger, &event, pipe->now_us);
}

/* A session that has just begun to charge. */
static inline void pipe_charge(struct pipe *pipe, double soc)
{
    pipe_init(pipe, soc);
    pipe_event(pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    (void)pipe_until(pipe, GBT_CHARGER_CHARGING, 5);
    pipe_run(pipe, 1);
    assert_true(pipe->charger.output.on);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/charge.h"
#include "core/charge_when.h"
#include "core/safety.h"
#include "core/session.h"
#include "core/text.h"
#include <math.h>

#define B MACHINE_BIT

static const char *const PHASE_NAMES[CHARGE_COUNT] = {"off", "closing", "running", "ramp_down",
                                                      "opening"};
static const uint32_t PHASE_MOVES[CHARGE_COUNT] = {
    [CHARGE_OFF] = B(CHARGE_CLOSING),
    [CHARGE_CLOSING] = B(CHARGE_RUNNING) | B(CHARGE_OPENING) | B(CHARGE_OFF),
    [CHARGE_RUNNING] = B(CHARGE_RAMP_DOWN) | B(CHARGE_OFF),
    [CHARGE_RAMP_DOWN] = B(CHARGE_OPENING) | B(CHARGE_OFF),
    [CHARGE_OPENING] = B(CHARGE_OFF),
};
const struct machine CHARGE_MACHINE = {"charge", CHARGE_COUNT, PHASE_NAMES, PHASE_MOVES};

static void enter(struct core_step *step, struct charge *charge, enum charge_phase phase)
{
    MACHINE_INVARIANT(machine_allows(&CHARGE_MACHINE, (int)charge->phase, (int)phase));
    charge->phase = phase;
    charge->phase_since_us = step_now(step);
}

/* --- permission (rule 3) --- */

static const char *station_obstacle(const struct core_step *step)
{
    const struct station *station = step->station;
    const char *obstacle = safety_motion_obstacle(station); /* the same modes forbid charging */
    if (obstacle)
        return obstacle;
    if (!safety_station_fresh(step))
        return "station inputs are stale";
    static const enum fault_code STOPS[] = {FAULT_Water, FAULT_SensorImplausible, FAULT_MainsLost,
                                            FAULT_DriverFault};
    for (size_t i = 0; i < sizeof STOPS / sizeof *STOPS; i++)
        if (fault_active(&station->faults, STOPS[i], 0))
            return fault_kind(STOPS[i])->info;
    for (int i = 1; i <= station->bay_count; i++)
        if (fault_active(&station->faults, FAULT_ThermalEvent, i))
            return "thermal event in the station"; /* rule 5: all chargers off */
    for (int i = 1; i <= station->bay_count; i++)
        if (fault_active(&station->faults, FAULT_CurrentUncontrolled, i))
            return "current flows uncontrolled in the station";
    return NULL;
}

static const char *pack_obstacle(const struct core_step *step, const struct bay *bay,
                                 const struct io_bay *in)
{
    const struct station *station = step->station;
    const struct io_pack *pack = &in->pack;
    if (!safety_pack_fresh(step, in))
        return "pack frames are stale";
    if (!text_equal(pack->bid, bay->bid))
        return "not the identified pack";
    if (!(station->permit.chemistries & (UINT32_C(1) << pack->chemistry)))
        return "chemistry is not permitted";
    if (!pack->permit)
        return "the pack does not permit charging";
    if (bay->charge.hot)
        return "the pack is too hot";
    /* What must hold at the beginning is asked when it is known. */
    bool begins = bay->charge.phase == CHARGE_OFF || !bay->charge.told;
    if (begins && pack->temp_min_c < station->limits.pack_cold_c)
        return "the pack is too cold";
    if (bay->charge.phase != CHARGE_OFF && !bay->charge.told &&
        pack->temp_max_c > station->limits.pack_resume_c)
        return "the pack is still too hot";
    return NULL;
}

const char *charge_obstacle(const struct core_step *step, const struct bay *bay)
{
    const struct io_bay *in = step_bay(step, bay);
    const char *obstacle = station_obstacle(step);
    if (obstacle)
        return obstacle;
    const struct fault *fault = fault_with_effect(&step->station->faults, bay->slot, FAULT_STOPS);
    if (fault)
        return fault_name(fault->code);
    if (!in->present)
        return "no pack is present";
    if (!safety_bay_shut(step, in))
        return "the door is not closed and locked";
    if (!safety_charger_fresh(step, in))
        return "charger frames are stale";
    if (!in->charger.online)
        return "the charger is offline";
    return pack_obstacle(step, bay, in);
}

/* --- begin and end --- */

void charge_begin(struct core_step *step, struct bay *bay, const char *session,
                  double target_soc_percent, double power_kw, const char *reason)
{
    const struct station_settings *settings = &step->station->settings;
    struct charge *charge = &bay->charge;
    MACHINE_INVARIANT(charge->phase == CHARGE_OFF && !charge_obstacle(step, bay));
    double target = isnan(target_soc_percent) ? settings->target_soc_percent : target_soc_percent;
    charge->target_soc_percent = fmin(target, settings->max_soc_percent);
    charge->power_kw = power_kw;
    charge->base_kwh = NAN;
    charge->energy_kwh = 0;
    charge->ramped = false;
    charge->told = !step_bay(step, bay)->pack.resting;
    charge->outcome = SESSION_NONE;
    charge->reason = "";
    charge->stopped_us = charge->ended_us = charge->low_current_us = 0;
    charge->inhibited = charge->automatic = false;
    session_begin(step, bay, session, reason);
    enter(step, charge, CHARGE_CLOSING);
    bay_move(step, bay, BAY_CHARGING);
}

/* Decides the outcome once; a later reason does not change it. */
static void decide(struct core_step *step, struct charge *charge, enum session_status outcome,
                   const char *reason)
{
    if (charge->outcome != SESSION_NONE)
        return;
    charge->outcome = outcome;
    charge->reason = reason;
    charge->stopped_us = step_now(step);
    step->actions->transition = true;
}

static void finish(struct core_step *step, struct bay *bay)
{
    const struct station_limits *limits = &step->station->limits;
    struct charge *charge = &bay->charge;
    enter(step, charge, CHARGE_OFF);
    charge->ended_us = step_now(step);
    if (charge->outcome == SESSION_FAILED) {
        int doubled = charge->failures < 4 ? charge->failures : 4;
        charge->retry_us = step_now(step) + limits_us(limits->charge_retry_s) * (1 << doubled);
        charge->failures++;
    } else if (charge->outcome == SESSION_COMPLETED) {
        charge->failures = 0;
        /* A target below the station's was wanted: do not go on by ourselves. */
        if (charge->target_soc_percent < step->station->settings.target_soc_percent)
            charge->inhibited = true;
    }
    session_move(step, bay, charge->outcome, charge->reason);
}

void charge_stop(struct core_step *step, struct bay *bay, enum session_status outcome,
                 const char *reason)
{
    struct charge *charge = &bay->charge;
    if (charge->phase != CHARGE_CLOSING && charge->phase != CHARGE_RUNNING)
        return; /* it is ending already */
    /* Nothing flowed yet: a session that never ran cannot be completed. */
    bool ran = charge->status == SESSION_IN_PROGRESS;
    decide(step, charge, ran || outcome != SESSION_COMPLETED ? outcome : SESSION_CANCELLED, reason);
    enter(step, charge, charge->phase == CHARGE_RUNNING ? CHARGE_RAMP_DOWN : CHARGE_OPENING);
}

void charge_cut(struct core_step *step, struct bay *bay, const char *reason)
{
    if (bay->charge.phase == CHARGE_OFF)
        return;
    decide(step, &bay->charge, SESSION_FAILED, reason);
    finish(step, bay);
}

/* --- running --- */

/* The pack's counter, as energy of this session; a counter that was reset goes on from where it
 * stood. */
static void count_energy(struct charge *charge, const struct io_pack *pack)
{
    double counter = pack->energy_added_kwh;
    if (!isfinite(counter))
        return;
    if (isnan(charge->base_kwh) || counter - charge->base_kwh < charge->energy_kwh - 0.001)
        charge->base_kwh = counter - charge->energy_kwh;
    charge->energy_kwh = fmax(charge->energy_kwh, counter - charge->base_kwh);
}

/* Charger on without current: its fault when we asked for some, else the pack is full. */
static void watch_current(struct core_step *step, struct bay *bay, const struct io_bay *in)
{
    const struct station_limits *limits = &step->station->limits;
    struct charge *charge = &bay->charge;
    /* Next to nothing because of cap, command or bay is neither a fault nor a full pack. */
    bool held = charge->capped && charge->asked_a < limits->door_current_a;
    if (in->charger.dc_a >= limits->door_current_a || held) {
        charge->low_current_us = 0;
        return;
    }
    if (!charge->low_current_us)
        charge->low_current_us = step_now(step);
    if (step_now(step) - charge->low_current_us <= limits_us(limits->no_current_s))
        return;
    if (charge->asked_a >= limits->door_current_a) {
        step_fault(step, FAULT_ChargerNoCurrent, bay->slot, true);
        charge_stop(step, bay, SESSION_FAILED, "ChargerNoCurrent");
    } else {
        charge->inhibited = true;
        charge_stop(step, bay, SESSION_COMPLETED, "the pack asks for no more current");
    }
}

static void run(struct core_step *step, struct bay *bay)
{
    const struct io_bay *in = step_bay(step, bay);
    struct charge *charge = &bay->charge;
    const char *obstacle = charge_obstacle(step, bay);
    if (safety_pack_fresh(step, in) && text_equal(in->pack.bid, bay->bid))
        count_energy(charge, &in->pack);
    charge->told |= !obstacle && !in->pack.resting;
    if (!in->present || !safety_bay_shut(step, in)) {
        charge_cut(step, bay, obstacle ? obstacle : "the bay is not shut");
        bay_move(step, bay, BAY_UNKNOWN);
    } else if (obstacle) {
        /* Modes end charging in an orderly way, everything else is a failure. */
        bool orderly = safety_motion_obstacle(step->station) != NULL;
        /* resume.charge = confirm: what a restart ends does not go on by itself */
        if (step->station->stopping && !step->station->settings.resume_auto)
            charge->inhibited = true;
        charge_stop(step, bay, orderly ? SESSION_CANCELLED : SESSION_FAILED, obstacle);
    } else if (charge->automatic && !charge_is_due(step, bay)) {
        charge_stop(step, bay, SESSION_CANCELLED, "outside the charge windows");
    } else if (charge->phase == CHARGE_CLOSING) {
        if (in->contactor_closed) {
            enter(step, charge, CHARGE_RUNNING);
            count_energy(charge, &in->pack);
            session_move(step, bay, SESSION_IN_PROGRESS, "");
        }
    } else if (in->pack.soc_percent >= charge->target_soc_percent) {
        charge_stop(step, bay, SESSION_COMPLETED, "target reached");
    } else {
        if (!charge->ramped && in->charger.dc_a >= 0.9 * charge->asked_a && charge->asked_a > 0) {
            charge->ramped = true; /* a sample here keeps the ramp out of the energy integral */
            step->actions->transition = true;
        }
        watch_current(step, bay, in);
    }
}

static void ramp_down(struct core_step *step, struct bay *bay)
{
    const struct station_limits *limits = &step->station->limits;
    const struct io_bay *in = step_bay(step, bay);
    struct charge *charge = &bay->charge;
    if (safety_pack_fresh(step, in) && text_equal(in->pack.bid, bay->bid))
        count_energy(charge, &in->pack);
    if (fabs(in->charger.dc_a) < limits->stopped_current_a) {
        enter(step, charge, CHARGE_OPENING);
    } else if (step_now(step) - charge->phase_since_us > limits_us(limits->current_stop_s)) {
        step_fault(step, FAULT_CurrentAfterStop, bay->slot, true);
        enter(step, charge, CHARGE_OPENING);
    }
}

static void rest(struct core_step *step, struct bay *bay)
{
    const struct station *station = step->station;
    struct charge *charge = &bay->charge;
    if (charge->ended_us && charge->ended_us == charge->stopped_us) {
        charge->ended_us = step_now(step); /* it was cut: the sample after it is still owed */
        step->actions->transition = true;
    }
    if (bay->state != BAY_IDLE || charge->inhibited || station->journal_short ||
        step_now(step) < charge->retry_us || swap_uses(&station->swap, bay->slot))
        return;
    const struct io_bay *in = step_bay(step, bay);
    double target = fmin(station->settings.target_soc_percent, station->settings.max_soc_percent);
    if (charge_obstacle(step, bay) || !(in->pack.soc_percent < target) || !charge_is_due(step, bay))
        return;
    charge_begin(step, bay, NULL, NAN, NAN, "automatic");
    charge->automatic = true;
}

void charge_step(struct core_step *step, struct bay *bay)
{
    const struct io_bay *in = step_bay(step, bay);
    struct charge *charge = &bay->charge;
    if (fault_active(&step->station->faults, FAULT_OverTemperature, bay->slot))
        charge->hot = true;
    else if (charge->hot && safety_pack_fresh(step, in) &&
             (in->pack.resting || in->pack.temp_max_c <= step->station->limits.pack_resume_c))
        charge->hot = false; /* a resting one says how warm it is when the next session begins */
    switch (charge->phase) {
    case CHARGE_OFF:
        rest(step, bay);
        break;
    case CHARGE_CLOSING:
    case CHARGE_RUNNING:
        run(step, bay);
        break;
    case CHARGE_RAMP_DOWN:
        ramp_down(step, bay);
        break;
    case CHARGE_OPENING:
        if (!in->contactor_closed) { /* a contactor that stays closed is safety_watch's */
            finish(step, bay);
            bool full = in->pack.soc_percent >= step->station->settings.target_soc_percent;
            bay_move(step, bay, full ? BAY_READY : BAY_IDLE);
        }
        break;
    case CHARGE_COUNT:
        break;
    }
}

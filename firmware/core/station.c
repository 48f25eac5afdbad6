/* SPDX-License-Identifier: Apache-2.0 */
#include "core/station.h"
#include "core/charge_power.h"
#include "core/door.h"
#include "core/gate.h"
#include "core/maintenance.h"
#include "core/safety.h"
#include "core/session.h"
#include "core/swap_steps.h"
#include "core/text.h"
#include <assert.h>
#include <math.h>

void station_init(struct station *station, int bay_count, const char *engine_id)
{
    assert(bay_count >= 1 && bay_count <= IO_BAYS_MAX && strlen(engine_id) == 8);
    memset(station, 0, sizeof *station);
    limits_default(&station->limits);
    settings_default(&station->settings);
    station->permit.chemistries = UINT32_C(1) << IO_CHEMISTRY_LFP |
                                  UINT32_C(1) << IO_CHEMISTRY_NMC | UINT32_C(1) << IO_CHEMISTRY_LTO;
    TEXT_SET(station->engine_id, engine_id);
    station->bay_count = bay_count;
    for (int i = 0; i < bay_count; i++)
        station->bays[i] = (struct bay){
            .slot = i + 1,
            .rating = {station->limits.bay_max_kw, station->limits.bay_max_a,
                       station->limits.bay_max_v},
        };
}

struct bay *station_bay(struct station *station, int slot)
{
    return slot >= 1 && slot <= station->bay_count ? &station->bays[slot - 1] : NULL;
}

void station_resume(struct station *station, int64_t now_us, struct station_actions *actions)
{
    struct io_readings nothing = {.now_us = now_us};
    struct core_step step = {station, &nothing, actions};
    station->started_us = now_us;
    for (int i = 0; i < station->bay_count; i++) {
        struct bay *bay = &station->bays[i];
        assert(bay->state == BAY_UNKNOWN && bay->charge.phase == CHARGE_OFF);
        bay->since_us = now_us;
        if (session_is_open(bay->charge.status)) {
            session_close_interrupted(bay, now_us, actions);
            /* resume.charge = confirm: authorised charging waits for a person or a command */
            bay->charge.inhibited |= !station->settings.resume_auto;
        }
    }
    swap_interrupt(&step, "the engine was restarted");
}

enum station_mode station_mode(const struct station *station)
{
    if (fault_worst(&station->faults, 0) >= (int)FAULT_EMERGENCY)
        return STATION_EMERGENCY;
    if (station->maintenance)
        return STATION_MAINTENANCE;
    return station->safe_mode || station->stopping ? STATION_SAFE : STATION_NORMAL;
}

const char *station_mode_name(const struct station *station)
{
    static const char *const NAMES[] = {"normal", "safe", "maintenance", "emergency"};
    return NAMES[station_mode(station)];
}

const char *station_state_name(const struct station *station)
{
    bool charging = false, serving = false;
    for (int i = 0; i < station->bay_count; i++) {
        enum bay_state state = station->bays[i].state;
        charging |= state == BAY_CHARGING;
        serving |= state != BAY_FAULT && state != BAY_QUARANTINE && state != BAY_ESTOP;
    }
    if (fault_worst(&station->faults, 0) >= (int)FAULT_BLOCKS || !serving)
        return "FAULTY";
    if (station_mode(station) != STATION_NORMAL)
        return "STOPPED";
    return charging ? "CHARGING" : "ACTIVE";
}

/* --- outputs: a function of the state only --- */

/* Rules 3 and 4 once more, at the last place before the hardware. */
static void check_outputs(const struct core_step *step, const struct io_requests *out)
{
    int unlocked = 0;
    for (int i = 0; i < step->station->bay_count; i++) {
        const struct io_bay_request *request = &out->bays[i];
        unlocked += request->unlock || request->door != IO_MOTION_HOLD;
        MACHINE_INVARIANT(!request->charger_on || request->contactor);
        MACHINE_INVARIANT(!request->contactor ||
                          (!request->unlock && request->door == IO_MOTION_HOLD));
    }
    MACHINE_INVARIANT(unlocked <= 1);
}

bool bay_wants_fan(const struct station *station, const struct bay *bay)
{
    return bay->fan || bay->charge.phase == CHARGE_RUNNING ||
           fault_active(&station->faults, FAULT_OverTemperature, bay->slot);
}

static void station_outputs(struct core_step *step, struct io_requests *out)
{
    struct station *station = step->station;
    const struct swap *swap = &station->swap;
    memset(out, 0, sizeof *out);
    if (station_mode(station) == STATION_EMERGENCY) {
        out->siren = true;
        out->exhaust = fault_active(&station->faults, FAULT_Smoke, 0);
    }
    double allowed_kw[IO_BAYS_MAX];
    bool thermal = false, runaway = fault_active(&station->faults, FAULT_DriverFault, 0);
    for (int i = 0; i < station->bay_count; i++) {
        thermal |= fault_active(&station->faults, FAULT_ThermalEvent, i + 1);
        runaway |= fault_active(&station->faults, FAULT_CurrentUncontrolled, i + 1);
    }
    charge_allot(step, allowed_kw);
    for (int i = 0; i < station->bay_count; i++) {
        struct bay *bay = &station->bays[i];
        struct io_bay_request *request = &out->bays[i];
        door_outputs(step, bay, request);
        charge_set_points(step, bay, allowed_kw[i], request);
        request->light = bay->state == BAY_OPEN || bay->light;
        request->fan = bay_wants_fan(station, bay);
    }
    out->siren |= thermal;
    out->exhaust |= thermal;
    /* Where software cannot switch off, or does not know, hardware does (rule 9). */
    out->charge_enable = station_mode(station) == STATION_NORMAL && !thermal && !runaway;
    if (station_mode(station) != STATION_EMERGENCY)
        out->gate = gate_output(&swap->gate);
    if (swap->step >= SWAP_SECURING && swap->step <= SWAP_ARRIVING)
        TEXT_SET(out->announce, swap->vehicle);
    check_outputs(step, out);
}

static enum io_motion common_motion(enum io_motion now, enum io_motion next)
{
    return now == next ? next : IO_MOTION_HOLD;
}

void station_restrict(const struct io_requests *now, const struct io_requests *next,
                      struct io_requests *out)
{
    *out = *next; /* siren, exhaust, fans and lights may begin */
    out->gate = common_motion(now->gate, next->gate);
    out->charge_enable = now->charge_enable && next->charge_enable;
    if (!text_equal(now->announce, next->announce))
        out->announce[0] = '\0';
    for (int i = 0; i < IO_BAYS_MAX; i++) {
        const struct io_bay_request *before = &now->bays[i];
        struct io_bay_request *bay = &out->bays[i];
        bay->unlock = bay->unlock && before->unlock;
        bay->door = common_motion(before->door, bay->door);
        bay->contactor = bay->contactor && before->contactor;
        bay->charger_on = bay->charger_on && before->charger_on;
        bay->charge_v = fmin(bay->charge_v, before->charge_v);
        bay->charge_a = fmin(bay->charge_a, before->charge_a);
    }
}

/* An interruption is over when the evidence says so: everything is shut. */
static void watch_interruption(struct core_step *step)
{
    struct station *station = step->station;
    if (!station->interrupted || station->swap.step != SWAP_IDLE || step->in->at_us == 0 ||
        step->in->gate != IO_GATE_CLOSED)
        return;
    for (int i = 0; i < station->bay_count; i++)
        if (bay_door_in_use(&station->bays[i]) || station->bays[i].state == BAY_UNKNOWN)
            return;
    station->interrupted = false;
    step_touch(step);
}

void station_step(struct station *station, const struct io_readings *in, struct io_requests *out,
                  struct station_actions *actions)
{
    struct core_step step = {station, in, actions};
    if (!station->started_us) {
        station->started_us = in->now_us;
        for (int i = 0; i < station->bay_count; i++)
            station->bays[i].since_us = in->now_us;
    }
    for (int i = 0; i < station->bay_count; i++)
        bay_check(&station->bays[i]); /* whatever happened since the last step */
    safety_watch(&step);
    for (int i = 0; i < station->bay_count; i++) {
        bay_update(&step, &station->bays[i]);
        charge_step(&step, &station->bays[i]);
    }
    swap_step(&step);
    maintenance_gate_step(&step);
    watch_interruption(&step);
    station_outputs(&step, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/safety.h"
#include "core/text.h"
#include <math.h>

void step_fault(struct core_step *step, enum fault_code code, int slot, bool cause)
{
    struct station *station = step->station;
    fault_set(&station->faults, code, slot, cause, step_now(step), &station->limits, step->actions);
}

int64_t safety_age_us(const struct core_step *step, int64_t at_us)
{
    int64_t since_us = at_us > step->station->started_us ? at_us : step->station->started_us;
    return step_now(step) - since_us;
}

/* Frames count only when they were heard at all; a start gives no credit here. */
static bool frames_fresh(const struct core_step *step, int64_t at_us)
{
    return at_us > 0 && step_now(step) - at_us <= limits_us(step->station->limits.frames_stale_s);
}

bool safety_station_fresh(const struct core_step *step)
{
    const struct io_readings *in = step->in;
    return in->at_us > 0 &&
           step_now(step) - in->at_us <= limits_us(step->station->limits.sensor_stale_s);
}

bool safety_pack_fresh(const struct core_step *step, const struct io_bay *in)
{
    return frames_fresh(step, in->pack.at_us);
}

bool safety_charger_fresh(const struct core_step *step, const struct io_bay *in)
{
    return frames_fresh(step, in->charger.at_us);
}

bool safety_temperature_ok(const struct station_limits *limits, double temp_c)
{
    return isfinite(temp_c) && temp_c >= limits->sensor_min_c && temp_c <= limits->sensor_max_c;
}

bool safety_bay_shut(const struct core_step *step, const struct io_bay *in)
{
    return in->at_us > 0 &&
           step_now(step) - in->at_us <= limits_us(step->station->limits.sensor_stale_s) &&
           in->door == IO_DOOR_CLOSED && in->locked;
}

/* --- alarms --- */

static void watch_station(struct core_step *step)
{
    const struct station *station = step->station;
    const struct io_readings *in = step->in;
    bool stale = safety_age_us(step, in->at_us) > limits_us(station->limits.sensor_stale_s);
    bool known = in->at_us > 0;

    step_fault(step, FAULT_StationSensorStale, 0, stale);
    step_fault(step, FAULT_EmergencyStop, 0, known && in->emergency_stop);
    step_fault(step, FAULT_Smoke, 0, known && in->smoke);
    step_fault(step, FAULT_ResidualCurrent, 0, known && in->residual_current);
    step_fault(step, FAULT_Water, 0, known && in->water);
    step_fault(step, FAULT_MainsLost, 0, known && in->mains_lost);
    step_fault(step, FAULT_DriverFault, 0, station->driver_fault);
    step_fault(step, FAULT_SensorImplausible, 0,
               known && !safety_temperature_ok(&station->limits, in->ambient_c));
    step_fault(step, FAULT_StorageFault, 0, station->storage_fault);
    step_fault(step, FAULT_SwapInterrupted, 0, station->interrupted);
    step_fault(step, FAULT_Maintenance, 0, station->maintenance);
    step_fault(step, FAULT_GateFault, 0, false); /* raised where it happens; here its cause ends */
}

/* Rule 5: a pack that heats faster than limits.rise_k_per_s for limits.rise_s. Rates are taken over
 * at least a second of plant time, so that a coarse sensor does not make one of a single step. */
static bool heats_fast(const struct core_step *step, struct bay *bay, const struct io_bay *in)
{
    const struct station_limits *limits = &step->station->limits;
    double temp_c = in->pack.temp_max_c;
    int64_t now_us = in->pack.at_us;
    if (!safety_pack_fresh(step, in) || !safety_temperature_ok(limits, temp_c)) {
        bay->rise_at_us = bay->rise_since_us = 0;
        return false;
    }
    if (!bay->rise_at_us) {
        bay->rise_at_us = now_us;
        bay->rise_c = temp_c;
        return false;
    }
    int64_t span_us = now_us - bay->rise_at_us;
    if (span_us < 1000000)
        return bay->rise_since_us && now_us - bay->rise_since_us >= limits_us(limits->rise_s);
    double rate = (temp_c - bay->rise_c) / ((double)span_us / 1e6);
    if (rate <= limits->rise_k_per_s)
        bay->rise_since_us = 0;
    else if (!bay->rise_since_us)
        bay->rise_since_us = bay->rise_at_us;
    bay->rise_at_us = now_us;
    bay->rise_c = temp_c;
    return bay->rise_since_us && now_us - bay->rise_since_us >= limits_us(limits->rise_s);
}

/* Rule 7: what is no number, or no percentage, is an alarm. */
static bool pack_implausible(const struct io_pack *pack)
{
    bool percent = pack->soc_percent >= 0 && pack->soc_percent <= 100;
    if (pack->resting) /* what it does not say now it says when it is charged */
        return !percent && !isnan(pack->soc_percent);
    return !percent || !isfinite(pack->pack_v) || !isfinite(pack->pack_a) ||
           !(pack->cells_untold || isfinite(pack->cell_max_v));
}

static bool charger_wrong(const struct io_charger *charger)
{
    return charger->fault || !isfinite(charger->dc_a) || !isfinite(charger->dc_v);
}

/* Everything is switched off, and fresh readings of charger or pack still show a current. */
static bool uncontrolled(const struct core_step *step, struct bay *bay, const struct io_bay *in)
{
    const struct station_limits *limits = &step->station->limits;
    bool off = bay->charge.phase == CHARGE_OFF || bay->charge.phase == CHARGE_OPENING;
    double current_a = 0;
    if (safety_charger_fresh(step, in))
        current_a = fabs(in->charger.dc_a);
    if (safety_pack_fresh(step, in))
        current_a = fmax(current_a, fabs(in->pack.pack_a));
    if (!off || current_a < limits->stopped_current_a) {
        bay->runaway_since_us = 0;
        return false;
    }
    if (!bay->runaway_since_us)
        bay->runaway_since_us = step_now(step);
    return step_now(step) - bay->runaway_since_us > limits_us(limits->uncontrolled_s);
}

/* The door stands otherwise than this bay's state asked for. */
static bool door_forced(const struct bay *bay, const struct io_bay *in)
{
    bool shut_state = bay->state == BAY_EMPTY || bay->state == BAY_IDENTIFY ||
                      bay->state == BAY_IDLE || bay->state == BAY_CHARGING ||
                      bay->state == BAY_READY || bay->state == BAY_RESERVED;
    return shut_state && (in->door != IO_DOOR_CLOSED || !in->locked);
}

static bool contactor_wrong(const struct core_step *step, const struct bay *bay,
                            const struct io_bay *in)
{
    const struct charge *charge = &bay->charge;
    bool asked = charge->phase == CHARGE_CLOSING || charge->phase == CHARGE_RUNNING ||
                 charge->phase == CHARGE_RAMP_DOWN;
    if (in->contactor_closed == asked)
        return false;
    return step_now(step) - charge->phase_since_us > limits_us(step->station->limits.contactor_s);
}

static void watch_pack(struct core_step *step, struct bay *bay, const struct io_bay *in)
{
    const struct station_limits *limits = &step->station->limits;
    const struct io_pack *pack = &in->pack;
    bool fresh = safety_pack_fresh(step, in);
    bool shut = bay->state != BAY_OPENING && bay->state != BAY_OPEN && bay->state != BAY_CLOSING &&
                bay->state != BAY_UNKNOWN;
    bool here = shut && in->present && bay->bid[0];
    bool silent = here && safety_age_us(step, pack->at_us) > limits_us(limits->sensor_stale_s);
    double cell_max_v = limits_cell_max_v(limits, pack->chemistry);
    bool unknown = !pack->resting && (!safety_temperature_ok(limits, pack->temp_max_c) ||
                                      !safety_temperature_ok(limits, pack->temp_min_c));

    step_fault(step, FAULT_PackSilent, bay->slot, silent);
    /* Of a pack that is not identified yet, bay_update says so, once its custody is settled. */
    step_fault(step, FAULT_PackDamaged, bay->slot,
               here && bay->state != BAY_IDENTIFY && fresh && pack->faults != 0);
    step_fault(step, FAULT_PackImplausible, bay->slot, here && fresh && pack_implausible(pack));
    step_fault(step, FAULT_OverTemperature, bay->slot,
               here && fresh && (unknown || pack->temp_max_c >= limits->pack_stop_c));
    /* The set-point tapers below the limit; 20 mV are left to the sensor's error. */
    step_fault(step, FAULT_CellOverVoltage, bay->slot,
               here && fresh && pack->chemistry != IO_CHEMISTRY_UNKNOWN &&
                   pack->cell_max_v > cell_max_v + 0.02);
    if (fault_active(&step->station->faults, FAULT_PackUnidentified, bay->slot))
        step_fault(step, FAULT_PackUnidentified, bay->slot,
                   in->present && !(fresh && pack->bid[0]));
}

static void watch_bay(struct core_step *step, struct bay *bay)
{
    const struct station_limits *limits = &step->station->limits;
    const struct io_bay *in = step_bay(step, bay);
    bool stale = safety_age_us(step, in->at_us) > limits_us(limits->sensor_stale_s);
    bool known = in->at_us > 0 && !stale;
    bool event = known && (in->smoke || heats_fast(step, bay, in));

    if (in->at_us > 0 && step_now(step) - in->at_us <= limits_us(limits->sensor_stale_s) &&
        bay->state != BAY_OPENING)
        bay->known_shut = in->door == IO_DOOR_CLOSED && in->locked;
    step_fault(step, FAULT_SensorStale, bay->slot, stale);
    step_fault(step, FAULT_Maintenance, bay->slot, bay->maintenance);
    step_fault(step, FAULT_BayTemperature, bay->slot,
               known && !safety_temperature_ok(limits, in->temp_c));
    step_fault(step, FAULT_ThermalEvent, bay->slot, event);
    step_fault(step, FAULT_DoorForced, bay->slot, known && door_forced(bay, in));
    step_fault(step, FAULT_ContactorFault, bay->slot, known && contactor_wrong(step, bay, in));
    step_fault(step, FAULT_CurrentUncontrolled, bay->slot, uncontrolled(step, bay, in));
    step_fault(step, FAULT_ChargerFault, bay->slot,
               safety_charger_fresh(step, in) && charger_wrong(&in->charger));
    step_fault(step, FAULT_ChargerSilent, bay->slot,
               safety_age_us(step, in->charger.at_us) > limits_us(limits->sensor_stale_s));
    watch_pack(step, bay, in);
    /* Raised where they happen; here their cause ends. */
    static const enum fault_code HAPPENINGS[] = {
        FAULT_LockFault,   FAULT_DoorFault,        FAULT_PackChanged,      FAULT_PackType,
        FAULT_PackMissing, FAULT_CurrentAfterStop, FAULT_ChargerNoCurrent, FAULT_DuplicateSerial};
    for (size_t i = 0; i < sizeof HAPPENINGS / sizeof *HAPPENINGS; i++)
        step_fault(step, HAPPENINGS[i], bay->slot, false);
}

void safety_watch(struct core_step *step)
{
    watch_station(step);
    for (int i = 0; i < step->station->bay_count; i++)
        watch_bay(step, &step->station->bays[i]);
}

/* --- what may move --- */

const char *safety_motion_obstacle(const struct station *station)
{
    switch (station_mode(station)) {
    case STATION_EMERGENCY:
        return "emergency";
    case STATION_MAINTENANCE:
        return "the station is in maintenance";
    case STATION_SAFE:
        return station->stopping ? "the engine is stopping" : "safe mode: the monitor is gone";
    case STATION_NORMAL:
        break;
    }
    return station->storage_fault ? "intent cannot be stored" : NULL;
}

/* Rule 4: at least one fresh current reading, and none at or above the threshold. An empty bay has
 * nobody to report a current: there the open contactor is the proof. */
static bool current_allows_door(const struct core_step *step, const struct io_bay *in)
{
    double limit_a = step->station->limits.door_current_a;
    bool charger = safety_charger_fresh(step, in), pack = safety_pack_fresh(step, in);
    if (charger && !(fabs(in->charger.dc_a) < limit_a))
        return false;
    if (pack && !(fabs(in->pack.pack_a) < limit_a))
        return false;
    return charger || pack || !in->present;
}

/* What a bay says that is not heard any more does not count; a door that nobody has asked to open
 * since it was seen shut does, or one dead sensor would close the whole station. */
static bool door_may_be_open(const struct core_step *step, const struct bay *bay)
{
    const struct io_bay *in = step_bay(step, bay);
    int64_t stale_us = limits_us(step->station->limits.sensor_stale_s);
    if (bay_door_in_use(bay))
        return true;
    if (in->at_us > 0 && step_now(step) - in->at_us <= stale_us)
        return in->door != IO_DOOR_CLOSED;
    return !bay->known_shut && bay->state != BAY_MAINTENANCE;
}

bool safety_other_door_open(const struct core_step *step, const struct bay *bay)
{
    const struct station *station = step->station;
    for (int i = 0; i < station->bay_count; i++)
        if (i != bay->slot - 1 && door_may_be_open(step, &station->bays[i]))
            return true;
    return false;
}

const char *safety_door_interlock(const struct core_step *step, const struct bay *bay)
{
    const struct io_bay *in = step_bay(step, bay);
    if (bay->charge.phase != CHARGE_OFF || in->contactor_closed)
        return "the contactor is closed";
    if (!current_allows_door(step, in))
        return "current flows, or nobody tells how much";
    return safety_other_door_open(step, bay) ? "another door is open" : NULL;
}

const char *safety_door_obstacle(const struct core_step *step, const struct bay *bay)
{
    const struct station *station = step->station;
    const char *obstacle = safety_motion_obstacle(station);
    if (obstacle)
        return obstacle;
    const struct fault *fault = fault_with_effect(&station->faults, bay->slot, FAULT_BLOCKS);
    /* A pack without serial or of a foreign type may be given back. */
    if (fault && fault->code != FAULT_PackUnidentified && fault->code != FAULT_PackType &&
        fault->code != FAULT_PackSilent)
        return "the bay has a fault";
    return safety_door_interlock(step, bay);
}

const char *safety_gate_obstacle(const struct core_step *step, enum io_motion motion)
{
    const struct station *station = step->station;
    const struct io_readings *in = step->in;
    /* A gate that has begun to move finishes in safe mode; only an emergency holds it. */
    if (station_mode(station) == STATION_EMERGENCY)
        return "emergency";
    if (!safety_station_fresh(step))
        return "guard and lane are not known";
    if (!in->guard_clear)
        return "somebody is in the moving zone";
    if (motion == IO_MOTION_CLOSE && in->lane_occupied)
        return "a vehicle is in the lane";
    return NULL;
}

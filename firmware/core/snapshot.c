/* SPDX-License-Identifier: Apache-2.0 */
#include "core/snapshot.h"
#include "core/custody.h"
#include "core/safety.h"
#include "core/session.h"
#include "core/text.h"
#include <math.h>
#include <stdlib.h>

static double rounded(double value, double per_unit)
{
    return isfinite(value) ? round(value * per_unit) / per_unit : NAN;
}

static void fill_bay(const struct core_step *step, const struct bay *bay, struct message_bay *to)
{
    static const char *const DOORS[] = {"between", "closed", "open"};
    const struct io_bay *in = step_bay(step, bay);
    message_bay_init(to);
    to->slot = bay->slot;
    TEXT_SET(to->state, machine_state_name(&BAY_MACHINE, (int)bay->state));
    if (in->at_us == 0)
        return;
    TEXT_SET(to->door, DOORS[in->door]);
    TEXT_SET(to->lock, in->locked ? "locked" : "unlocked");
    to->temp_c = rounded(in->temp_c, 1e2);
    to->smoke = in->smoke ? TRI_TRUE : TRI_FALSE;
    to->fan = bay_wants_fan(step->station, bay) ? TRI_TRUE : TRI_FALSE;
    to->charger_online =
        safety_charger_fresh(step, in) && in->charger.online ? TRI_TRUE : TRI_FALSE;
}

static void count(const struct station *station, struct message_station *to)
{
    to->count_empty = to->count_charging = to->count_ready = to->count_faulty = 0;
    for (int i = 0; i < station->bay_count; i++) {
        switch (station->bays[i].state) {
        case BAY_EMPTY:
            to->count_empty++;
            break;
        case BAY_CHARGING:
            to->count_charging++;
            break;
        case BAY_READY:
        case BAY_RESERVED:
            to->count_ready++;
            break;
        case BAY_QUARANTINE:
        case BAY_FAULT:
        case BAY_ESTOP:
            to->count_faulty++;
            break;
        default:
            break;
        }
    }
}

/* The charging sample: only while a session runs, and in the step that ended it. */
static void fill_sample(const struct core_step *step, const struct bay *bay,
                        struct message_battery *to)
{
    const struct charge *charge = &bay->charge;
    const struct io_charger *charger = &step_bay(step, bay)->charger;
    bool ended = charge->ended_us == step_now(step) && isfinite(charge->base_kwh);
    if (charge->status != SESSION_IN_PROGRESS && !ended)
        return;
    TEXT_SET(to->session, charge->session);
    to->charge_energy_added_kwh = rounded(charge->energy_kwh, 1e4);
    to->outside_temp_c = rounded(step->in->ambient_c, 1e2);
    if (!safety_charger_fresh(step, step_bay(step, bay)))
        return;
    to->charger_power_kw = rounded(charger->ac_kw, 1e4);
    to->charger_current_a = rounded(charger->ac_a, 1e3);
    to->charger_voltage_v = rounded(charger->ac_v, 1e2);
    to->charger_phases = charger->ac_phases > 0 ? charger->ac_phases : MESSAGE_ABSENT;
    to->meter_wh = rounded(charger->meter_wh, 1e2);
}

static void fill_battery(const struct core_step *step, const struct bay *bay,
                         struct message_battery *to)
{
    const struct io_bay *in = step_bay(step, bay);
    const struct charge *charge = &bay->charge;
    int64_t stale_us = limits_us(step->station->limits.sensor_stale_s);
    bool heard = in->pack.at_us > 0 && step_now(step) - in->pack.at_us <= stale_us;
    message_battery_init(to);
    if (heard)
        battery_from_pack(&in->pack, to);
    else /* what is on record */
        TEXT_SET(to->bid, bay->bid);
    to->slot = bay->slot;
    /* A session that was cut ended in the step of its decision: power still flows. */
    bool cut = charge->ended_us == step_now(step) && charge->stopped_us == step_now(step) &&
               isfinite(charge->base_kwh);
    bool flows = charge->status == SESSION_IN_PROGRESS || cut;
    to->charge = flows ? TRI_TRUE : TRI_FALSE;
    fill_sample(step, bay, to);
}

int station_snapshot(const struct station *station, const struct io_readings *in,
                     struct message *message, struct err *err)
{
    static const char *const GATES[] = {"between", "closed", "open"};
    const struct core_step step = {(struct station *)(uintptr_t)station, in, NULL};
    struct message_station_info *info = &message->data.station_info;
    struct message_station *to = &info->station;
    size_t bays = (size_t)station->bay_count;
    to->bays = calloc(bays, sizeof *to->bays);
    info->batteries = calloc(bays, sizeof *info->batteries);
    if (!to->bays || !info->batteries)
        return err_set(err, ERR_NOMEM, "out of memory for a snapshot of %zu bays", bays);
    message->time = (struct timestamp){in->now_us, TIMESTAMP_EXACT};
    to->present = true;
    TEXT_SET(to->state, station_state_name(station));
    TEXT_SET(to->mode, station_mode_name(station));
    if (in->at_us) {
        TEXT_SET(to->gate, GATES[in->gate]);
        to->meter_import_wh = rounded(in->mains_import_wh, 1e2);
    }
    count(station, to);
    for (size_t i = 0; i < bays; i++) {
        fill_bay(&step, &station->bays[i], &to->bays[to->bay_count++]);
        if (in->bays[i].at_us && in->bays[i].present)
            fill_battery(&step, &station->bays[i], &info->batteries[info->battery_count++]);
    }
    return 0;
}

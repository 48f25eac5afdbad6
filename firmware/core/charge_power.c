/* SPDX-License-Identifier: Apache-2.0 */
#include "core/charge_power.h"

#include "core/safety.h"
#include "core/share.h"
#include <math.h>

#define CELL_TAPER_V 0.03 /* within this of the cell limit the current falls to nothing */

/* `amps` as far as the highest cell has room for them. */
static double tapered(const struct core_step *step, const struct io_pack *pack, double amps)
{
    double room_v = limits_cell_max_v(&step->station->limits, pack->chemistry) - pack->cell_max_v;
    return room_v < CELL_TAPER_V ? amps * fmax(room_v, 0) / CELL_TAPER_V : amps;
}

/* Current (A) that pack, bay, command and cell voltage allow, whatever others take. */
static double wish_a(const struct core_step *step, const struct bay *bay)
{
    const struct station_limits *limits = &step->station->limits;
    const struct io_pack *pack = &step_bay(step, bay)->pack;
    double power_kw = fmin(limits->bay_max_kw, bay->rating.max_kw);
    if (isfinite(bay->charge.power_kw))
        power_kw = fmin(power_kw, bay->charge.power_kw);
    double amps = fmin(pack->request_a, fmin(limits->bay_max_a, bay->rating.max_a));
    if (pack->pack_v > 1)
        amps = fmin(amps, power_kw * 1000 / pack->pack_v);
    amps = tapered(step, pack, amps);
    /* fmin ignores NAN, but a pack that asks for nothing gets nothing (rule 7). */
    bool asked = isfinite(pack->request_v) && isfinite(pack->request_a) && isfinite(amps);
    return asked ? fmax(amps, 0) : 0;
}

/* A current as power at the pack's voltage; before it says one, at the voltage that it asks for. */
static double to_kw(const struct io_pack *pack, double amps)
{
    double volts = pack->pack_v > 1 ? pack->pack_v : fmax(pack->request_v, 1);
    return amps * volts / 1000;
}

/* --- sharing --- */

static bool is_running(const struct bay *bay)
{
    return bay->charge.phase == CHARGE_RUNNING;
}

/* What the bay takes from the mains now (kW), as far as it is known: else what it was asked for. */
static double taken_kw(const struct core_step *step, const struct bay *bay, double asked_ac_kw)
{
    const struct io_bay *in = step_bay(step, bay);
    bool known = safety_charger_fresh(step, in) && isfinite(in->charger.ac_kw);
    return known ? fmax(in->charger.ac_kw, 0) : asked_ac_kw;
}

static void share_cap(const struct core_step *step, double cap_kw, double allowed_kw[IO_BAYS_MAX])
{
    const struct station *station = step->station;
    double efficiency = station->limits.charger_efficiency;
    double wants[IO_BAYS_MAX], targets[IO_BAYS_MAX], rises[IO_BAYS_MAX], more[IO_BAYS_MAX];
    for (int i = 0; i < station->bay_count; i++) {
        const struct bay *bay = &station->bays[i];
        const struct io_pack *pack = &step_bay(step, bay)->pack;
        wants[i] = is_running(bay) ? to_kw(pack, wish_a(step, bay)) / efficiency : 0;
    }
    share_fairly(wants, station->bay_count, cap_kw, targets);
    double free_kw = cap_kw;
    for (int i = 0; i < station->bay_count; i++) {
        const struct bay *bay = &station->bays[i];
        double before_kw = bay->charge.asked_kw / efficiency;
        double kept_kw = fmin(targets[i], before_kw);
        rises[i] = targets[i] - kept_kw;
        free_kw -= fmax(kept_kw, taken_kw(step, bay, before_kw));
    }
    share_fairly(rises, station->bay_count, free_kw, more);
    for (int i = 0; i < station->bay_count; i++)
        allowed_kw[i] = (targets[i] - rises[i] + more[i]) * efficiency;
}

void charge_allot(const struct core_step *step, double allowed_kw[IO_BAYS_MAX])
{
    const struct station *station = step->station;
    double cap_kw = station->settings.power_cap_kw;
    if (cap_kw > 0) {
        share_cap(step, cap_kw, allowed_kw);
        return;
    }
    for (int i = 0; i < station->bay_count; i++)
        allowed_kw[i] = is_running(&station->bays[i]) ? INFINITY : 0;
}

/* --- set-points --- */

void charge_set_points(const struct core_step *step, struct bay *bay, double allowed_kw,
                       struct io_bay_request *out)
{
    const struct station_limits *limits = &step->station->limits;
    const struct io_pack *pack = &step_bay(step, bay)->pack;
    struct charge *charge = &bay->charge;
    out->contactor = charge->phase == CHARGE_CLOSING || charge->phase == CHARGE_RUNNING ||
                     charge->phase == CHARGE_RAMP_DOWN;
    out->charger_on = is_running(bay);
    charge->asked_a = charge->asked_kw = 0;
    charge->capped = false;
    if (!out->charger_on)
        return;
    double wish = wish_a(step, bay), wish_kw = to_kw(pack, wish);
    charge->asked_a = wish_kw > allowed_kw ? wish * (allowed_kw / wish_kw) : wish;
    charge->asked_kw = fmin(wish_kw, allowed_kw);
    charge->capped = charge->asked_a < tapered(step, pack, pack->request_a);
    double volts = fmin(pack->request_v, fmin(limits->bay_max_v, bay->rating.max_v));
    out->charge_v = isfinite(pack->request_v) ? fmax(volts, 0) : 0;
    out->charge_a = charge->asked_a;
}

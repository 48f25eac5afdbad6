/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/charger.h"

#include <math.h>

static const double mains_v = 230;
static const double rise_a_s = 40; /* GB/T 18487.1 asks for at least 20 A/s in operation */
static const double fall_a_s = 2000;
static const double idle_w = 150;

double charger_loss_w(double dc_w, double dc_a)
{
    return 0.025 * dc_w + 0.05 * dc_a * dc_a;
}

/* The current that the limits allow into this pack now: set-point, hardware, power, voltage. */
static double allowed_a(const struct charger_drive *drive, const struct sim_pack *pack)
{
    double ocv_v = pack_ocv_v(pack), ohm = pack_resistance_ohm(pack);
    double power_w = drive->limits->power_max_kw * 1000;
    double set_v = fmin(drive->set_v, drive->limits->voltage_max_v);
    if (ocv_v < drive->limits->voltage_min_v)
        return 0; /* below what it can give */
    double by_voltage_a = (set_v - ocv_v) / ohm;
    /* (ocv + ohm · a) · a = power */
    double by_power_a = (-ocv_v + sqrt(ocv_v * ocv_v + 4 * ohm * power_w)) / (2 * ohm);
    double a =
        fmin(fmin(drive->set_a, drive->limits->current_max_a), fmin(by_voltage_a, by_power_a));
    return a > 0 ? a : 0;
}

void charger_step(struct sim_charger *charger, const struct charger_drive *drive,
                  struct sim_pack *pack, double dt_s)
{
    if (!drive->connected || pack == NULL) {
        charger->dc_a = 0;
        charger->dc_v = drive->on ? fmin(drive->set_v, drive->limits->voltage_max_v) : 0;
        charger->ac_kw = drive->on ? idle_w / 1000 : 0;
        double idle_wh = charger->ac_kw * 1000 * dt_s / 3600;
        charger->meter_wh += idle_wh;
        charger->loss_wh += idle_wh;
        return;
    }
    /* The current moves along its ramp until it meets the limit, then stays: both integrals are
     * exact, so that energy is conserved to rounding. */
    double start_a = charger->dc_a;
    double end_a = drive->on ? allowed_a(drive, pack) : 0;
    double rate_a_s = end_a > start_a ? rise_a_s : fall_a_s;
    double ramp_s = fmin(fabs(end_a - start_a) / rate_a_s, dt_s);
    if (ramp_s == dt_s)
        end_a = start_a + copysign(rate_a_s * dt_s, end_a - start_a);
    double rest_s = dt_s - ramp_s;
    double charge_c = (start_a + end_a) / 2 * ramp_s + end_a * rest_s;
    double square_a2s =
        (start_a * start_a + start_a * end_a + end_a * end_a) / 3 * ramp_s + end_a * end_a * rest_s;

    double terminal_wh = 0;
    if (charge_c > 0)
        terminal_wh = pack_charge(pack, charge_c, square_a2s, end_a);
    else
        pack->current_a = 0;
    charger->dc_a = pack->current_a;
    charger->dc_v = pack_terminal_v(pack);
    double loss_wh = 0.025 * terminal_wh + 0.05 * square_a2s / 3600;
    double base_w = drive->on || charger->dc_a > 0 ? idle_w : 0;
    loss_wh += base_w * dt_s / 3600;
    charger->meter_wh += terminal_wh + loss_wh;
    charger->loss_wh += loss_wh;
    double dc_w = charger->dc_v * charger->dc_a;
    charger->ac_kw = (dc_w + charger_loss_w(dc_w, charger->dc_a) + base_w) / 1000;
}

void charger_read(const struct sim_charger *charger, struct io_charger *to)
{
    *to = (struct io_charger){
        .dc_v = charger->dc_v,
        .dc_a = charger->dc_a,
        .ac_kw = charger->ac_kw,
        .ac_v = mains_v,
        .ac_a = charger->ac_kw * 1000 / (3 * mains_v),
        .ac_phases = 3,
        .meter_wh = charger->meter_wh,
    };
}

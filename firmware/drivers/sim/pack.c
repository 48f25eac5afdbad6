/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/pack.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* Thermal mass and coupling of a pack of 300 to 400 kg with liquid cooling in the bay. */
static const double heat_capacity_j_k = 270e3;
static const double cooling_w_k = 60;
static const double hot_decay_s = 600;        /* a hot cell shares its heat with the others */
static const double count_decay_s = 6 * 3600; /* rest voltage corrects the coulomb counter */
static const double seconds_per_hour = 3600;

static const struct cell_kind *kind_of(const struct sim_pack *pack)
{
    return cell_kind_of(pack->chemistry);
}

static double clamp(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

void pack_init(struct sim_pack *pack, const struct pack_birth *birth)
{
    assert(birth->soc >= 0 && birth->soc <= 1 && birth->health > 0.5 && birth->health <= 1);
    *pack = (struct sim_pack){.chemistry = birth->chemistry,
                              .soc = birth->soc,
                              .counted_soc = birth->soc,
                              .counter_gain = birth->counter_gain,
                              .health = birth->health,
                              .imbalance = birth->imbalance,
                              .temp_c = birth->temp_c};
    (void)snprintf(pack->bid, sizeof pack->bid, "%s", birth->bid);
    (void)snprintf(pack->vin, sizeof pack->vin, "%s", birth->vin);
    (void)snprintf(pack->version, sizeof pack->version, "%s", birth->version);
    /* The cycles that brought it to this health. */
    pack->cycles = (1 - birth->health) / kind_of(pack)->fade_per_cycle;
}

double pack_rated_ah(const struct sim_pack *pack)
{
    const struct cell_kind *kind = kind_of(pack);
    return kind->rated_kwh * 1000 / (kind->series * cell_ocv_integral_v(kind, 1));
}

double pack_capacity_ah(const struct sim_pack *pack)
{
    return pack_rated_ah(pack) * pack->health;
}

double pack_capacity_kwh(const struct sim_pack *pack)
{
    return kind_of(pack)->rated_kwh * pack->health;
}

double pack_ocv_v(const struct sim_pack *pack)
{
    return kind_of(pack)->series * cell_ocv_v(kind_of(pack), pack->soc);
}

double pack_resistance_ohm(const struct sim_pack *pack)
{
    return kind_of(pack)->series *
           cell_resistance_ohm(kind_of(pack), pack_capacity_ah(pack), pack->temp_c, pack->health);
}

double pack_terminal_v(const struct sim_pack *pack)
{
    return pack_ocv_v(pack) + pack->current_a * pack_resistance_ohm(pack);
}

static double hottest_c(const struct sim_pack *pack)
{
    return pack->temp_c + 1 + pack->hot_k;
}

static double coldest_c(const struct sim_pack *pack)
{
    return pack->temp_c - 1;
}

/* Linear through (x0,y0) and (x1,y1), constant outside. */
static double ramp(double x, double x0, double y0, double x1, double y1)
{
    return y0 + (y1 - y0) * clamp((x - x0) / (x1 - x0), 0, 1);
}

double pack_request_a(const struct sim_pack *pack)
{
    double c_rate = ramp(pack->soc, 0.75, 1.2, 0.90, 0.75);
    if (pack->soc > 0.90)
        c_rate = ramp(pack->soc, 0.90, 0.75, 0.95, 0.5);
    if (pack->soc > 0.95)
        c_rate = ramp(pack->soc, 0.95, 0.5, 1, 0.08);
    double cold = coldest_c(pack) < 0 ? 0 : ramp(coldest_c(pack), 0, 0.2, 15, 1);
    double hot = ramp(hottest_c(pack), 45, 1, 58, 0);
    return pack_permits(pack) ? c_rate * pack_capacity_ah(pack) * fmin(cold, hot) : 0;
}

double pack_request_v(const struct sim_pack *pack)
{
    return kind_of(pack)->series * kind_of(pack)->charge_v;
}

bool pack_permits(const struct sim_pack *pack)
{
    return !pack->full && pack->faults == 0 && coldest_c(pack) >= 0 && hottest_c(pack) < 58;
}

/* The BMS's alarms. Latched with distance, so that one at the limit does not flap. */
static void watch(struct sim_pack *pack)
{
    const struct cell_kind *kind = kind_of(pack);
    double drop_v = pack->current_a * pack_resistance_ohm(pack) / kind->series;
    double max_v = cell_ocv_v(kind, pack->soc + pack->imbalance) + drop_v;
    double min_v = cell_ocv_v(kind, pack->soc - pack->imbalance) + drop_v;
    if (hottest_c(pack) > 60)
        pack->faults |= PACK_FAULT_HOT;
    else if (hottest_c(pack) < 50)
        pack->faults &= ~(uint32_t)PACK_FAULT_HOT;
    if (max_v > kind->max_v)
        pack->faults |= PACK_FAULT_OVERVOLTAGE;
    else if (max_v < kind->max_v - 0.05)
        pack->faults &= ~(uint32_t)PACK_FAULT_OVERVOLTAGE;
    if (min_v < kind->min_v - 0.3)
        pack->faults |= PACK_FAULT_UNDERVOLTAGE;
    else if (min_v > kind->min_v)
        pack->faults &= ~(uint32_t)PACK_FAULT_UNDERVOLTAGE;
    if (pack->soc >= 0.9995)
        pack->full = true;
    else if (pack->soc < 0.97)
        pack->full = false;
}

double pack_charge(struct sim_pack *pack, double charge_c, double square_a2s, double end_a)
{
    const struct cell_kind *kind = kind_of(pack);
    double capacity_ah = pack_capacity_ah(pack);
    double charge_ah = charge_c / seconds_per_hour;
    double room_ah = (1 - pack->soc) * capacity_ah;
    if (charge_ah > room_ah && charge_ah > 0) { /* the electronics open their own contactor */
        square_a2s *= room_ah / charge_ah;
        charge_ah = room_ah;
        end_a = 0;
    }
    double before = cell_ocv_integral_v(kind, pack->soc);
    double heat_wh = pack_resistance_ohm(pack) * square_a2s / seconds_per_hour;
    pack->soc = clamp(pack->soc + charge_ah / capacity_ah, 0, 1);
    double stored_wh = (cell_ocv_integral_v(kind, pack->soc) - before) * capacity_ah * kind->series;

    pack->counted_soc += charge_ah / capacity_ah * (1 + pack->counter_gain);
    if (pack->soc >= 0.995)
        pack->counted_soc = pack->soc; /* end of charge is a fixed point for the BMS */
    pack->counted_soc = clamp(pack->counted_soc, 0, 1);
    pack->throughput_ah += fabs(charge_ah);
    pack->added_wh += stored_wh * (1 + pack->counter_gain);
    pack->stored_wh += stored_wh;
    pack->heat_wh += heat_wh;
    pack->current_a = end_a;
    watch(pack);
    return stored_wh + heat_wh;
}

void pack_warm(struct sim_pack *pack, double heat_wh, double around_c, double hot_k_s, double dt_s)
{
    if (dt_s <= 0)
        return;
    double power_w = heat_wh * seconds_per_hour / dt_s;
    double end_c = around_c + power_w / cooling_w_k;
    pack->temp_c = end_c + (pack->temp_c - end_c) * exp(-dt_s * cooling_w_k / heat_capacity_j_k);
    pack->hot_k = hot_k_s > 0 ? fmin(pack->hot_k + hot_k_s * dt_s, 200)
                              : pack->hot_k * exp(-dt_s / hot_decay_s);
    watch(pack);
}

void pack_rest(struct sim_pack *pack, double around_c, double dt_s)
{
    pack->current_a = 0;
    pack->counted_soc = pack->soc + (pack->counted_soc - pack->soc) * exp(-dt_s / count_decay_s);
    pack_warm(pack, 0, around_c, 0, dt_s);
}

void pack_drive(struct sim_pack *pack, double soc, double temp_c)
{
    soc = clamp(soc, 0, pack->soc);
    pack->throughput_ah += (pack->soc - soc) * pack_capacity_ah(pack);
    pack->soc = pack->counted_soc = soc;
    pack->temp_c = temp_c;
    pack->hot_k = 0;
    pack->current_a = 0;
    pack_age(pack);
    watch(pack);
}

void pack_age(struct sim_pack *pack)
{
    double cycles = pack->throughput_ah / (2 * pack_rated_ah(pack));
    double charge_ah = pack->soc * pack_capacity_ah(pack);
    double counted_ah = pack->counted_soc * pack_capacity_ah(pack);
    double warm = exp2((pack->temp_c - 25) / 20); /* heat ages faster */
    pack->cycles += cycles;
    pack->health = clamp(pack->health - cycles * kind_of(pack)->fade_per_cycle * warm, 0.5, 1);
    pack->throughput_ah = 0;
    /* The charge stays; what it is of the smaller capacity is a little more. */
    pack->soc = clamp(charge_ah / pack_capacity_ah(pack), 0, 1);
    pack->counted_soc = clamp(counted_ah / pack_capacity_ah(pack), 0, 1);
}

void pack_put_in(struct sim_pack *pack)
{
    pack->added_wh = pack->stored_wh = pack->heat_wh = 0;
    pack->current_a = 0;
}

void pack_read(const struct sim_pack *pack, struct io_pack *to)
{
    const struct cell_kind *kind = kind_of(pack);
    double drop_v = pack->current_a * pack_resistance_ohm(pack) / kind->series;
    *to = (struct io_pack){
        .chemistry = pack->chemistry,
        .rated_v = kind->series * cell_ocv_integral_v(kind, 1),
        .rated_ah = pack_rated_ah(pack),
        .rated_kwh = kind->rated_kwh,
        .pack_v = pack_terminal_v(pack),
        .pack_a = pack->current_a * (1 + pack->counter_gain),
        .soc_percent = round(pack->counted_soc * 1000) / 10,
        .soh_percent = round(pack->health * 1000) / 10,
        .cell_max_v = cell_ocv_v(kind, pack->soc + pack->imbalance) + drop_v,
        .cell_min_v = cell_ocv_v(kind, pack->soc - pack->imbalance) + drop_v,
        .temp_max_c = hottest_c(pack),
        .temp_min_c = coldest_c(pack),
        .request_v = pack_request_v(pack),
        .request_a = pack_request_a(pack),
        .capacity_kwh = pack_capacity_kwh(pack),
        .energy_added_kwh = pack->added_wh / 1000,
        .permit = pack_permits(pack),
        .bluetooth = true,
        .cycles = (int64_t)pack->cycles,
        .faults = pack->faults,
    };
    (void)snprintf(to->bid, sizeof to->bid, "%s", pack->bid);
    (void)snprintf(to->vin, sizeof to->vin, "%s", pack->vin);
    (void)snprintf(to->version, sizeof to->version, "%s", pack->version);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/vehicle.h"

#include "drivers/sim/draw.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double us_per_hour = 3600e6;
static const double drive_per_hour = 0.8; /* share of a pack that an hour of motorway takes */

/* What chance decides about a pack: health, counter error, imbalance, version. */
static void make_pack(struct sim_pack *pack, const struct board_sim *sim, const char *bid,
                      enum io_chemistry chemistry, double soc, double temp_c, const char *vin)
{
    static const char *const versions[] = {"2.3.1", "2.3.1", "2.4.0", "2.4.2"};
    double error = sim->counter_error_percent / 100;
    struct pack_birth birth = {
        .bid = bid,
        .vin = vin,
        .version = versions[draw_bits(sim->seed, "version", bid, 0) % 4],
        .chemistry = chemistry,
        .soc = soc,
        .health =
            draw_between(sim->soh_min_percent, sim->soh_max_percent, sim->seed, "health", bid, 0) /
            100,
        .counter_gain = draw_between(-error, error, sim->seed, "gain", bid, 0),
        .imbalance = draw_between(0.002, 0.010, sim->seed, "imbalance", bid, 0),
        .temp_c = temp_c,
    };
    pack_init(pack, &birth);
}

void vehicle_stock_pack(struct sim_pack *pack, const struct board_sim *sim, int number,
                        enum io_chemistry chemistry, double soc, double temp_c)
{
    char bid[IO_ID_SIZE];
    (void)snprintf(bid, sizeof bid, "%s%04d", sim->serial_prefix, number);
    make_pack(pack, sim, bid, chemistry, soc, temp_c, "");
}

/* A pack from elsewhere, by the vehicle's id and how often it came. */
static void equip(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c)
{
    const char *id = vehicle->id;
    int64_t count = vehicle->visits;
    char bid[IO_ID_SIZE];
    /* 48 bits: no two of a million vehicles share a serial. */
    (void)snprintf(bid, sizeof bid, "%sV%012llX", sim->serial_prefix,
                   (unsigned long long)(draw_bits(sim->seed, "serial", id, count) >> 16));
    bool nmc = draw_unit(sim->seed, "chemistry", id, count) * 100 < sim->nmc_share_percent;
    make_pack(&vehicle->pack, sim, bid, nmc ? IO_CHEMISTRY_NMC : IO_CHEMISTRY_LFP,
              draw_between(0.90, 0.98, sim->seed, "loaded soc", id, count), outside_c, id);
    vehicle->loaded_soc = vehicle->pack.counted_soc;
    vehicle->has_pack = true;
    vehicle->recorded = false;
}

void vehicle_init(struct sim_vehicle *vehicle, const struct board_sim *sim, const char *id,
                  double outside_c, int64_t now_us)
{
    *vehicle = (struct sim_vehicle){0};
    (void)snprintf(vehicle->id, sizeof vehicle->id, "%s", id);
    equip(vehicle, sim, outside_c);
    double hours = draw_between(3, 72, sim->seed, "loaded hours ago", id, 0);
    vehicle->left_at_us = now_us - (int64_t)(hours * us_per_hour);
}

void vehicle_reequip(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c,
                     int64_t now_us)
{
    if (vehicle->has_pack)
        return;
    equip(vehicle, sim, outside_c);
    vehicle->left_at_us += (now_us - vehicle->left_at_us) / 2;
}

void vehicle_record(const struct sim_vehicle *vehicle, struct driver_record *record)
{
    *record = (struct driver_record){
        .at_us = vehicle->left_at_us,
        .soc_percent = round(vehicle->loaded_soc * 1000) / 10,
        .soh_percent = round(vehicle->pack.health * 1000) / 10,
        .capacity_kwh = pack_capacity_kwh(&vehicle->pack),
    };
    (void)snprintf(record->bid, sizeof record->bid, "%s", vehicle->pack.bid);
    (void)snprintf(record->vehicle, sizeof record->vehicle, "%s", vehicle->id);
    (void)snprintf(record->version, sizeof record->version, "%s", vehicle->pack.version);
}

void vehicle_arrive(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c,
                    int64_t now_us)
{
    vehicle->visits++;
    if (!vehicle->has_pack)
        return;
    double share = draw_unit(sim->seed, "arrival", vehicle->id, vehicle->visits);
    double soc = draw_quantile(sim->soc_arrival_percent, BOARD_QUANTILES, share) / 100;
    double before = vehicle->pack.soc;
    double hours = fmax((double)(now_us - vehicle->left_at_us) / us_per_hour, 0);
    double farthest = fmax(before - hours * drive_per_hour, 0);
    if (soc >= before) /* it came with more than that last time: a short trip */
        soc = before - 0.02;
    pack_drive(&vehicle->pack, fmin(fmax(soc, farthest), before), outside_c + 8);
}

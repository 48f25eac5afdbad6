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

/* A set from elsewhere, by the vehicle's id and how often it came; its packs are of one kind. */
static void equip(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c)
{
    static const char *const serials[VEHICLE_SET_MAX] = {"serial", "second serial"};
    const char *id = vehicle->id;
    int64_t count = vehicle->visits;
    char bid[IO_ID_SIZE];
    bool nmc = draw_unit(sim->seed, "chemistry", id, count) * 100 < sim->nmc_share_percent;
    double soc = draw_between(0.90, 0.98, sim->seed, "loaded soc", id, count);
    for (int i = 0; i < vehicle->set; i++) {
        /* 48 bits: no two of a million vehicles share a serial. */
        (void)snprintf(bid, sizeof bid, "%sV%012llX", sim->serial_prefix,
                       (unsigned long long)(draw_bits(sim->seed, serials[i], id, count) >> 16));
        make_pack(&vehicle->packs[i], sim, bid, nmc ? IO_CHEMISTRY_NMC : IO_CHEMISTRY_LFP, soc,
                  outside_c, id);
    }
    vehicle->loaded_soc = vehicle->packs[0].counted_soc;
    vehicle->pack_count = vehicle->set;
    vehicle->recorded = false;
    vehicle->record_count = 0;
}

void vehicle_init(struct sim_vehicle *vehicle, const struct board_sim *sim, const char *id,
                  double outside_c, int64_t now_us)
{
    *vehicle = (struct sim_vehicle){0};
    (void)snprintf(vehicle->id, sizeof vehicle->id, "%s", id);
    bool two = draw_unit(sim->seed, "two packs", id, 0) * 100 < sim->two_pack_share_percent;
    vehicle->set = two ? 2 : 1;
    equip(vehicle, sim, outside_c);
    double hours = draw_between(3, 72, sim->seed, "loaded hours ago", id, 0);
    vehicle->left_at_us = now_us - (int64_t)(hours * us_per_hour);
}

void vehicle_reequip(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c,
                     int64_t now_us)
{
    if (vehicle->pack_count > 0)
        return;
    equip(vehicle, sim, outside_c);
    vehicle->left_at_us += (now_us - vehicle->left_at_us) / 2;
}

bool vehicle_record(struct sim_vehicle *vehicle, struct driver_record *record)
{
    if (vehicle->recorded)
        return false;
    const struct sim_pack *pack = &vehicle->packs[vehicle->record_count++];
    vehicle->recorded = vehicle->record_count >= vehicle->pack_count;
    *record = (struct driver_record){
        .at_us = vehicle->left_at_us,
        .soc_percent = round(vehicle->loaded_soc * 1000) / 10,
        .soh_percent = round(pack->health * 1000) / 10,
        .capacity_kwh = pack_capacity_kwh(pack),
    };
    (void)snprintf(record->bid, sizeof record->bid, "%s", pack->bid);
    (void)snprintf(record->vehicle, sizeof record->vehicle, "%s", vehicle->id);
    (void)snprintf(record->version, sizeof record->version, "%s", pack->version);
    return true;
}

struct sim_pack vehicle_give(struct sim_vehicle *vehicle)
{
    struct sim_pack pack = vehicle->packs[0];
    vehicle->pack_count--;
    memmove(&vehicle->packs[0], &vehicle->packs[1],
            (size_t)vehicle->pack_count * sizeof vehicle->packs[0]);
    return pack;
}

void vehicle_take(struct sim_vehicle *vehicle, const struct sim_pack *pack)
{
    struct sim_pack *to = &vehicle->packs[vehicle->pack_count++];
    *to = *pack;
    memcpy(to->vin, vehicle->id, sizeof to->vin); /* both of IO_ID_SIZE */
}

static void drain(struct sim_pack *pack, double soc, double hours, double outside_c)
{
    double before = pack->soc;
    double farthest = fmax(before - hours * drive_per_hour, 0);
    if (soc >= before) /* it came with more than that last time: a short trip */
        soc = before - 0.02;
    pack_drive(pack, fmin(fmax(soc, farthest), before), outside_c + 8);
}

void vehicle_arrive(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c,
                    int64_t now_us)
{
    vehicle->visits++;
    double share = draw_unit(sim->seed, "arrival", vehicle->id, vehicle->visits);
    double soc = draw_quantile(sim->soc_arrival_percent, BOARD_QUANTILES, share) / 100;
    double hours = fmax((double)(now_us - vehicle->left_at_us) / us_per_hour, 0);
    for (int i = 0; i < vehicle->pack_count; i++)
        drain(&vehicle->packs[i], soc, hours, outside_c);
}

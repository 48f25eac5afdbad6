/* SPDX-License-Identifier: Apache-2.0 */
#include "cantool/benchpack.h"

#include "base/clock.h"
#include <math.h>
#include <string.h>

#define CCS_STALE_US CLOCK_US_PER_SECOND
#define MARGIN_V     0.2 /* below the end of charging that counts as reached */

void benchpack_options_default(struct benchpack_options *options, enum benchpack_profile profile)
{
    *options = (struct benchpack_options){.profile = profile,
                                          .node = 1,
                                          .number = 1,
                                          .chemistry = IO_CHEMISTRY_NMC,
                                          .series = 96,
                                          .capacity_ah = 20,
                                          .soc_percent = 50,
                                          .temperature_c = 25,
                                          .limit_a = 40,
                                          .end_a = 1};
}

static double rest_v(const struct benchpack *pack)
{
    return cell_ocv_v(pack->kind, pack->soc) * pack->options.series;
}

static double ohm(const struct benchpack *pack)
{
    return cell_resistance_ohm(pack->kind, pack->options.capacity_ah, pack->options.temperature_c,
                               1) *
           pack->options.series;
}

static double end_v(const struct benchpack *pack)
{
    return pack->kind->charge_v * pack->options.series;
}

static double cell_v(const struct benchpack *pack)
{
    return pack->voltage_v / pack->options.series;
}

static double soc_percent(const struct benchpack *pack)
{
    return fmin(pack->soc * 100, 100);
}

static void init_gbt(struct benchpack *pack)
{
    const struct benchpack_options *options = &pack->options;
    struct gbt_message brm, bcp;
    gbt_blank(&brm, GBT_BRM);
    brm.brm.version_minor = brm.brm.version_major = 1;
    brm.brm.chemistry = options->chemistry == IO_CHEMISTRY_LFP ? 3 : 6; /* table 11 */
    brm.brm.rated_ah = options->capacity_ah;
    brm.brm.rated_v = cell_ocv_v(pack->kind, 0.5) * options->series;
    (void)snprintf(brm.brm.maker, sizeof brm.brm.maker, "BNCH");
    brm.brm.pack_number = options->number;
    brm.brm.cycles = 12;
    (void)snprintf(brm.brm.vin, sizeof brm.brm.vin, "LBENCH%011lld", (long long)options->number);
    gbt_blank(&bcp, GBT_BCP);
    bcp.bcp = (struct gbt_bcp){.max_cell_v = pack->kind->max_v,
                               .max_current_a = -options->limit_a * 1.25,
                               .energy_kwh = brm.brm.rated_v * options->capacity_ah / 1000,
                               .max_voltage_v = pack->kind->max_v * options->series,
                               .max_temperature_c = 60};
    gbt_pack_init(&pack->side.gbt, &brm.brm, &bcp.bcp);
}

static void init_cia(struct benchpack *pack)
{
    const struct benchpack_options *options = &pack->options;
    struct cia418_module module = {.vendor = 0xB,
                                   .serial_number = (uint32_t)options->number,
                                   .capacity_ah = (uint16_t)options->capacity_ah,
                                   .max_current_a = (uint16_t)options->limit_a,
                                   .cells = (uint16_t)options->series,
                                   .total_ah = (uint32_t)(12 * options->capacity_ah),
                                   .software = "bench-pack 1.0"};
    (void)snprintf(module.serial, sizeof module.serial, "BNCH-%lld", (long long)options->number);
    cia418_server_init(&pack->side.cia, options->node, &module);
}

void benchpack_init(struct benchpack *pack, const struct benchpack_options *options)
{
    *pack = (struct benchpack){.options = *options,
                               .kind = cell_kind_of(options->chemistry),
                               .soc = options->soc_percent / 100};
    pack->voltage_v = rest_v(pack);
    if (options->profile == BENCHPACK_GBT27930)
        init_gbt(pack);
    else
        init_cia(pack);
}

/* --- the battery --- */

/* What flows when a source of that voltage and current is on. */
static double taken_a(const struct benchpack *pack, double voltage_v, double current_a)
{
    return fmax(fmin(current_a, (voltage_v - rest_v(pack)) / ohm(pack)), 0);
}

static double offered_a(const struct benchpack *pack, const struct benchpack_feed *feed,
                        int64_t now_us)
{
    if (feed->known)
        return taken_a(pack, feed->voltage_v, feed->current_a);
    if (pack->options.profile == BENCHPACK_CIA418)
        return pack->side.cia.module.charger_status & 1
                   ? taken_a(pack, end_v(pack), pack->options.limit_a)
                   : 0;
    const struct gbt_pack *gbt = &pack->side.gbt;
    bool told = gbt->state == GBT_PACK_CHARGING && isfinite(gbt->ccs.current_a) &&
                now_us - gbt->link.heard_us[GBT_CCS] < CCS_STALE_US;
    return told ? fmax(-gbt->ccs.current_a, 0) : 0;
}

static void flow(struct benchpack *pack, const struct benchpack_feed *feed, int64_t now_us)
{
    double hours = pack->now_us ? (double)(now_us - pack->now_us) / 3.6e9 : 0;
    pack->current_a = offered_a(pack, feed, now_us);
    pack->soc += pack->current_a * hours / pack->options.capacity_ah;
    pack->charged_ah += pack->current_a * hours;
    pack->voltage_v = rest_v(pack) + pack->current_a * ohm(pack);
    pack->now_us = now_us;
}

/* --- its side of the bus --- */

static bool is_full(const struct benchpack *pack)
{
    bool at_end = pack->voltage_v > end_v(pack) - MARGIN_V;
    return at_end && pack->current_a < pack->options.end_a;
}

static void tick_gbt(struct benchpack *pack, int64_t now_us)
{
    bool at_end = pack->voltage_v > end_v(pack) - MARGIN_V;
    const struct gbt_pack_input input = {.voltage_v = pack->voltage_v,
                                         .current_a = pack->current_a,
                                         .soc_percent = soc_percent(pack),
                                         .max_cell_v = cell_v(pack),
                                         .min_cell_v = cell_v(pack),
                                         .max_temperature_c = pack->options.temperature_c + 1,
                                         .min_temperature_c = pack->options.temperature_c,
                                         .want_v = end_v(pack),
                                         .want_a = pack->options.limit_a,
                                         .constant_voltage = at_end,
                                         .ready = true,
                                         .permit = !pack->forbids,
                                         .finished = pack->current_a > 0 && is_full(pack),
                                         .fault = pack->fault};
    gbt_pack_on_time(&pack->side.gbt, &input, now_us);
}

static void tick_cia(struct benchpack *pack, int64_t now_us)
{
    struct cia418_module *module = &pack->side.cia.module;
    bool full = is_full(pack) || pack->soc >= 1;
    module->status = !pack->forbids && !pack->fault;
    module->error_register = pack->fault ? 1 : 0;
    module->temperature = (int16_t)lround(pack->options.temperature_c * 8);
    module->voltage = (uint32_t)lround(pack->voltage_v * 1024);
    module->request = full ? 0 : (uint16_t)lround(pack->options.limit_a * 16);
    module->soc_percent = (uint8_t)soc_percent(pack);
    cia418_server_on_time(&pack->side.cia, now_us);
}

void benchpack_tick(struct benchpack *pack, const struct benchpack_feed *feed, int64_t now_us)
{
    flow(pack, feed, now_us);
    if (pack->options.profile == BENCHPACK_GBT27930)
        tick_gbt(pack, now_us);
    else
        tick_cia(pack, now_us);
}

void benchpack_hear(struct benchpack *pack, const struct canframe *frame, int64_t now_us)
{
    if (pack->options.profile == BENCHPACK_GBT27930)
        gbt_pack_on_frame(&pack->side.gbt, frame, now_us);
    else
        cia418_server_on_frame(&pack->side.cia, frame, now_us);
}

bool benchpack_next(struct benchpack *pack, int64_t now_us, struct canframe *frame)
{
    return pack->options.profile == BENCHPACK_GBT27930
               ? gbt_pack_next(&pack->side.gbt, now_us, frame)
               : cia418_server_next(&pack->side.cia, frame);
}

const char *benchpack_state(const struct benchpack *pack)
{
    if (pack->options.profile == BENCHPACK_GBT27930)
        return machine_state_name(&GBT_PACK_MACHINE, (int)pack->side.gbt.state);
    switch (pack->side.cia.state) {
    case CIA418_OPERATIONAL:
        return pack->side.cia.module.charger_status & 1 ? "CHARGING" : "OPERATIONAL";
    case CIA418_STOPPED:
        return "STOPPED";
    default:
        return "PRE-OPERATIONAL";
    }
}

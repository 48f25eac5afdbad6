/* SPDX-License-Identifier: Apache-2.0 */
/* Trouble, drawn from the seed: a fault script for the plant, and what befalls the processes. In
 * the end everything is healed. */
#include "site.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const SITE_TROUBLE_NAMES[TROUBLE_COUNT] = {
#define SITE_TROUBLE_NAME(name, text) text,
    SITE_TROUBLES(SITE_TROUBLE_NAME)
#undef SITE_TROUBLE_NAME
};

/* --- the plant's script --- */

/* Cards and waiting vehicles are people, no trouble of the hardware, and have names. */
static enum script_fault draw_fault(struct random *random)
{
    enum script_fault fault;
    do
        fault = (enum script_fault)random_below(random, SCRIPT_FAULT_COUNT);
    while (fault == SCRIPT_FAULT_token || fault == SCRIPT_FAULT_vehicle_waits);
    return fault;
}

static double draw_value(struct random *random, enum script_fault fault)
{
    static const double AMBIENT[] = {-60, 150, 30}, BAY[] = {-270, 200},
                        PACK[] = {-60, -5, 62, 130}, SOC[] = {250, -5}, CELL[] = {4.3, 4.6},
                        HOT[] = {0.4, 1.5, 2.5};
    switch (fault) {
    case SCRIPT_FAULT_ambient:
        return AMBIENT[random_below(random, 3)];
    case SCRIPT_FAULT_bay_temp:
        return BAY[random_below(random, 2)];
    case SCRIPT_FAULT_pack_temp:
        return PACK[random_below(random, 4)];
    case SCRIPT_FAULT_pack_soc:
        return SOC[random_below(random, 2)];
    case SCRIPT_FAULT_cell_voltage:
        return CELL[random_below(random, 2)];
    case SCRIPT_FAULT_hot_cell:
        return HOT[random_below(random, 3)];
    default:
        return NAN;
    }
}

static double draw_for_s(struct random *random)
{
    switch (random_below(random, 3)) {
    case 0:
        return (double)random_between(random, 2, 30) / 10;
    case 1:
        return (double)random_between(random, 3, 15);
    default:
        return (double)random_between(random, 20, 80);
    }
}

/* One line of the script. */
static void add_rule(struct site *site, double span_s)
{
    static const char *const WHEN[] = {"gate_opening", "gate_open", "gate_closing", "vehicle_in",
                                       "door_opening", "door_open", "door_closing", "pack_in",
                                       "offered",      "charging"};
    struct random *random = &site->random;
    size_t used = strlen(site->script), room = sizeof site->script - used;
    enum script_fault fault = draw_fault(random);
    enum script_scope scope = script_fault_scope(fault);
    bool of_bay = scope == SCRIPT_BAY || (scope == SCRIPT_EITHER && random_chance(random, 70));
    char condition[80], bay[16] = "", value[24] = "";
    size_t which = (size_t)random_below(random, sizeof WHEN / sizeof *WHEN);
    bool timed = random_chance(random, 40);
    if (timed)
        (void)snprintf(condition, sizeof condition, "at %.3f",
                       (double)random_below(random, (int64_t)(span_s * 1000)) / 1000);
    else
        (void)snprintf(condition, sizeof condition, "when %s after=%.3f", WHEN[which],
                       (double)random_below(random, random_chance(random, 50) ? 500 : 30000) /
                           1000);
    /* Inputs that freeze just before the door moves say that it is shut: the worst moment. */
    if (fault == SCRIPT_FAULT_sensors_frozen && random_chance(random, 50)) {
        (void)snprintf(condition, sizeof condition, "when door_opening");
        timed = of_bay = false;
    }
    /* a bay of its own, or the one of the condition */
    if (of_bay && (timed || which < 4 || scope == SCRIPT_EITHER || random_chance(random, 40)))
        (void)snprintf(bay, sizeof bay, " bay=%d", (int)random_between(random, 1, SITE_BAYS));
    double drawn = draw_value(random, fault);
    if (!isnan(drawn))
        (void)snprintf(value, sizeof value, " value=%.1f", drawn);
    (void)snprintf(site->script + used, room, "%s: %s%s%s for=%.1f\n", condition,
                   script_fault_name(fault), bay, value, draw_for_s(random));
}

/* What chance alone hardly ever brings together: neither charger nor contactor obey a stop. */
static void add_runaway(struct site *site)
{
    struct random *random = &site->random;
    double after_s = (double)random_between(random, 20, 200) / 10;
    int bay = (int)random_between(random, 1, 3); /* those that charge mostly */
    size_t used = strlen(site->script);
    (void)snprintf(site->script + used, sizeof site->script - used,
                   "when charging bay=%d after=%.1f: charger_runs_on for=12\n"
                   "when charging bay=%d after=%.1f: contactor_stuck for=15\n"
                   "when charging bay=%d after=%.1f: water for=10\n",
                   bay, after_s, bay, after_s, bay, after_s + 1);
}

void site_chaos_draw(struct site *site, int64_t span_us)
{
    struct random *random = &site->random;
    int64_t rules = random_between(random, 0, 9);
    for (int64_t i = 0; i < rules; i++)
        add_rule(site, (double)span_us / 1e6);
    if (random_chance(random, 4))
        add_runaway(site);
    site->trouble_count = (size_t)random_between(random, 0, 4);
    for (size_t i = 0; i < site->trouble_count; i++) {
        site->troubles[i].at_us = random_below(random, span_us);
        site->troubles[i].what = (enum site_trouble)random_below(random, TROUBLE_COUNT);
    }
}

/* --- what befalls the processes --- */

static void doom(struct site *site, struct process *process)
{
    if (process->running && process->fatal_in == 0)
        process->fatal_in = random_between(&site->random, 1, 8);
}

static void strike(struct site *site, enum site_trouble what)
{
    int64_t until_us = site->now_us + random_between(&site->random, 200000, 40000000);
    site_trace(site, "trouble: %s", SITE_TROUBLE_NAMES[what]);
    site->counts->troubles[what]++;
    switch (what) {
    case TROUBLE_ENGINE_KILL:
        doom(site, &site->engine_process);
        break;
    case TROUBLE_ENGINE_HANG:
        site->engine_hung_us = site->engine_process.running ? until_us : 0;
        break;
    case TROUBLE_MONITOR_KILL:
        if (random_chance(&site->random, 50))
            doom(site, &site->monitor_process);
        else
            site_monitor_die(site, false);
        break;
    case TROUBLE_MONITOR_HANG:
        site->monitor_hung_us = site->monitor_process.running ? until_us : 0;
        site->monitor_hangs_us = site->now_us;
        break;
    case TROUBLE_BROWN_OUT:
        site_engine_die(site, true);
        site_monitor_die(site, true);
        break;
    case TROUBLE_ENGINE_DISK_FULL:
        site->engine_disk_full = true;
        site->engine_disk_us = until_us;
        break;
    case TROUBLE_MONITOR_DISK_FULL:
        journal_memory_set_full(site->memory, true);
        site->monitor_disk_us = until_us;
        break;
    case TROUBLE_COUNT:
        break;
    }
}

void site_chaos_step(struct site *site)
{
    for (size_t i = 0; i < site->trouble_count; i++)
        if (site->troubles[i].at_us >= 0 && site->now_us >= site->troubles[i].at_us) {
            site->troubles[i].at_us = -1;
            strike(site, site->troubles[i].what);
        }
}

/* --- healing --- */

static void heal_pack(struct sim_pack *pack)
{
    pack->hot_k = 0;
    pack->temp_c = 25;
    pack->faults = 0;
}

/* A technician: what is broken works again, batteries are good, charged ones among them, and one
 * bay is free. */
static void heal_plant(struct site *site)
{
    struct sim_world *world = site->world;
    int free = 0;
    for (size_t i = 0; i < world->script.count; i++)
        site->counts->faults[world->script.rules[i].fault] += world->faults[i].fired;
    world->script.count = 0;
    world_apply_faults(world);
    for (int i = 0; i < SITE_BAYS; i++) {
        struct sim_bay *bay = &world->bays[i];
        free += !bay->has_pack;
        heal_pack(&bay->pack);
        bay->pack.soc = bay->pack.counted_soc = 0.97;
        bay->pack.full = false;
    }
    for (size_t i = 0; i < world->vehicle_count; i++)
        for (int k = 0; k < world->vehicles[i].pack_count; k++)
            heal_pack(&world->vehicles[i].packs[k]);
    struct sim_pack taken;
    if (free == 0)
        bay_take(&world->bays[SITE_BAYS - 1], &taken);
}

void site_chaos_heal(struct site *site)
{
    site_trace(site, "everything is healed");
    site->calm = true;
    site->trouble_count = 0;
    site->engine_process.fatal_in = site->monitor_process.fatal_in = 0;
    site->engine_hung_us = site->monitor_hung_us = 0;
    site->engine_disk_full = false;
    journal_memory_set_full(site->memory, false);
    heal_plant(site);
}

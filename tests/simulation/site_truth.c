/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge of the plant's physical truth. It knows the plant and its faults, and of the engine
 * only whether its process runs; what the engine believes is none of its business.
 *
 * Times that it allows: the engine looks at least every 400 ms (site_run.c), the current falls
 * within 100 ms; so something that is seen has its reaction within REACTION_S. What the engine can
 * see only by the age of a reading comes later by that age's limit.
 */
#include "site.h"

#include "base/clock.h"
#include <math.h>

#define REACTION_S  0.9
#define STUBBORN_S  1.5 /* longer when charger or contactor do not obey: charge-enable drops */
#define FRAMES_S    1.0
#define STALE_S     5.0
#define HEALTH_S    21.0 /* [engine] health_timeout_s of these runs, and a slow round */
#define HEARD_US    (300 * CLOCK_US_PER_MS)
#define UNSAFE_S    0.5 /* a slow round after writing was possible again */
#define FLOWS_A     5.0 /* GB/T 18487.1: what may be left 100 ms after a stop */
#define DOOR_A      1.0
#define HOT_K_S     1.4 /* clearly above the limit of 1 K/s; seen within rise_s and two windows */
#define HOT_SEEN_S  6.5
#define WHOLE(time) ((double)(time) / 1e6)

static bool bay_fault(const struct site *site, int i, enum script_fault fault)
{
    return (site->world->bay_faults[i] >> fault & 1u) != 0;
}

static bool bus_off(const struct site *site, int i)
{
    return WORLD_FAULT(site->world, bus_off) || bay_fault(site, i, SCRIPT_FAULT_bus_off);
}

static double bay_value(const struct site *site, int i, enum script_fault fault)
{
    return site->world->bay_value[i][fault];
}

/* The engine runs and its driver says what the station's inputs are. */
static bool station_is_heard(const struct site *site)
{
    const struct sim_world *world = site->world;
    return site_engine_sees(site) && !WORLD_FAULT(world, read_error) &&
           world->now_us - world->station_at_us < HEARD_US;
}

static bool bay_is_heard(const struct site *site, int i)
{
    return site_engine_sees(site) && !WORLD_FAULT(site->world, read_error) &&
           site->world->now_us - site->world->bays[i].sensors_at_us < HEARD_US;
}

static bool pack_is_heard(const struct site *site, int i)
{
    const struct sim_bay *bay = &site->world->bays[i];
    return bay_is_heard(site, i) && bay->has_pack && !bus_off(site, i) &&
           site->world->now_us - bay->pack_at_us < HEARD_US;
}

/* It hangs for longer than its health checks may be missing. What it had sent before counts from
 * when the engine, which may have hung or started meanwhile, came to read it. */
static bool monitor_is_missed(const struct site *site)
{
    int64_t since_us = site->monitor_hangs_us;
    if (site->engine_hung_us > since_us)
        since_us = site->engine_hung_us;
    if (site->engine_since_us > since_us)
        since_us = site->engine_since_us;
    return site->now_us < site->monitor_hung_us && site->now_us - since_us > limits_us(HEALTH_S);
}

/* --- currents (rules 3, 5, 7, 9) --- */

static const char *forbidden_by_station(const struct site *site)
{
    const struct sim_world *world = site->world;
    if (WORLD_FAULT(world, write_error))
        return "nothing can be written";
    if (!site_engine_sees(site))
        return site->now_us - site->engine_since_us > 3 * CLOCK_US_PER_SECOND || !site->engine
                   ? "no engine keeps the power alive"
                   : NULL;
    if (!site->ipc_up && site->now_us - site->ipc_down_us > CLOCK_US_PER_SECOND)
        return "there is no monitor";
    if (monitor_is_missed(site))
        return "the monitor hangs";
    if (world->now_us - world->station_at_us > limits_us(STALE_S))
        return "station inputs are stale";
    if (!station_is_heard(site))
        return NULL;
    double outside_c = world->station_value[SCRIPT_FAULT_ambient];
    if (WORLD_FAULT(world, ambient) && (outside_c < -40 || outside_c > 125))
        return "ambient temperature is implausible";
    if (WORLD_FAULT(world, water))
        return "water";
    if (WORLD_FAULT(world, mains_lost))
        return "no mains";
    if (WORLD_FAULT(world, emergency_stop) || WORLD_FAULT(world, smoke) ||
        WORLD_FAULT(world, residual_current))
        return "emergency";
    return NULL;
}

static const char *forbidden_by_pack(const struct site *site, int i)
{
    double temp_c = bay_value(site, i, SCRIPT_FAULT_pack_temp);
    double soc = bay_value(site, i, SCRIPT_FAULT_pack_soc);
    if (!pack_is_heard(site, i))
        return NULL;
    if (bay_fault(site, i, SCRIPT_FAULT_pack_temp) && (temp_c >= 60 || temp_c < -40))
        return "pack temperature";
    if (bay_fault(site, i, SCRIPT_FAULT_pack_soc) && (soc < 0 || soc > 100))
        return "implausible state of charge";
    if (bay_fault(site, i, SCRIPT_FAULT_cell_voltage) &&
        bay_value(site, i, SCRIPT_FAULT_cell_voltage) > 4.27)
        return "cell voltage";
    if (bay_fault(site, i, SCRIPT_FAULT_no_permit))
        return "the pack does not permit it";
    /* A wrong serial that it has given all the time is the one that it was identified by. */
    if (bay_fault(site, i, SCRIPT_FAULT_wrong_serial) != site->truth.bays[i].wrong_serial)
        return "not the identified pack";
    return NULL;
}

/* Why no current may flow in this bay; NULL: it may. */
static const char *forbidden(const struct site *site, int i)
{
    const struct sim_world *world = site->world;
    const struct sim_bay *bay = &world->bays[i];
    const char *why = forbidden_by_station(site);
    if (why)
        return why;
    for (int k = 0; k < SITE_BAYS; k++)
        if (site->truth.bays[k].latched ||
            (bay_fault(site, k, SCRIPT_FAULT_smoke) && bay_is_heard(site, k)))
            return "thermal event";
    if (site->truth.latched)
        return "latched emergency";
    if (world->now_us - bay->pack_at_us > limits_us(FRAMES_S))
        return "pack frames are stale";
    if (world->now_us - bay->charger_at_us > limits_us(FRAMES_S))
        return "charger frames are stale";
    if (world->now_us - bay->sensors_at_us > limits_us(STALE_S))
        return "bay inputs are stale";
    double temp_c = bay_value(site, i, SCRIPT_FAULT_bay_temp);
    if (bay_fault(site, i, SCRIPT_FAULT_bay_temp) && bay_is_heard(site, i) &&
        (temp_c < -40 || temp_c > 125))
        return "bay temperature is implausible";
    return forbidden_by_pack(site, i);
}

static double patience_s(const struct site *site, int i)
{
    bool stubborn = bay_fault(site, i, SCRIPT_FAULT_charger_runs_on) ||
                    bay_fault(site, i, SCRIPT_FAULT_contactor_stuck);
    return REACTION_S + (stubborn ? STUBBORN_S : 0);
}

static void check_current(struct site *site, int i, double dt_s)
{
    struct site_bay_truth *truth = &site->truth.bays[i];
    const struct sim_bay *bay = &site->world->bays[i];
    const char *why = forbidden(site, i);
    if (!why || why != truth->forbidden || bay->charger.dc_a <= FLOWS_A)
        truth->forbidden_s = 0;
    truth->forbidden = why;
    if (bay->charger.dc_a <= 0)
        truth->wrong_serial = bay_fault(site, i, SCRIPT_FAULT_wrong_serial);
    if (why && bay->charger.dc_a > FLOWS_A)
        truth->forbidden_s += dt_s;
    if (truth->forbidden_s > patience_s(site, i))
        site_violate(site, "bay %d: %.1f A for %.1f s, and %s", i + 1, bay->charger.dc_a,
                     truth->forbidden_s, why);
    /* Rule 4: none at all behind an open door, but for the moment in which it is forced; it stays
     * open when whoever forced it has gone (seed 32177). */
    bool shut = bay->door <= 0 && bay->lock >= 1;
    bool open = !shut && bay->charger.dc_a > DOOR_A;
    bool forced = !shut && (truth->forced || bay_fault(site, i, SCRIPT_FAULT_door_forced));
    truth->forced = forced;
    truth->open_current_s = open ? truth->open_current_s + dt_s : 0;
    if (!open)
        truth->open_seen_s = 0;
    else if (bay_is_heard(site, i)) /* while it is not, the engine cannot know (seed 1416) */
        truth->open_seen_s += dt_s;
    double patience = forced ? patience_s(site, i) : 0;
    if (truth->open_seen_s > patience || truth->open_current_s > (forced ? STALE_S + patience : 0))
        site_violate(site, "bay %d: %.1f A with its door open", i + 1, bay->charger.dc_a);
}

/* --- motion (rules 4 and 5) --- */

/* Another door that this one may not be opened beside; not one that was forced where nobody could
 * see it yet. */
static bool other_is_open(const struct site *site, int i)
{
    for (int k = 0; k < SITE_BAYS; k++)
        if (k != i && site->truth.bays[k].door > 0 && !site->truth.bays[k].forced_unseen)
            return true;
    return false;
}

static void check_door(struct site *site, int i, double dt_s)
{
    struct site_bay_truth *truth = &site->truth.bays[i];
    const struct sim_world *world = site->world;
    const struct sim_bay *bay = &world->bays[i];
    bool forced = bay_fault(site, i, SCRIPT_FAULT_door_forced);
    truth->heard_s = bay_is_heard(site, i) ? truth->heard_s + dt_s : 0;
    if (forced && truth->door <= 0) {
        truth->forced_unseen = true;
        truth->heard_s = 0;
    } else if (truth->heard_s > REACTION_S) {
        truth->forced_unseen = false;
    }
    bool begins = truth->door <= 0 && bay->door > 0 && !forced;
    if (begins && other_is_open(site, i))
        site_violate(site, "bay %d: its door opens beside another open one", i + 1);
    if (begins && truth->latched)
        site_violate(site, "bay %d: its door opens after a thermal event", i + 1);
    if (begins && bay->contactor_closed)
        site_violate(site, "bay %d: its door opens with the contactor closed", i + 1);
    bool hand = bay_fault(site, i, SCRIPT_FAULT_door_obstructed) ||
                ((world->visit.state == VISIT_PUTTING || world->visit.state == VISIT_TAKING) &&
                 world->visit.bay == i);
    bool pushes = world->requests.bays[i].door == IO_MOTION_CLOSE && bay->door > 0;
    /* A door that cannot be told anything is not stopped (seed 18056). */
    bool obeys = bay_is_heard(site, i) && !WORLD_FAULT(world, write_error);
    truth->obstructed_s = hand && pushes && obeys ? truth->obstructed_s + dt_s : 0;
    if (truth->obstructed_s > REACTION_S)
        site_violate(site, "bay %d: its door is pushed onto an obstruction", i + 1);
    truth->door = bay->door;
}

static void check_gate(struct site *site, double dt_s)
{
    struct site_truth *truth = &site->truth;
    const struct sim_world *world = site->world;
    bool moves = world->gate < truth->gate || world->gate > truth->gate;
    bool occupied = world->visit.state >= VISIT_ENTERING;
    bool heard = station_is_heard(site) && !WORLD_FAULT(world, write_error);
    if (world->gate < truth->gate && occupied && heard)
        site_violate(site, "the gate closes with a vehicle in the lane");
    bool person = WORLD_FAULT(world, guard_blocked);
    truth->guard_s = moves && person && heard ? truth->guard_s + dt_s : 0;
    if (truth->guard_s > REACTION_S)
        site_violate(site, "the gate moves with somebody in its zone");
    truth->gate = world->gate;
}

/* --- what the engine must have seen, and a person has to end --- */

static bool memory_is_sound(const struct site *site)
{
    return site_engine_sees(site) && !site->engine_disk_full;
}

static void watch_alarms(struct site *site, double dt_s)
{
    struct site_truth *truth = &site->truth;
    const struct sim_world *world = site->world;
    bool alarm = WORLD_FAULT(world, emergency_stop) || WORLD_FAULT(world, smoke) ||
                 WORLD_FAULT(world, residual_current);
    truth->alarm_s =
        alarm && station_is_heard(site) && memory_is_sound(site) ? truth->alarm_s + dt_s : 0;
    truth->latched |= truth->alarm_s > REACTION_S;
    for (int i = 0; i < SITE_BAYS; i++) {
        struct site_bay_truth *bay = &truth->bays[i];
        bool sound = bay_is_heard(site, i) && memory_is_sound(site);
        bool smoke = bay_fault(site, i, SCRIPT_FAULT_smoke) && sound;
        /* Beyond that no sensor is believed (rule 7), also when it came in like that (seed 21964).
         */
        double hottest_c = world->bays[i].pack.temp_c + world->bays[i].pack.hot_k;
        bool plausible = hottest_c > -40 && hottest_c < 120;
        bool heats = bay_fault(site, i, SCRIPT_FAULT_hot_cell) &&
                     bay_value(site, i, SCRIPT_FAULT_hot_cell) >= HOT_K_S && plausible &&
                     !bay_fault(site, i, SCRIPT_FAULT_pack_temp) && pack_is_heard(site, i) && sound;
        bay->smoke_s = smoke ? bay->smoke_s + dt_s : 0;
        bay->heat_s = heats ? bay->heat_s + dt_s : 0;
        bay->latched |= bay->smoke_s > REACTION_S || bay->heat_s > HOT_SEEN_S;
    }
}

/* All outputs safe, for as long as nobody has reset the emergency. */
static void check_emergency(struct site *site, double dt_s)
{
    const struct io_requests *asked = &site->world->requests;
    bool safe = asked->gate == IO_MOTION_HOLD && !asked->charge_enable;
    for (int i = 0; i < SITE_BAYS; i++)
        safe = safe && asked->bays[i].door == IO_MOTION_HOLD && !asked->bays[i].unlock &&
               !asked->bays[i].contactor && !asked->bays[i].charger_on;
    bool reachable = !WORLD_FAULT(site->world, write_error) && site_engine_sees(site);
    site->truth.unsafe_s =
        site->truth.latched && reachable && !safe ? site->truth.unsafe_s + dt_s : 0;
    if (site->truth.unsafe_s > UNSAFE_S)
        site_violate(site, "outputs are not safe in a latched emergency");
}

static void judge(struct site *site, double dt_s)
{
    site->counts->checks++;
    watch_alarms(site, dt_s);
    check_gate(site, dt_s);
    check_emergency(site, dt_s);
    for (int i = 0; i < SITE_BAYS; i++) {
        check_current(site, i, dt_s);
        check_door(site, i, dt_s);
    }
}

void site_advance(struct site *site, int64_t to_us)
{
    while (site->now_us < to_us && !site->violation[0]) {
        int64_t dt_us = to_us - site->now_us < WORLD_STEP_US ? to_us - site->now_us : WORLD_STEP_US;
        site->now_us += dt_us;
        world_advance(site->world, site_plant_us(site));
        judge(site, WHOLE(dt_us));
    }
}

void site_truth_reset(struct site *site)
{
    site->truth.latched = false;
    for (int i = 0; i < SITE_BAYS; i++)
        site->truth.bays[i].latched = false;
}

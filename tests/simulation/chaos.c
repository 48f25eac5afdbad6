/* SPDX-License-Identifier: Apache-2.0 */
/* Faults, drawn from the seed: each begins at some moment and, where it lasts, ends by itself. */
#include "sim.h"

const char *const SIM_FAULT_NAMES[FAULT_KIND_COUNT] = {
#define SIM_FAULT_NAME(name, text) text,
    SIM_FAULTS(SIM_FAULT_NAME)
#undef SIM_FAULT_NAME
};

/* A process dies within its next few calls to the outside, wherever that is. */
static void doom(struct sim *sim, struct process *process)
{
    if (process->running && process->fatal_in == 0)
        process->fatal_in = random_between(&sim->random, 1, 12);
}

static void lose_power(struct sim_station *station)
{
    struct sim *sim = station->sim;
    if (sim->disk && random_chance(&sim->random, 70)) { /* in the middle of a sync to come */
        crash_vfs_fail_at_sync(sim->disk->vfs, (uint64_t)random_between(&sim->random, 1, 12));
        return;
    }
    if (sim->disk) {
        sim_power_loss(sim);
        return;
    }
    sim_monitor_stop(station, true);
    sim_engine_stop(station);
}

static void end_engine_disk(void *self, void *what)
{
    (void)what;
    ((struct sim_station *)self)->engine_disk_full = false;
}

static void end_monitor_disk(void *self, void *what)
{
    (void)what;
    sim_monitor_disk_full(self, false);
}

static void end_bridge_disk(void *self, void *what)
{
    (void)what;
    sim_bridge_disk_full(self, false);
}

static void end_broker(void *self, void *what)
{
    (void)what;
    broker_start(&((struct sim *)self)->broker);
}

static void fill_disk(struct sim *sim, struct sim_station *station, enum sim_fault fault)
{
    int64_t span_us = random_between(&sim->random, 1000000, 40000000);
    if (fault == FAULT_KIND_DISK_FULL_ENGINE) {
        station->engine_disk_full = true;
        sim_later(sim, span_us, end_engine_disk, station, NULL);
    } else if (fault == FAULT_KIND_DISK_FULL_MONITOR) {
        sim->journal_was_full = true;
        sim_monitor_disk_full(station, true);
        sim_later(sim, span_us, end_monitor_disk, station, NULL);
    } else {
        sim_bridge_disk_full(sim, true);
        sim_later(sim, span_us, end_bridge_disk, sim, NULL);
    }
}

static void stop_broker(struct sim *sim, bool loses_state)
{
    if (!sim->broker.up)
        return;
    broker_stop(&sim->broker, loses_state);
    sim_later(sim, random_between(&sim->random, 100000, 30000000), end_broker, sim, NULL);
}

static void step_clock(struct sim *sim, struct sim_station *station)
{
    static const int64_t SPANS_US[] = {2000000, 45000000, 3600000000, 86400000000};
    int64_t span_us = SPANS_US[random_below(&sim->random, 4)];
    station->wall_step_us = station->wall_step_us             ? 0
                            : random_chance(&sim->random, 50) ? span_us
                                                              : -span_us;
}

static void strike(struct sim *sim, enum sim_fault fault)
{
    struct sim_station *station =
        &sim->stations[random_below(&sim->random, (int64_t)sim->station_count)];
    sim_count(sim, fault);
    sim_trace(sim, "fault: %s (%s)", SIM_FAULT_NAMES[fault], station->device);
    switch (fault) {
    case FAULT_KIND_ENGINE_KILL:
        doom(sim, &station->engine_process);
        break;
    case FAULT_KIND_MONITOR_KILL:
        doom(sim, &station->monitor_process);
        break;
    case FAULT_KIND_BRIDGE_KILL:
        doom(sim, &sim->bridge.process);
        break;
    case FAULT_KIND_POWER_LOSS:
        lose_power(station);
        break;
    case FAULT_KIND_CUT_STATION:
        broker_cut(&station->client);
        break;
    case FAULT_KIND_CUT_BRIDGE:
        broker_cut(&sim->bridge.client);
        break;
    case FAULT_KIND_BROKER_STOP:
    case FAULT_KIND_BROKER_AMNESIA:
        stop_broker(sim, fault == FAULT_KIND_BROKER_AMNESIA);
        break;
    case FAULT_KIND_DISK_FULL_ENGINE:
    case FAULT_KIND_DISK_FULL_MONITOR:
    case FAULT_KIND_DISK_FULL_BRIDGE:
        fill_disk(sim, station, fault);
        break;
    case FAULT_KIND_CLOCK_STEP:
        step_clock(sim, station);
        break;
    case FAULT_KIND_RESTORE:
        sim_bridge_restore(sim);
        break;
    case FAULT_KIND_COUNT:
        break;
    }
}

static enum sim_fault choose(struct sim *sim)
{
    /* Restoring a backup is rare: it ends the stricter checks for its run. */
    static const unsigned char WEIGHTS[FAULT_KIND_COUNT] = {
        [FAULT_KIND_ENGINE_KILL] = 14,     [FAULT_KIND_MONITOR_KILL] = 16,
        [FAULT_KIND_BRIDGE_KILL] = 12,     [FAULT_KIND_POWER_LOSS] = 10,
        [FAULT_KIND_CUT_STATION] = 16,     [FAULT_KIND_CUT_BRIDGE] = 10,
        [FAULT_KIND_BROKER_STOP] = 5,      [FAULT_KIND_BROKER_AMNESIA] = 8,
        [FAULT_KIND_DISK_FULL_ENGINE] = 3, [FAULT_KIND_DISK_FULL_MONITOR] = 4,
        [FAULT_KIND_DISK_FULL_BRIDGE] = 4, [FAULT_KIND_CLOCK_STEP] = 4,
        [FAULT_KIND_RESTORE] = 0};
    int64_t whole = 0;
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        whole += WEIGHTS[i];
    int64_t at = random_below(&sim->random, whole);
    int kind = 0;
    while (at >= WEIGHTS[kind])
        at -= WEIGHTS[kind++];
    return (enum sim_fault)kind;
}

static void happen(void *self, void *what)
{
    struct sim *sim = self;
    (void)what;
    if (!sim->calm)
        strike(sim, choose(sim));
}

static void back_up(void *self, void *what)
{
    struct sim *sim = self;
    (void)what;
    if (!sim->calm)
        sim_bridge_backup(sim);
}

static void restore(void *self, void *what)
{
    struct sim *sim = self;
    (void)what;
    if (!sim->calm)
        strike(sim, FAULT_KIND_RESTORE);
}

void sim_chaos_begin(struct sim *sim, int64_t span_us)
{
    struct random *random = &sim->random;
    int64_t count = random_between(random, 0, 12);
    for (int64_t i = 0; i < count; i++)
        sim_later(sim, random_between(random, 0, span_us), happen, sim, NULL);
    if (!sim->disk && random_chance(random, 12)) {
        int64_t at_us = random_between(random, 0, span_us * 2 / 3);
        sim_later(sim, at_us, back_up, sim, NULL);
        sim_later(sim, random_between(random, at_us + 1000000, span_us), restore, sim, NULL);
    }
}

void sim_chaos_end(struct sim *sim)
{
    sim->calm = true;
    if (sim->disk)
        crash_vfs_fail_at_sync(sim->disk->vfs, 0);
    broker_start(&sim->broker);
    sim_bridge_disk_full(sim, false);
    sim->bridge.process.fatal_in = 0;
    for (size_t i = 0; i < sim->station_count; i++) {
        struct sim_station *station = &sim->stations[i];
        station->engine_disk_full = false;
        station->engine_process.fatal_in = station->monitor_process.fatal_in = 0;
        station->wall_step_us = 0;
        sim_monitor_disk_full(station, false);
    }
}

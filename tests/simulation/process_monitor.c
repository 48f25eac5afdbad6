/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor as a process: the real logic over a tapped journal, the modelled broker and the
 * engine's socket. */
#include "process_monitor.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void init_settings(struct sim_station *station, struct settings *settings)
{
    struct random *random = &station->sim->random;
    *settings = (struct settings){
        .device = station->device,
        .location = "Lot 7",
        .price_per_kwh = 0.3,
        .latitude = 52.5,
        .longitude = 13.4,
        .clock = random_chance(random, 15)   ? SETTINGS_CLOCK_UNSYNCED
                 : random_chance(random, 20) ? SETTINGS_CLOCK_AUTO
                                             : SETTINGS_CLOCK_SYNCED,
        .prefix = "",
        .own_topic = random_chance(random, 50),
        .health_interval_us = 30 * CLOCK_US_PER_SECOND,
        .health_timeout_us = 120 * CLOCK_US_PER_SECOND,
        .report_interval_plant_us = random_between(random, 10, 35) * CLOCK_US_PER_SECOND,
        .speed = 1,
        .group_us = random_chance(random, 20) ? 0 : random_between(random, 100000, 3000000),
        .telemetry_max_bytes =
            random_chance(random, 25) ? random_between(random, 6000, 30000) : 64 << 20,
        .ttl_us = 30 * CLOCK_US_PER_SECOND,
    };
}

void sim_monitor_init(struct sim_station *station)
{
    struct sim *sim = station->sim;
    struct sim_monitor *monitor = calloc(1, sizeof *monitor);
    char id[JOURNAL_ID_SIZE];
    struct err err = {0};
    assert(monitor);
    station->monitor = monitor;
    init_settings(station, &monitor->settings);
    monitor->clock_synced = random_chance(&sim->random, 50);
    monitor_process_wire(station);
    (void)snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64, random_next(&sim->random),
                   random_next(&sim->random));
    station->monitor_process.power = sim->disk ? sim->disk->vfs : NULL;
    if (!sim->disk && journal_memory_new(&monitor->memory, id, &err) < 0)
        sim_violate(sim, "no journal: %s", err.text);
    monitor->tap = (struct journal_tap){
        .station = station, .in_flight = monitor_process_in_flight, .in_flight_self = monitor};
    (void)snprintf(station->control_topic, sizeof station->control_topic, "control/%s",
                   station->device);
    station->client = (struct broker_client){.events = &MONITOR_EVENTS,
                                             .self = station,
                                             .clean = true,
                                             .filters = {"control", station->control_topic}};
    broker_join(&sim->broker, &station->client);
}

static void restart(void *self, void *what)
{
    (void)what;
    sim_monitor_start(self);
}

/* What the process had not committed is gone; and what was not durable, if the power is. */
static void lose_journal(struct sim_station *station, bool power_lost)
{
    struct sim_monitor *monitor = station->monitor;
    if (monitor->memory) {
        journal_tap_crash(&monitor->tap, power_lost);
        journal_memory_crash(monitor->memory, power_lost);
    } else if (monitor->journal_open) {
        journal_tap_close(&monitor->tap);
    }
    monitor->journal_open = false;
}

static int open_journal(struct sim_station *station, struct journal *inner, struct err *err)
{
    struct sim_monitor *monitor = station->monitor;
    struct random *random = &station->sim->random;
    char id[JOURNAL_ID_SIZE];
    bool damaged = false;
    if (monitor->memory)
        return journal_memory_open(inner, monitor->memory, err);
    (void)snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64, random_next(random),
                   random_next(random));
    int code = journal_sqlite_open(inner, station->sim->disk->folder, id, &damaged, err);
    if (damaged)
        sim_violate(station->sim, "%s: the journal is damaged", station->device);
    return code;
}

static void fails_to_start(struct sim_station *station, const struct err *err)
{
    struct sim_monitor *monitor = station->monitor;
    struct process *process = &station->monitor_process;
    if (!process->dead && !sim_power_is_off(station->sim) && err->code != ERR_FULL &&
        err->code != ERR_STORAGE)
        sim_violate(station->sim, "%s: the monitor does not start: %s", station->device, err->text);
    sim_trace(station->sim, "%s: the monitor does not start: %s", station->device, err->text);
    monitor->monitor = NULL;
    process->running = false;
    process->life++;
    lose_journal(station, false);
    sim_later(station->sim, 2 * CLOCK_US_PER_SECOND, restart, station, &process->life);
    if (sim_power_is_off(station->sim))
        sim_power_loss(station->sim);
}

void sim_monitor_start(struct sim_station *station)
{
    struct sim_monitor *monitor = station->monitor;
    struct process *process = &station->monitor_process;
    struct journal inner;
    struct err err = {0};
    assert(!process->running);
    process->running = true;
    process->dead = false;
    process->fatal_in = 0;
    monitor->exits = monitor->closes_engine = false;
    monitor->outstanding_count = 0;
    sim_trace(station->sim, "%s monitor starts", station->device);
    if (open_journal(station, &inner, &err) < 0) {
        fails_to_start(station, &err);
        return;
    }
    monitor->journal_open = true;
    journal_tap_open(&monitor->tap, &inner, &monitor->journal);
    if (station->sim->disk)
        journal_tap_reconcile(&monitor->tap);
    struct monitor_options options = {.settings = &monitor->settings,
                                      .env = &monitor->env,
                                      .link = &monitor->link,
                                      .journal = &monitor->journal};
    if (monitor_new(&monitor->monitor, &options, &err) < 0) {
        fails_to_start(station, &err);
        return;
    }
    monitor_process_connect(station);
    monitor_process_after(station);
    if (process->running)
        sim_ipc_look(station);
}

/* The process is gone, whatever way it went. */
static void end(struct sim_station *station, bool power_lost)
{
    struct sim_monitor *monitor = station->monitor;
    struct process *process = &station->monitor_process;
    process->running = false;
    process->life++;
    monitor->tick_life++;
    monitor_free(monitor->monitor);
    monitor->monitor = NULL;
    lose_journal(station, power_lost);
    sim_ipc_break(station, false);
    sim_later(station->sim, random_between(&station->sim->random, 100000, 8000000), restart,
              station, &process->life);
}

void sim_monitor_stop(struct sim_station *station, bool power_lost)
{
    struct sim_monitor *monitor = station->monitor;
    if (!station->monitor_process.running) {
        if (power_lost && monitor->memory)
            lose_journal(station, true);
        return;
    }
    sim_trace(station->sim, "%s monitor dies", station->device);
    station->monitor_process.dead = true;
    broker_vanish(&station->client);
    end(station, power_lost);
}

void sim_monitor_release(struct sim_station *station)
{
    struct sim_monitor *monitor = station->monitor;
    monitor_free(monitor->monitor);
    if (monitor->journal_open)
        lose_journal(station, false);
    journal_tap_free(&monitor->tap);
    journal_memory_free(monitor->memory);
    strbuf_free(&monitor->will);
    free(monitor);
}

static void tick(void *self, void *what)
{
    (void)what;
    monitor_process_after(self);
}

void monitor_process_after(struct sim_station *station)
{
    struct sim_monitor *monitor = station->monitor;
    struct process *process = &station->monitor_process;
    if (!process->running)
        return;
    int64_t next_us = process->dead ? 0 : monitor_tick(monitor->monitor);
    if (sim_power_is_off(station->sim)) {
        sim_power_loss(station->sim);
        return;
    }
    if (process->dead) {
        sim_monitor_stop(station, false);
        return;
    }
    if (monitor->exits) {
        sim_trace(station->sim, "%s monitor exits", station->device);
        process->exits++;
        monitor_shutdown(monitor->monitor, "restart");
        broker_client_leave(&station->client);
        end(station, false);
        return;
    }
    monitor->tick_life++;
    if (next_us == INT64_MAX)
        return;
    int64_t after_us = next_us - monitor_process_mono_us(station);
    sim_later(station->sim, after_us > 1000 ? after_us : 1000, tick, station, &monitor->tick_life);
}

void sim_monitor_disk_full(struct sim_station *station, bool full)
{
    if (station->sim->disk) {
        sim_bridge_disk_full(station->sim, full);
        return;
    }
    journal_memory_set_full(station->monitor->memory, full);
}

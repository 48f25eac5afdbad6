/* SPDX-License-Identifier: Apache-2.0 */
/* One run from one seed: set up, chaos, calm, checks. */
#include "sim.h"

#include "store/store.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_MIN_US    (60 * CLOCK_US_PER_SECOND)
#define SPAN_MAX_US    (300 * CLOCK_US_PER_SECOND)
#define CALM_STEP_US   (500 * CLOCK_US_PER_MS)
#define CALM_MAX_US    (3600 * CLOCK_US_PER_SECOND)
#define SLICE_US       (5 * CLOCK_US_PER_SECOND)
#define REPORT_US      (45 * CLOCK_US_PER_SECOND)
#define REPORT_LATE_US (110 * CLOCK_US_PER_SECOND) /* a journal that was full: after 60 s */
#define CALM_LOOKS     4

void sim_violate(struct sim *sim, const char *format, ...)
{
    if (sim->violation[0])
        return;
    int used = snprintf(sim->violation, sizeof sim->violation,
                        "at %.3f s: ", (double)sim->schedule.now_us / 1e6);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sim->violation + used, sizeof sim->violation - (size_t)used, format, arguments);
    va_end(arguments);
}

void sim_trace(struct sim *sim, const char *format, ...)
{
    if (!sim->trace)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)fprintf(stderr, "%10.3f ", (double)sim->schedule.now_us / 1e6);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
}

void sim_later(struct sim *sim, int64_t after_us, void (*happen)(void *self, void *what),
               void *self, const uint64_t *life)
{
    schedule_add(&sim->schedule, after_us,
                 &(struct schedule_event){.happen = happen, .self = self, .life = life});
}

int64_t sim_wall_us(const struct sim *sim, const struct sim_station *station)
{
    return SIM_START_US + sim->schedule.now_us + station->wall_step_us;
}

void sim_count(struct sim *sim, enum sim_fault fault)
{
    sim->counts->faults[fault]++;
}

enum process_call process_call(struct process *process)
{
    if (process->power && crash_vfs_is_off(process->power))
        process->dead = true;
    if (process->dead || !process->running)
        return CALL_DEAD;
    if (process->fatal_in == 0 || --process->fatal_in > 0)
        return CALL_WORKS;
    process->dead = true;
    return CALL_LAST;
}

static void tap(void *self, const struct broker_packet *packet, const struct broker_client *from)
{
    struct sim *sim = self;
    sim->counts->messages++;
    sim_trace(sim, "%s %s%.*s", packet->topic, from ? "" : "(injected) ", (int)packet->length,
              packet->payload);
}

/* What a database connection may never see, noted by triggers that only this connection has. */
static const char WATCH[] =
    "CREATE TEMP TABLE IF NOT EXISTS violation (text TEXT);"
    "DELETE FROM violation;"
    "CREATE TEMP TRIGGER IF NOT EXISTS watch_stream BEFORE UPDATE ON main.stream"
    " WHEN new.seq < old.seq OR new.gap_rows < old.gap_rows"
    " BEGIN INSERT INTO violation VALUES ('mark'); END;"
    "CREATE TEMP TRIGGER IF NOT EXISTS watch_station BEFORE UPDATE ON main.station"
    " WHEN new.journal = old.journal AND (new.boot < old.boot"
    "  OR (new.boot = old.boot AND new.up_ms < old.up_ms) OR new.conn_boot < old.conn_boot"
    "  OR (new.conn_boot = old.conn_boot AND new.conn < old.conn))"
    " BEGIN INSERT INTO violation VALUES ('station'); END;"
    "CREATE TEMP TRIGGER IF NOT EXISTS watch_command BEFORE UPDATE OF outcome ON main.command"
    " WHEN NOT (new.outcome = old.outcome"
    "  OR (old.outcome = 'sent')"
    "  OR (old.outcome = 'accepted' AND new.outcome IN ('done', 'failed', 'expired'))"
    "  OR (old.outcome = 'expired' AND new.outcome IN ('done', 'failed', 'refused')))"
    " BEGIN INSERT INTO violation VALUES ('command'); END;";

void sim_watch(struct sim *sim)
{
    sqlite3 *db = store_handle(sim->bridge.store);
    if (sqlite3_exec(db, WATCH, NULL, NULL, NULL) != SQLITE_OK && !sim_power_is_off(sim))
        sim_violate(sim, "no triggers: %s", sqlite3_errmsg(db));
}

void sim_watched(struct sim *sim)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store_handle(sim->bridge.store), "SELECT text FROM temp.violation", -1,
                           &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        sim_violate(sim, "a move against the rules in the database: %s",
                    (const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
}

bool sim_power_is_off(const struct sim *sim)
{
    return sim->disk && crash_vfs_is_off(sim->disk->vfs);
}

void sim_power_loss(struct sim *sim)
{
    crash_vfs_fail_at_sync(sim->disk->vfs, 0);
    crash_vfs_power_off(sim->disk->vfs);
    for (size_t i = 0; i < sim->station_count; i++) {
        sim_monitor_stop(&sim->stations[i], true);
        sim_engine_stop(&sim->stations[i]);
    }
    sim_bridge_stop(sim);
    crash_vfs_reboot(sim->disk->vfs);
}

static void set_up(struct sim *sim, struct store *store)
{
    random_seed(&sim->random, sim->seed);
    broker_init(&sim->broker, &sim->schedule, &sim->random);
    sim->broker.tap = tap;
    sim->broker.tap_self = sim;
    sim_bridge_init(sim, store);
    sim->station_count = !sim->disk && random_chance(&sim->random, 20) ? 2 : 1;
    for (size_t i = 0; i < sim->station_count; i++) {
        struct sim_station *station = &sim->stations[i];
        station->sim = sim;
        (void)snprintf(station->device, sizeof station->device, "%d", 1231 + (int)i);
        plant_init(&station->plant, &sim->random, station->device, sim->seed + i, SIM_START_US);
        sim_engine_init(station);
        sim_monitor_init(station);
    }
    sim_bridge_start(sim);
    for (size_t i = 0; i < sim->station_count && !sim->violation[0]; i++) {
        sim_engine_start(&sim->stations[i]);
        sim_monitor_start(&sim->stations[i]);
    }
}

/* And both ends know it. */
static bool is_connected(const struct broker_client *client)
{
    return client->alive && client->sees && client->broker_sees;
}

static bool station_is_at_rest(struct sim_station *station)
{
    return station->engine_process.running && station->monitor_process.running &&
           engine_events_waiting(station->engine) == 0 && !station->swap_command[0] &&
           is_connected(&station->client) && sim_monitor_is_drained(station);
}

static struct sim_station *restless(struct sim *sim)
{
    for (size_t i = 0; i < sim->station_count; i++)
        if (!station_is_at_rest(&sim->stations[i]))
            return &sim->stations[i];
    return NULL;
}

static bool is_at_rest(struct sim *sim)
{
    const struct sim_bridge *bridge = &sim->bridge;
    return bridge->process.running && bridge->ring_count == 0 && bridge->client.queue_count == 0 &&
           is_connected(&bridge->client) && !restless(sim);
}

static int64_t count_open(struct sim *sim)
{
    sqlite3_stmt *statement = NULL;
    int64_t count = -1;
    if (sim->bridge.store &&
        sqlite3_prepare_v2(store_handle(sim->bridge.store),
                           "SELECT count(*) FROM command WHERE outcome IN ('sent', 'accepted')", -1,
                           &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        count = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return count;
}

/* Until nothing is under way any more; a stream that is stuck shows here. */
static void drain(struct sim *sim)
{
    int64_t begin_us = sim->schedule.now_us;
    int rested = 0; /* looks in a row */
    while (!sim->violation[0] && rested < CALM_LOOKS) {
        schedule_run(&sim->schedule, sim->schedule.now_us + CALM_STEP_US);
        rested = is_at_rest(sim) && count_open(sim) == 0 ? rested + 1 : 0;
        if (sim->schedule.now_us - begin_us <= CALM_MAX_US)
            continue;
        struct sim_station *station = restless(sim);
        sim_violate(sim,
                    "an hour of calm and still not at rest: ring %zu, commands open in the "
                    "database %" PRId64 "; %s: %s",
                    sim->bridge.ring_count, count_open(sim),
                    station ? station->device : "the stations",
                    station ? sim_monitor_describe(station) : "at rest");
    }
}

/* Drained twice: between the two, every station has reported what it is by now, with room in its
 * journal to say so, and twice where a restored database knows no better. */
static void come_to_rest(struct sim *sim)
{
    drain(sim);
    int64_t span_us = sim->journal_was_full || sim->restored ? REPORT_LATE_US : REPORT_US;
    for (int64_t end_us = sim->schedule.now_us + span_us;
         sim->schedule.now_us < end_us && !sim->violation[0];)
        schedule_run(&sim->schedule, sim->schedule.now_us + SLICE_US);
    drain(sim);
}

static void tear_down(struct sim *sim)
{
    for (size_t i = 0; i < sim->station_count; i++) {
        sim_engine_release(&sim->stations[i]);
        sim_monitor_release(&sim->stations[i]);
    }
    sim_bridge_release(sim);
    schedule_free(&sim->schedule);
    broker_free(&sim->broker);
    ledger_free(&sim->ledger);
    ledger_free(&sim->backup_ledger);
    (void)sqlite3_close(sim->backup);
    sim_disk_free(sim->disk);
}

static void add_up(struct sim *sim)
{
    struct sim_counts *counts = sim->counts;
    counts->runs++;
    counts->virtual_us += sim->schedule.now_us * (int64_t)sim->station_count;
    counts->events += sim->ledger.events_made;
    counts->telemetry += sim->ledger.telemetry_made;
    counts->repeats += sim->ledger.repeats;
    counts->missing += sim->ledger.missing;
    counts->gap_rows += sim->ledger.gap_rows;
    counts->redeliveries += sim->broker.redeliveries;
}

int sim_run(uint64_t seed, bool trace, struct store *store, struct sim_counts *counts,
            char *violation, size_t violation_size)
{
    struct sim *sim = calloc(1, sizeof *sim);
    if (!sim)
        abort();
    sim->seed = seed;
    sim->trace = trace;
    sim->counts = counts;
    if (!store && !(sim->disk = sim_disk_new(seed)))
        abort();
    set_up(sim, store);
    int64_t span_us = random_between(&sim->random, SPAN_MIN_US, SPAN_MAX_US);
    sim_operator_begin(sim);
    sim_chaos_begin(sim, span_us);
    while (!sim->violation[0] && sim->schedule.now_us < span_us)
        schedule_run(&sim->schedule, sim->schedule.now_us + SLICE_US);
    sim_chaos_end(sim);
    if (!sim->violation[0])
        come_to_rest(sim);
    if (!sim->violation[0])
        sim_check_final(sim);
    if (!sim->violation[0])
        sim_check_truth(sim);
    (void)snprintf(violation, violation_size, "%s", sim->violation);
    add_up(sim);
    tear_down(sim);
    free(sim);
    return violation[0] ? -1 : 0;
}

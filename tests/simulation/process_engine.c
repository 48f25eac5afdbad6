/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as a process: its disk, its clock, its restarts, and a record of every event that it
 * made durable. */
#include "sim.h"

#include "engine/state.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_BUSY_US  (500 * CLOCK_US_PER_MS)
#define STEP_QUIET_US (2 * CLOCK_US_PER_SECOND)

/* --- env --- */

static int64_t wall_us(void *self)
{
    const struct sim_station *station = self;
    return sim_wall_us(station->sim, station);
}

static int64_t mono_us(void *self)
{
    const struct sim_station *station = self;
    return station->sim->schedule.now_us + 1000 * CLOCK_US_PER_SECOND;
}

static int64_t plant_us(void *self)
{
    const struct sim_station *station = self;
    return SIM_START_US + station->sim->schedule.now_us;
}

static void random_bytes(void *self, void *to, size_t length)
{
    struct sim_station *station = self;
    random_fill(&station->sim->random, to, length);
}

/* Every row of the saved state is an event that must reach the database. */
static void note_made(struct sim_station *station)
{
    const struct handover *handover = &station->engine->handover;
    for (size_t i = 0; i < handover->count; i++) {
        const struct handover_row *row = &handover->rows[i];
        const struct sim_made *last =
            station->made_count ? &station->made[station->made_count - 1] : NULL;
        if (last && (row->boot < last->boot || (row->boot == last->boot && row->seq <= last->seq)))
            continue;
        if (station->made_count == station->made_capacity) {
            station->made_capacity = station->made_capacity ? 2 * station->made_capacity : 64;
            station->made = realloc(station->made, station->made_capacity * sizeof *station->made);
            assert(station->made);
        }
        struct sim_made *made = &station->made[station->made_count++];
        *made = (struct sim_made){.boot = row->boot, .seq = row->seq};
        if (row->type == IPC_EVENT)
            sim_event_key(row->body, made->key);
        sim_trace(station->sim, "%s engine made %lld.%lld %s", station->device,
                  (long long)row->boot, (long long)row->seq, row->body);
    }
}

static int state_save(void *self, const char *name, const void *bytes, size_t length,
                      struct err *err)
{
    struct sim_station *station = self;
    enum process_call call = process_call(&station->engine_process);
    assert(strcmp(name, INTENT_NAME) == 0);
    bool works =
        call == CALL_WORKS || (call == CALL_LAST && random_chance(&station->sim->random, 50));
    if (!works || station->engine_disk_full)
        return err_set(err, ERR_FULL, "no space left");
    strbuf_clear(&station->engine_state.bytes);
    strbuf_append(&station->engine_state.bytes, bytes, length);
    station->engine_state.exists = true;
    if (station->engine)
        note_made(station);
    return 0;
}

static int state_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    const struct sim_station *station = self;
    (void)name;
    if (!station->engine_state.exists)
        return err_set(err, ERR_NOT_FOUND, "never saved");
    strbuf_append(to, strbuf_text(&station->engine_state.bytes),
                  station->engine_state.bytes.length);
    return 0;
}

/* --- link --- */

static int link_send(void *self, const void *bytes, size_t length, struct err *err)
{
    struct sim_station *station = self;
    if (process_call(&station->engine_process) != CALL_WORKS)
        return err_set(err, ERR_UNAVAILABLE, "dead");
    sim_trace(station->sim, "%s ipc< %.*s", station->device, (int)length, (const char *)bytes);
    return sim_ipc_send(station, true, bytes, length, err);
}

/* A dead engine's outputs have no effect. */
static int guarded_write(void *self, int64_t now_us, const struct io_requests *asked,
                         const struct io_readings *readings, struct err *err)
{
    struct sim_station *station = self;
    if (process_call(&station->engine_process) == CALL_WORKS)
        return PLANT_OPS.write(&station->plant, now_us, asked, readings, err);
    return 0;
}

static int guarded_read(void *self, int64_t now_us, struct io_readings *to, struct err *err)
{
    struct sim_station *station = self;
    return PLANT_OPS.read(&station->plant, now_us, to, err);
}

static const struct driver_ops GUARDED = {
    .name = "plant", .read = guarded_read, .write = guarded_write};

void sim_engine_init(struct sim_station *station)
{
    struct random *random = &station->sim->random;
    struct engine_options *options = &station->engine_options;
    station->engine_env =
        (struct env){station, wall_us, mono_us, plant_us, random_bytes, state_save, state_load};
    station->engine_link = (struct engine_link){station, link_send};
    station->engine_plant = (struct engine_plant){&GUARDED, station, NULL};
    engine_options_default(options);
    options->env = &station->engine_env;
    options->link = &station->engine_link;
    options->plants = &station->engine_plant;
    options->plant_count = 1;
    options->bay_count = station->plant.bay_count;
    options->settings.swap_out_in = station->plant.out_in;
    options->board = "simulation";
    options->fw = "0";
    options->report_interval_s = (double)random_between(random, 10, 40);
    options->limits.arrival_s = 60;
    options->limits.returned_s = options->limits.taken_s = 30;
    options->limits.leave_s = 60;
    options->limits.guard_s = 20;
}

/* --- life --- */

static void step(void *self, void *what)
{
    struct sim_station *station = self;
    (void)what;
    bool busy = station->engine->station.swap.step != SWAP_IDLE ||
                !plant_is_quiet(&station->plant) || station->engine->station.interrupted;
    sim_later(station->sim, busy ? STEP_BUSY_US : STEP_QUIET_US, step, station,
              &station->engine_process.life);
    (void)engine_step(station->engine, 1);
    sim_engine_after(station);
}

static void restart(void *self, void *what)
{
    (void)what;
    sim_engine_start(self);
}

void sim_engine_start(struct sim_station *station)
{
    struct process *process = &station->engine_process;
    struct err err = {0};
    assert(!process->running);
    process->running = true;
    process->dead = false;
    process->fatal_in = 0;
    plant_advance(&station->plant, plant_us(station));
    int code = engine_new(&station->engine, &station->engine_options, &err);
    if (code < 0) {
        if (code != ERR_STORAGE && code != ERR_FULL)
            sim_violate(station->sim, "%s: the engine does not start: %s", station->device,
                        err.text);
        station->engine = NULL;
        process->running = false;
        process->life++;
        sim_later(station->sim, 2 * CLOCK_US_PER_SECOND, restart, station, &process->life);
        return;
    }
    note_made(station);
    step(station, NULL);
    if (process->running)
        sim_ipc_look(station);
}

void sim_engine_stop(struct sim_station *station)
{
    struct process *process = &station->engine_process;
    if (!process->running)
        return;
    process->running = false;
    process->life++;
    plant_advance(&station->plant, plant_us(station));
    engine_free(station->engine);
    station->engine = NULL;
    plant_release(&station->plant);
    sim_ipc_break(station, true);
    sim_later(station->sim, random_between(&station->sim->random, 100000, 5000000), restart,
              station, &process->life);
}

void sim_engine_release(struct sim_station *station)
{
    engine_free(station->engine);
    strbuf_free(&station->engine_state.bytes);
    free(station->made);
}

void sim_engine_after(struct sim_station *station)
{
    struct process *process = &station->engine_process;
    struct err err = {0};
    if (!process->running)
        return;
    if (process->dead) {
        sim_engine_stop(station);
        return;
    }
    sim_check_engine(station);
    if (engine_wants_exit(station->engine)) {
        process->exits++;
        (void)engine_stop(station->engine, &err);
        sim_engine_stop(station);
    }
}

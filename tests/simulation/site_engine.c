/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as a process on the plant: its disk, its crashes and hangs, and a record of every
 * event that it made durable. */
#include "site.h"

#include "engine/state.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SEES_AFTER_US CLOCK_US_PER_SECOND

static int64_t clock_us(void *self)
{
    return site_plant_us(self);
}

static void random_bytes(void *self, void *to, size_t length)
{
    random_fill(&((struct site *)self)->random, to, length);
}

/* Every row of the saved state is an event that must reach the journal. */
static void note_made(struct site *site)
{
    const struct handover *handover = &site->engine->handover;
    for (size_t i = 0; i < handover->count; i++) {
        const struct handover_row *row = &handover->rows[i];
        const struct sim_made *last = site->made_count ? &site->made[site->made_count - 1] : NULL;
        if (last && (row->boot < last->boot || (row->boot == last->boot && row->seq <= last->seq)))
            continue;
        if (site->made_count == site->made_capacity) {
            site->made_capacity = site->made_capacity ? 2 * site->made_capacity : 64;
            site->made = realloc(site->made, site->made_capacity * sizeof *site->made);
            assert(site->made);
        }
        struct sim_made *made = &site->made[site->made_count++];
        *made = (struct sim_made){.boot = row->boot, .seq = row->seq};
        if (row->type == IPC_EVENT)
            sim_event_key(row->body, made->key);
        site_trace(site, "made %lld.%lld %s", (long long)row->boot, (long long)row->seq, row->body);
    }
}

static int state_save(void *self, const char *name, const void *bytes, size_t length,
                      struct err *err)
{
    struct site *site = self;
    enum process_call call = process_call(&site->engine_process);
    bool works = call == CALL_WORKS || (call == CALL_LAST && random_chance(&site->random, 50));
    (void)name;
    if (!works || site->engine_disk_full)
        return err_set(err, ERR_FULL, "no space left");
    strbuf_clear(&site->engine_state);
    strbuf_append(&site->engine_state, bytes, length);
    if (site->engine)
        note_made(site);
    return 0;
}

static int state_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    const struct site *site = self;
    if (site->engine_state.length == 0)
        return err_set(err, ERR_NOT_FOUND, "%s was never saved", name);
    strbuf_append(to, strbuf_text(&site->engine_state), site->engine_state.length);
    return 0;
}

static int link_send(void *self, const void *bytes, size_t length, struct err *err)
{
    struct site *site = self;
    if (process_call(&site->engine_process) != CALL_WORKS)
        return err_set(err, ERR_UNAVAILABLE, "dead");
    return site_send(site, true, bytes, length, err);
}

/* --- the driver, as the process reaches it --- */

static int plant_read(void *self, int64_t now_us, struct io_readings *readings, struct err *err)
{
    struct site *site = self;
    return sim_driver.read(site->driver, now_us, readings, err);
}

static int plant_write(void *self, int64_t now_us, const struct io_requests *requests,
                       const struct io_readings *readings, struct err *err)
{
    struct site *site = self;
    if (process_call(&site->engine_process) != CALL_WORKS)
        return 0;
    return sim_driver.write(site->driver, now_us, requests, readings, err);
}

static bool plant_take_record(void *self, struct driver_record *record)
{
    return sim_driver.take_record(((struct site *)self)->driver, record);
}

static const struct driver_ops PLANT = {
    .name = "sim", .read = plant_read, .write = plant_write, .take_record = plant_take_record};

void site_engine_init(struct site *site)
{
    struct engine_options *options = &site->engine_options;
    site->engine_env =
        (struct env){site, clock_us, clock_us, clock_us, random_bytes, state_save, state_load};
    site->engine_link = (struct engine_link){site, link_send};
    site->engine_plant = (struct engine_plant){&PLANT, site, NULL};
    engine_options_default(options);
    options->env = &site->engine_env;
    options->link = &site->engine_link;
    options->plants = &site->engine_plant;
    options->plant_count = 1;
    options->bay_count = SITE_BAYS;
    options->board = "station";
    options->fw = "0";
    options->settings.resume_auto = !random_chance(&site->random, 20);
    options->report_interval_s = 60;
    options->health_timeout_s = 20;
    options->monitor_settle_s = 5;
    /* People and patience are quick here; what protects them keeps its times. */
    options->limits.arrival_s = 40;
    options->limits.returned_s = options->limits.taken_s = 30;
    options->limits.leave_s = 30;
    options->limits.guard_s = 15;
    options->limits.swap_s = 90;
    options->limits.charge_retry_s = 10;
    options->limits.fault_flap_s = 15;
}

/* --- checks after each step --- */

/* Only a command of ours begins a swap, and each only one. */
static void check_swap(struct site *site)
{
    const struct swap *swap = &site->engine->station.swap;
    const char *id = swap->step == SWAP_IDLE ? "" : swap->request_id; /* = identity */
    if (strcmp(id, site->swap_command) == 0)
        return;
    (void)snprintf(site->swap_command, sizeof site->swap_command, "%s", id);
    if (!id[0])
        return;
    struct site_command *command = site_command_find(site, id);
    if (!command)
        site_violate(site, "a swap for command \"%s\", which nobody sent", id);
    else if (command->executed)
        site_violate(site, "command %s is executed again", id);
    else
        command->executed = true;
    site->counts->swaps++;
}

/* Rules 6 and 10: without a swap nothing begins to move. A door that was on its way when its swap
 * was interrupted comes to its end. */
static void check_step(struct site *site)
{
    const struct station *station = &site->engine->station;
    const struct io_requests *asked = &site->world->requests;
    site->counts->checks++;
    site->counts->steps++;
    check_swap(site);
    if (station->swap.step != SWAP_IDLE || WORLD_FAULT(site->world, write_error))
        return;
    bool moves = asked->gate != IO_MOTION_HOLD;
    for (int i = 0; i < SITE_BAYS; i++)
        moves |= asked->bays[i].door != IO_MOTION_HOLD && station->bays[i].door == DOOR_REST;
    if (moves)
        site_violate(site, "something is asked to move and no swap is under way");
}

/* --- life --- */

void site_engine_die(struct site *site, bool at_once)
{
    struct process *process = &site->engine_process;
    if (!process->running)
        return;
    site_trace(site, "engine dies");
    process->running = false;
    engine_free(site->engine);
    site->engine = NULL;
    site->engine_hung_us = 0;
    site->engine_restart_us = site->now_us + random_between(&site->random, 100000, 5000000);
    /* A helper drives the safe levels, however the process ends. */
    site->outputs_fall_us = site->now_us + (at_once ? 0 : random_below(&site->random, 300000));
    site_disconnect(site, false, site->monitor_process.running);
}

void site_engine_free(struct site *site)
{
    engine_free(site->engine);
    strbuf_free(&site->engine_state);
    free(site->made);
}

static void start(struct site *site)
{
    struct process *process = &site->engine_process;
    struct err err = {0};
    site->world->requests = (struct io_requests){0};
    process->running = true;
    process->dead = false;
    process->fatal_in = 0;
    int code = engine_new(&site->engine, &site->engine_options, &err);
    if (code) {
        if (code != ERR_STORAGE && code != ERR_FULL)
            site_violate(site, "the engine does not start: %s", err.text);
        site->engine = NULL;
        process->running = false;
        site->engine_restart_us = site->now_us + 2 * CLOCK_US_PER_SECOND;
        return;
    }
    note_made(site);
    site_trace(site, "engine starts");
    site->swap_command[0] = '\0'; /* rule 6: what was under way is over */
    site->engine_since_us = site->now_us;
    site->ipc_connect_us = site->now_us + random_between(&site->random, 1000, 1500000);
}

bool site_engine_sees(const struct site *site)
{
    return site->engine && !site->engine_process.dead && site->now_us >= site->engine_hung_us &&
           site->now_us - site->engine_since_us > SEES_AFTER_US;
}

void site_engine_step(struct site *site)
{
    struct process *process = &site->engine_process;
    struct err err = {0};
    if (site->engine_disk_full && site->now_us >= site->engine_disk_us)
        site->engine_disk_full = false;
    if (!process->running) {
        if (site->outputs_fall_us && site->now_us >= site->outputs_fall_us) {
            site->world->requests = (struct io_requests){0};
            site->outputs_fall_us = 0;
        }
        if (site->now_us < site->engine_restart_us)
            return;
        start(site);
        if (!process->running)
            return;
    }
    if (site->now_us < site->engine_hung_us)
        return;
    if (!process->dead)
        (void)engine_step(site->engine, 1);
    if (process->dead) {
        site_engine_die(site, false);
        return;
    }
    check_step(site);
    if (engine_wants_exit(site->engine)) {
        (void)engine_stop(site->engine, &err);
        site_engine_die(site, true);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"
#include "base/log.h"
#include "core/text.h"
#include "engine/state.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define STEP_US          (200 * CLOCK_US_PER_MS)
#define SAVE_INTERVAL_US (5 * CLOCK_US_PER_SECOND)
#define STATUS_GAP_US    (100 * CLOCK_US_PER_MS)

int64_t engine_mono_us(const struct engine *engine)
{
    return engine->options.env->mono_us(engine->options.env->self);
}

int64_t engine_plant_us(const struct engine *engine)
{
    return engine->options.env->plant_us(engine->options.env->self);
}

int64_t engine_core_us(const struct engine *engine)
{
    double wall_us = (double)(engine_mono_us(engine) - engine->mono_us);
    return engine->core_us + (int64_t)(wall_us * engine->options.plant_speed);
}

int64_t engine_stamp_us(const struct engine *engine, int64_t core_us)
{
    return core_us + engine->skew_us;
}

/* Somebody set the clock: stamps follow, deadlines do not. Less than a tenth of a second (wall) is
 * the time that reading two clocks takes, on a busy machine. */
static void follow_clock(struct engine *engine)
{
    int64_t skew_us = engine_plant_us(engine) - engine_core_us(engine);
    int64_t jump_us = skew_us - engine->skew_us;
    double least_us = 1e5 * fmax(engine->options.plant_speed, 1);
    if (fabs((double)jump_us) < least_us)
        return;
    log_warning("engine", "the clock was set by_ms=%" PRId64, jump_us / 1000);
    engine->skew_us = skew_us;
}

/* Says once that a driver fails, and once that it works again. */
static void note_driver(const struct engine *engine, const char *name, const char *what, int code,
                        const struct err *err, int64_t *failed_us)
{
    if (code && !*failed_us) {
        log_error("engine", "driver %s cannot be %s: %s", name, what, err->text);
        *failed_us = engine->now_us;
    } else if (!code && *failed_us) {
        log_info("engine", "driver %s is %s again", name, what);
        *failed_us = 0;
    }
}

/* What a driver did not take for a second may be anything: DriverFault. A single failure is not. */
static bool drivers_fail(const struct engine *engine)
{
    int64_t patience_us = limits_us(engine->station.limits.frames_stale_s);
    for (size_t i = 0; i < engine->options.plant_count; i++) {
        const int64_t since_us[] = {engine->read_failed_us[i], engine->write_failed_us[i]};
        for (size_t k = 0; k < sizeof since_us / sizeof *since_us; k++)
            if (since_us[k] && engine->now_us - since_us[k] > patience_us)
                return true;
    }
    return false;
}

static void read_plants(struct engine *engine)
{
    struct err err = {0};
    struct io_readings *merged = &engine->readings;
    roles_begin(merged, engine->now_us);
    for (size_t i = 0; i < engine->options.plant_count; i++) {
        const struct engine_plant *plant = &engine->options.plants[i];
        struct io_readings *own = &engine->plant_readings[i];
        own->now_us = engine->now_us;
        own->bay_count = merged->bay_count;
        /* What is not read gets old, and old readings are alarms (rule 7). */
        int code = plant->ops->read(plant->self, engine->now_us, own, &err);
        note_driver(engine, plant->ops->name, "read", code, &err, &engine->read_failed_us[i]);
        roles_take(plant->roles, own, merged);
    }
    roles_end(merged);
}

void engine_write_plants(struct engine *engine, const struct io_requests *requests)
{
    struct err err = {0};
    for (size_t i = 0; i < engine->options.plant_count; i++) {
        const struct engine_plant *plant = &engine->options.plants[i];
        int code =
            plant->ops->write(plant->self, engine->now_us, requests, &engine->readings, &err);
        note_driver(engine, plant->ops->name, "written", code, &err, &engine->write_failed_us[i]);
    }
}

bool engine_pump(struct engine *engine, int *wait_ms)
{
    bool urgent = false;
    int64_t soonest_us = INT64_MAX, now_us = engine_core_us(engine);
    for (size_t i = 0; i < engine->options.plant_count; i++) {
        const struct engine_plant *plant = &engine->options.plants[i];
        int64_t next_us = INT64_MAX;
        if (plant->ops->pump)
            urgent |= plant->ops->pump(plant->self, now_us, &next_us);
        if (next_us < soonest_us)
            soonest_us = next_us;
    }
    *wait_ms = -1;
    if (soonest_us != INT64_MAX) {
        double wait_us = fmax((double)(soonest_us - now_us) / engine->options.plant_speed, 0);
        *wait_ms = (int)fmin(ceil(wait_us / 1000), 60000); /* rounded up: no busy loop */
    }
    return urgent;
}

/* What a driver knows from before or outside the station: a pack that was loaded into its vehicle
 * somewhere else. It goes on record as an On-Load without a bay. */
static void take_records(struct engine *engine)
{
    struct driver_record record;
    for (size_t i = 0; i < engine->options.plant_count; i++) {
        const struct engine_plant *plant = &engine->options.plants[i];
        while (plant->ops->take_record && plant->ops->take_record(plant->self, &record)) {
            struct station_event *event =
                actions_add(&engine->actions, STATION_EVENT_SWAP,
                            record.at_us); /* core time, as all that a driver says */
            if (!event)
                return;
            struct message_swap_event *to = &event->data.swap;
            message_battery_init(&to->battery);
            TEXT_SET(to->event, "On-Load");
            TEXT_SET(to->request_id, "commissioning");
            TEXT_SET(to->vehicle, record.vehicle);
            TEXT_SET(to->comments, "loaded before the vehicle's first visit, as its driver says");
            to->bay = to->count = MESSAGE_ABSENT;
            TEXT_SET(to->battery.bid, record.bid);
            TEXT_SET(to->battery.version, record.version);
            to->battery.soc_percent = record.soc_percent;
            to->battery.soh_percent = record.soh_percent;
            to->battery.capacity_kwh = round(record.capacity_kwh * 1e4) / 1e4;
        }
    }
}

static void step_at(struct engine *engine, int64_t now_us)
{
    engine->now_us = now_us;
    read_plants(engine);
    engine_read_token(engine);
    engine->station.driver_fault = drivers_fail(engine);
    take_records(engine);
    struct io_requests before = engine->requests, stops;
    station_step(&engine->station, &engine->readings, &engine->requests, &engine->actions);
    engine_show_notice(engine);
    bool transition = engine->actions.transition;
    bool stored_before = !engine->station.storage_fault;
    engine_take_actions(engine);
    if (engine->dirty) { /* a stop waits for no disk */
        station_restrict(&before, &engine->requests, &stops);
        engine_write_plants(engine, &stops);
    }
    if (!engine_commit(engine) && stored_before) {
        /* What this step began has no durable intent: step again, knowing that. */
        station_step(&engine->station, &engine->readings, &engine->requests, &engine->actions);
        engine_show_notice(engine);
        engine_take_actions(engine);
    }
    if (transition) /* before the outputs change what it shows */
        engine_queue_status(engine, true);
    /* Rule 9: a driver toggles its charge-enable line at each write that asks for it, so that the
     * line falls when this loop stops. */
    engine_write_plants(engine, &engine->requests);
}

/* Time until a status is due: a report interval of plant time, but not more than ten a second. */
static void keep_reporting(struct engine *engine)
{
    int64_t interval_us = (int64_t)(engine->options.report_interval_s * 1e6);
    if (!engine->supervise.registered || engine->readings.now_us == 0)
        return;
    if (engine->now_us - engine->status_sent_us >= interval_us &&
        engine_mono_us(engine) - engine->status_wall_us >= STATUS_GAP_US)
        engine_queue_status(engine, false);
}

bool engine_step(struct engine *engine, int max_steps)
{
    const struct engine_options *options = &engine->options;
    bool safe = supervise_step(&engine->supervise, engine_mono_us(engine),
                               (int64_t)(options->health_timeout_s * 1e6),
                               (int64_t)(options->monitor_settle_s * 1e6));
    if (safe != engine->station.safe_mode)
        log_info("engine", "safe mode %s", safe ? "begins: the monitor is gone" : "ends");
    engine->station.safe_mode = safe;
    follow_clock(engine);
    engine->station.skew_us = engine->skew_us;
    int64_t target_us = engine_core_us(engine);
    bool behind = false;
    if (!engine->steppable) {
        step_at(engine, target_us);
    } else {
        int steps = 0;
        while (engine->now_us < target_us && steps++ < max_steps) {
            int64_t next_us = engine->now_us + STEP_US;
            step_at(engine, next_us < target_us ? next_us : target_us);
        }
        behind = engine->now_us < target_us;
    }
    keep_reporting(engine);
    if (engine_mono_us(engine) - engine->saved_us >= SAVE_INTERVAL_US) {
        engine->saved_us = engine_mono_us(engine);
        engine->dirty |= engine->stale || engine->world;
        (void)engine_commit(engine);
    }
    engine_flush(engine);
    return behind;
}

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

static int64_t plant_us(const struct engine *engine)
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
    int64_t skew_us = plant_us(engine) - engine_core_us(engine);
    int64_t jump_us = skew_us - engine->skew_us;
    double least_us = 1e5 * fmax(engine->options.plant_speed, 1);
    if (fabs((double)jump_us) < least_us)
        return;
    log_warning("engine", "the clock was set by_ms=%" PRId64, jump_us / 1000);
    engine->skew_us = skew_us;
}

void engine_options_default(struct engine_options *options)
{
    *options = (struct engine_options){
        .board = "",
        .fw = "",
        .latitude = NAN,
        .longitude = NAN,
        .chemistries = UINT32_C(1) << IO_CHEMISTRY_LFP | UINT32_C(1) << IO_CHEMISTRY_NMC |
                       UINT32_C(1) << IO_CHEMISTRY_LTO,
        .plant_speed = 1,
        .report_interval_s = 10,
        .health_timeout_s = 120,
        .monitor_settle_s = 30,
    };
    limits_default(&options->limits);
    settings_default(&options->settings);
    for (int i = 0; i < IO_BAYS_MAX; i++)
        options->ratings[i] = (struct bay_rating){NAN, NAN, NAN};
}

/* --- start --- */

static void init_station(struct engine *engine)
{
    const struct engine_options *options = &engine->options;
    struct station *station = &engine->station;
    uint32_t random = 0;
    char engine_id[9];
    options->env->random_bytes(options->env->self, &random, sizeof random);
    snprintf(engine_id, sizeof engine_id, "%08" PRIx32, random);
    station_init(station, options->bay_count, engine_id);
    station->limits = options->limits;
    station->settings = options->settings;
    station->permit.chemistries = options->chemistries;
    station->safe_mode = true;
    for (int i = 0; i < options->bay_count; i++)
        station->bays[i].rating = options->ratings[i];
}

static int load(struct engine *engine, struct err *err)
{
    const struct env *env = engine->options.env;
    struct intent intent = {&engine->station, &engine->handover, &engine->config, 0};
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    int code = env->state_load(env->self, INTENT_NAME, &text, err);
    if (code == ERR_NOT_FOUND)
        return 0;
    return code ? code : intent_decode(strbuf_text(&text), text.length, &intent, err);
}

static int start(struct engine *engine, struct err *err)
{
    supervise_init(&engine->supervise);
    init_station(engine);
    int code = load(engine, err);
    if (code)
        return code;
    /* A new boot number before anything is written under it; then what the restart interrupted. */
    engine->handover.boot++;
    engine->handover.last_seq = 0;
    engine->mono_us = engine_mono_us(engine);
    engine->now_us = engine->core_us = plant_us(engine);
    engine->readings.bay_count = engine->options.bay_count;
    station_resume(&engine->station, engine->now_us, &engine->actions);
    engine_take_actions(engine);
    engine->dirty = true;
    if (!engine_commit(engine))
        return err_set(err, ERR_STORAGE,
                       "the engine's state cannot be stored: nothing may begin "
                       "before its boot number is durable");
    return 0;
}

int engine_new(struct engine **to, const struct engine_options *options, struct err *err)
{
    struct engine *engine = calloc(1, sizeof *engine);
    *to = NULL;
    if (!engine)
        return err_set(err, ERR_NOMEM, "out of memory for the engine");
    engine->options = *options;
    engine->steppable = options->plant_count > 0;
    for (size_t i = 0; i < options->plant_count; i++) {
        engine->steppable &= options->plants[i].ops->steppable;
        engine->world |= options->plants[i].ops->save != NULL;
    }
    int code = start(engine, err);
    if (code) {
        engine_free(engine);
        return code;
    }
    *to = engine;
    return 0;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    for (size_t i = 0; i < engine->status_count; i++)
        cJSON_Delete(engine->statuses[i].data);
    engine_drop_answers(engine);
    handover_free(&engine->handover);
    actions_free(&engine->actions);
    free(engine);
}

/* --- the step --- */

static void read_plants(struct engine *engine)
{
    struct err err = {0};
    engine->readings.now_us = engine->now_us;
    for (size_t i = 0; i < engine->options.plant_count; i++) {
        const struct engine_plant *plant = &engine->options.plants[i];
        /* What is not read gets old, and old readings are alarms (rule 7). */
        if (plant->ops->read(plant->self, engine->now_us, &engine->readings, &err))
            log_warning("engine", "driver %s cannot be read: %s", plant->ops->name, err.text);
    }
}

static void write_plants(struct engine *engine, const struct io_requests *requests)
{
    struct err err = {0};
    for (size_t i = 0; i < engine->options.plant_count; i++) {
        const struct engine_plant *plant = &engine->options.plants[i];
        if (plant->ops->write(plant->self, engine->now_us, requests, &err))
            log_error("engine", "driver %s cannot be written: %s", plant->ops->name, err.text);
    }
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
            to->bay = MESSAGE_ABSENT;
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
    take_records(engine);
    struct io_requests before = engine->requests, stops;
    station_step(&engine->station, &engine->readings, &engine->requests, &engine->actions);
    bool transition = engine->actions.transition;
    bool stored_before = !engine->station.storage_fault;
    engine_take_actions(engine);
    if (engine->dirty) { /* a stop waits for no disk */
        station_restrict(&before, &engine->requests, &stops);
        write_plants(engine, &stops);
    }
    if (!engine_commit(engine) && stored_before) {
        /* What this step began has no durable intent: step again, knowing that. */
        station_step(&engine->station, &engine->readings, &engine->requests, &engine->actions);
        engine_take_actions(engine);
    }
    if (transition) /* before the outputs change what it shows */
        engine_queue_status(engine, true);
    /* Rule 9: a driver toggles its charge-enable line at each write that asks for it, so that the
     * line falls when this loop stops. */
    write_plants(engine, &engine->requests);
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

void engine_wind_down(struct engine *engine)
{
    engine->station.stopping = true;
}

bool engine_is_at_rest(const struct engine *engine)
{
    const struct station *station = &engine->station;
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].charge.phase != CHARGE_OFF || station->bays[i].door != DOOR_REST)
            return false;
    return station->swap.step == SWAP_IDLE;
}

int engine_stop(struct engine *engine, struct err *err)
{
    memset(&engine->requests, 0, sizeof engine->requests);
    write_plants(engine, &engine->requests);
    engine->dirty = true;
    engine->save_failed_us = 0;
    if (!engine_commit(engine))
        return err_set(err, ERR_STORAGE, "the engine's state could not be stored at the end");
    return 0;
}

/* --- monitor's connection and small things --- */

void engine_on_monitor_connected(struct engine *engine)
{
    supervise_connected(&engine->supervise, engine_mono_us(engine));
    handover_rewind(&engine->handover);
}

void engine_on_monitor_lost(struct engine *engine)
{
    supervise_lost(&engine->supervise);
    engine_drop_answers(engine);
    handover_rewind(&engine->handover);
    engine->storage_told = false;
}

bool engine_wants_exit(const struct engine *engine)
{
    return engine->exit_wanted;
}

void engine_acknowledge(struct engine *engine)
{
    station_request_reset(&engine->station, -1, engine->now_us, &engine->actions);
    engine_take_actions(engine);
}

const struct station *engine_station(const struct engine *engine)
{
    return &engine->station;
}

const struct io_requests *engine_requests(const struct engine *engine)
{
    return &engine->requests;
}

const struct io_readings *engine_readings(const struct engine *engine)
{
    return &engine->readings;
}

int64_t engine_boot(const struct engine *engine)
{
    return engine->handover.boot;
}

size_t engine_events_waiting(const struct engine *engine)
{
    return engine->handover.count;
}

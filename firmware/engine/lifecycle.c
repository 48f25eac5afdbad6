/* SPDX-License-Identifier: Apache-2.0 */
/* How an engine begins and ends, and who is connected. */
#include "base/log.h"
#include "engine/state.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    engine->now_us = engine->core_us = engine_plant_us(engine);
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
    engine->plant_readings = calloc(options->plant_count + 1, sizeof *engine->plant_readings);
    if (!engine->plant_readings) {
        free(engine);
        return err_set(err, ERR_NOMEM, "out of memory for the engine");
    }
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
    free(engine->plant_readings);
    free(engine);
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
    engine_write_plants(engine, &engine->requests);
    engine->dirty = true;
    engine->save_failed_us = 0;
    if (!engine_commit(engine))
        return err_set(err, ERR_STORAGE, "the engine's state could not be stored at the end");
    return 0;
}

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

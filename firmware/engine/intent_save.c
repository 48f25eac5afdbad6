/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "engine/state.h"

#define SAVE_RETRY_US (CLOCK_US_PER_SECOND)

/* The plant's world first: what happened to the hardware is never older than what we believe. */
static int save(struct engine *engine, struct err *err)
{
    const struct env *env = engine->options.env;
    struct intent intent = {&engine->station, &engine->handover, &engine->config, engine->skew_us};
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < engine->options.plant_count; i++) {
        const struct engine_plant *plant = &engine->options.plants[i];
        int code = plant->ops->save ? plant->ops->save(plant->self, err) : 0;
        if (code)
            return code;
    }
    int code = intent_encode(&intent, &text, err);
    if (code)
        return code;
    return env->state_save(env->self, INTENT_NAME, strbuf_text(&text), text.length, err);
}

bool engine_commit(struct engine *engine)
{
    struct err err = {0};
    int64_t now_us = engine_mono_us(engine);
    if (!engine->dirty)
        return true;
    if (engine->save_failed_us && now_us - engine->save_failed_us < SAVE_RETRY_US)
        return false;
    if (save(engine, &err)) {
        if (!engine->save_failed_us)
            log_error("engine", "the state cannot be stored, nothing new begins: %s", err.text);
        engine->save_failed_us = now_us ? now_us : 1;
        engine->station.storage_fault = true;
        return false;
    }
    if (engine->save_failed_us)
        log_info("engine", "the state is stored again");
    engine->save_failed_us = 0;
    engine->saved_us = now_us;
    engine->dirty = engine->stale = false;
    engine->handover.durable = engine->handover.count;
    /* Rule 12: room for 1000 events is kept; beyond it only what runs goes on. */
    engine->station.storage_fault = engine->handover.count > HANDOVER_RESERVE;
    return true;
}

void engine_take_actions(struct engine *engine)
{
    struct station_actions *actions = &engine->actions;
    struct err err = {0};
    for (size_t i = 0; i < actions->count; i++) {
        if (actions->events[i].kind == STATION_EVENT_FAULT)
            actions->events[i].data.fault.since.us += engine->skew_us;
        if (handover_add(&engine->handover, &actions->events[i], engine->skew_us, &err)) {
            log_error("engine", "an event is lost: %s", err.text);
            engine->station.storage_fault = true;
        }
    }
    if (actions->failed) {
        log_error("engine", "out of memory: an event is lost");
        engine->station.storage_fault = true;
    }
    engine->dirty |= actions->intent_changed;
    actions_clear(actions);
}

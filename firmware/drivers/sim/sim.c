/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim.h"

#include "base/scope.h"
#include "drivers/sim/world.h"
#include <stdlib.h>

struct sim {
    const struct env *env;
    struct sim_world world;
};

struct sim_world *sim_world_of(void *self)
{
    return &((struct sim *)self)->world;
}

static void sim_free(struct sim **sim)
{
    if (*sim != NULL)
        world_free(&(*sim)->world);
    free(*sim);
}

static int sim_open(void **self, const struct board *board, const struct env *env, struct err *err)
{
    *self = NULL;
    SCOPE(sim_free) struct sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the simulated plant");
    sim->env = env;
    int64_t now_us = env->plant_us(env->self);
    int result = world_init(&sim->world, board, now_us, err);
    if (result != 0)
        return result;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    result = env->state_load(env->self, SIM_STATE_NAME, &text, err);
    if (result == 0) {
        result = world_load(&sim->world, strbuf_text(&text), text.length, err);
        if (result != 0)
            return err_prefix(err, "%s: ", SIM_STATE_NAME);
        /* However short the gap: the engine was away, so nothing was driven. */
        world_resume(&sim->world, now_us);
    } else if (result != ERR_NOT_FOUND) {
        return result;
    }
    if (err != NULL)
        *err = (struct err){0};
    *self = SCOPE_STEAL(sim);
    return 0;
}

static int sim_read(void *self, int64_t now_us, struct io_readings *readings, struct err *err)
{
    struct sim *sim = self;
    world_advance(&sim->world, now_us);
    if (WORLD_FAULT(&sim->world, read_error))
        return err_set(err, ERR_SYSTEM, "the plant's inputs cannot be read (script: read_error)");
    world_read(&sim->world, readings);
    return 0;
}

static int sim_write(void *self, int64_t now_us, const struct io_requests *requests,
                     const struct io_readings *readings, struct err *err)
{
    (void)readings;
    struct sim *sim = self;
    world_advance(&sim->world, now_us);
    if (WORLD_FAULT(&sim->world, write_error))
        return err_set(err, ERR_SYSTEM, "the plant takes no requests (script: write_error)");
    return world_request(&sim->world, requests, err);
}

/* Emergency stop, residual current and smoke are edges that wake a real board. Those of the script
 * that only wait for a time are known beforehand; the others strike within a step, which sees them.
 */
static bool sim_pump(void *self, int64_t now_us, int64_t *next_us)
{
    const struct sim *sim = self;
    *next_us = world_next_alarm_us(&sim->world);
    return *next_us <= now_us;
}

static bool sim_take_record(void *self, struct driver_record *record)
{
    return world_take_record(&((struct sim *)self)->world, record);
}

static int sim_save(void *self, struct err *err)
{
    struct sim *sim = self;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    int result = world_save(&sim->world, &text, err);
    if (result != 0)
        return result;
    return sim->env->state_save(sim->env->self, SIM_STATE_NAME, strbuf_text(&text), text.length,
                                err);
}

static void sim_close(void *self)
{
    struct sim *sim = self;
    sim_free(&sim);
}

const struct driver_ops sim_driver = {
    .name = "sim",
    .open = sim_open,
    .read = sim_read,
    .write = sim_write,
    .pump = sim_pump,
    .take_record = sim_take_record,
    .save = sim_save,
    .steppable = true,
    .close = sim_close,
};

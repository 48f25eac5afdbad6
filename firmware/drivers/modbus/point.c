/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a device next. */
#include "drivers/modbus/point.h"

#include "base/clock.h"
#include <string.h>

static int check_writes(const struct modbus_map *map, int channel, struct err *err)
{
    for (int i = 0; i < MODBUS_WRITE_COUNT; i++) {
        const struct modbus_value *value = &map->writes[i];
        if (value->used && modbus_channel_address(value, value->address, channel) < 0)
            return err_set(err, ERR_CONFIG, "channel %d: %s is beyond the last register", channel,
                           modbus_write_name((enum modbus_write)i));
    }
    return 0;
}

int modbus_point_init(struct modbus_point *point, const struct modbus_served *served,
                      const struct modbus_place *place, const struct modbus_map *map,
                      struct err *err)
{
    *point = (struct modbus_point){.role = served->role, .bay = served->bay, .place = *place};
    memcpy(point->label, served->label, sizeof point->label);
    point->discovers = map == NULL;
    point->poll_ms = modbus_role_poll_ms(served->role);
    if (map == NULL) {
        modbus_map_init(&point->map);
        sunspec_begin(&point->walk);
        return 0;
    }
    point->map = *map;
    if (map->poll_ms > 0)
        point->poll_ms = map->poll_ms;
    int code = modbus_role_fits(served->role, map, err);
    if (code == 0)
        code = modbus_plan_make(&point->plan, map, modbus_role_wants(served->role), place->channel,
                                err);
    if (code == 0)
        code = check_writes(map, place->channel, err);
    if (code == 0 && point->plan.block_count == 0)
        code = err_set(err, ERR_CONFIG, "the map only has constants: nothing would be read");
    return code;
}

/* Fills a write of `raw` or, for a measure, of its registers. */
static void fill_write(const struct modbus_point *point, enum modbus_write write,
                       const uint16_t *registers, struct modbus_request *request)
{
    const struct modbus_value *value = &point->map.writes[write];
    request->function = value->function;
    request->address =
        (uint16_t)modbus_channel_address(value, value->address, point->place.channel);
    request->count = (uint16_t)modbus_type_registers(value->type);
    memcpy(request->registers, registers, sizeof request->registers);
}

static void fill_raw(const struct modbus_point *point, enum modbus_write write, uint64_t raw,
                     struct modbus_request *request)
{
    uint16_t registers[MODBUS_VALUE_REGISTERS] = {0};
    (void)modbus_encode_raw(point->map.writes[write].type, point->map.little_words, raw, registers);
    fill_write(point, write, registers, request);
}

void modbus_point_off(const struct modbus_point *point, struct modbus_request *request)
{
    request->task = MODBUS_TASK_OFF;
    fill_raw(point, MODBUS_WRITE_on, point->map.writes[MODBUS_WRITE_on].off, request);
}

/* A set-point that the engine wants. */
struct wanted {
    double number;
    uint16_t registers[MODBUS_VALUE_REGISTERS];
    bool stale; /* the device holds another one, or nobody knows */
    bool over;  /* it may give more than that */
};

/* False: the device cannot take this number. */
static bool want(const struct modbus_point *point, enum modbus_write write, double number,
                 const struct modbus_held *held, struct wanted *to)
{
    *to = (struct wanted){.number = number};
    bool sound = modbus_encode(&point->map.writes[write], point->map.little_words, number,
                               to->registers) > 0;
    to->stale = !held->known || memcmp(held->registers, to->registers, sizeof held->registers) != 0;
    to->over = to->stale && (!held->known || held->number > number);
    return sound;
}

/* Voltage and current take turns, so that neither waits for ever when both follow a taper. */
static enum modbus_task pick(const struct modbus_point *point, bool voltage, bool current)
{
    if (voltage && current)
        return point->voltage_last ? MODBUS_TASK_CURRENT : MODBUS_TASK_VOLTAGE;
    return voltage ? MODBUS_TASK_VOLTAGE : current ? MODBUS_TASK_CURRENT : MODBUS_TASK_NONE;
}

/* The watchdog is written by whoever is alive, with a number that counts up or a fixed one. */
static uint64_t watchdog_value(const struct modbus_point *point)
{
    int64_t feed = point->map.writes[MODBUS_WRITE_watchdog].feed;
    if (feed >= 0)
        return (uint64_t)feed;
    bool bit = point->map.writes[MODBUS_WRITE_watchdog].type == MODBUS_TYPE_BIT;
    return bit ? point->watchdog_count & 1u : point->watchdog_count;
}

/* What is to be written for the order, if anything. To switch on waits for set-points that are too
 * high or not known, not for those that only rise from step to step. */
static void fill_order(const struct modbus_point *point, const struct modbus_order *order,
                       struct modbus_request *request)
{
    struct wanted voltage, current;
    bool sound = want(point, MODBUS_WRITE_charge_v, order->charge_v, &point->voltage, &voltage);
    sound = want(point, MODBUS_WRITE_charge_a, order->charge_a, &point->current, &current) && sound;
    if (!order->on || !sound || !point->begun) { /* a set-point it cannot take is none */
        if (point->switched != MODBUS_SWITCH_OFF)
            modbus_point_off(point, request);
        return;
    }
    request->task = pick(point, voltage.over, current.over);
    if (request->task == MODBUS_TASK_NONE && point->switched != MODBUS_SWITCH_ON) {
        request->task = MODBUS_TASK_ON;
        fill_raw(point, MODBUS_WRITE_on, point->map.writes[MODBUS_WRITE_on].on, request);
        return;
    }
    if (request->task == MODBUS_TASK_NONE)
        request->task = pick(point, voltage.stale, current.stale);
    if (request->task == MODBUS_TASK_NONE)
        return;
    bool is_voltage = request->task == MODBUS_TASK_VOLTAGE;
    const struct wanted *wanted = is_voltage ? &voltage : &current;
    request->number = wanted->number;
    fill_write(point, is_voltage ? MODBUS_WRITE_charge_v : MODBUS_WRITE_charge_a, wanted->registers,
               request);
}

void modbus_point_next_write(struct modbus_point *point, int64_t now_us,
                             const struct modbus_order *order, struct modbus_request *request)
{
    *request = (struct modbus_request){.task = MODBUS_TASK_NONE, .due_us = INT64_MAX};
    if (point->role != MODBUS_ROLE_CHARGER)
        return;
    if (point->map.rewrite_ms > 0 && point->rewrite_us <= now_us) {
        modbus_point_forget(point);
        point->rewrite_us = now_us + point->map.rewrite_ms * CLOCK_US_PER_MS;
    }
    int64_t from_us = point->writes.retry_us;
    fill_order(point, order, request);
    if (request->task != MODBUS_TASK_NONE)
        request->due_us = from_us;
    if (!point->map.writes[MODBUS_WRITE_watchdog].used || !order->alive ||
        request->task == MODBUS_TASK_OFF)
        return;
    /* Set-points may wait for the watchdog, not the other way round. */
    int64_t feed_us = point->watchdog_us > from_us ? point->watchdog_us : from_us;
    if (request->task != MODBUS_TASK_NONE && feed_us > now_us)
        return;
    *request = (struct modbus_request){.task = MODBUS_TASK_WATCHDOG, .due_us = feed_us};
    fill_raw(point, MODBUS_WRITE_watchdog, watchdog_value(point), request);
}

void modbus_point_next_read(const struct modbus_point *point, struct modbus_request *request)
{
    const struct modbus_block *block = &point->plan.blocks[point->block];
    int64_t from_us =
        point->poll_us > point->reads.retry_us ? point->poll_us : point->reads.retry_us;
    *request = (struct modbus_request){.task = MODBUS_TASK_POLL,
                                       .due_us = from_us,
                                       .function = block->function,
                                       .address = block->address,
                                       .count = block->count};
    if (point->discovers && point->walk.step != SUNSPEC_DONE) {
        request->task = MODBUS_TASK_DISCOVER;
        request->function = MODBUS_READ_HOLDING;
        (void)sunspec_wants(&point->walk, &request->address, &request->count);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the answers of a device mean, and their absence. */
#include "drivers/modbus/point.h"

#include "base/clock.h"
#include "base/log.h"
#include <string.h>

/* So many failures in a row are a device that is gone; fewer are noise on the wire. */
enum { LOST_AFTER = 3 };

/* After so many failures in a row. A device that answers, though with an exception, costs its bus
 * little. */
static int64_t pause_us(int failures, bool refused)
{
    static const int64_t pauses_ms[] = {0, 100, 200, 400, 1000, 2000, 4000, 8000};
    int last = refused ? 4 : 7;
    return pauses_ms[failures < last ? failures : last] * CLOCK_US_PER_MS;
}

/* Set-points may be lost in a device that started anew, or it may want to hear them again and
 * again. */
void modbus_point_forget(struct modbus_point *point)
{
    point->switched = MODBUS_SWITCH_UNKNOWN;
    point->voltage.known = point->current.known = false;
}

static void succeed(struct modbus_point *point, struct modbus_trouble *trouble)
{
    if (trouble->told)
        log_info("modbus", "%s: unit %d %s again", point->label, point->place.unit,
                 trouble == &point->writes ? "takes its set-points" : "answers");
    *trouble = (struct modbus_trouble){0};
}

static void fail(struct modbus_point *point, struct modbus_trouble *trouble, int64_t now_us,
                 const struct err *cause)
{
    trouble->count++;
    trouble->retry_us = now_us + pause_us(trouble->count, cause->code == ERR_REFUSED);
    /* A write may have arrived although its answer did not. */
    if (trouble == &point->writes || trouble->count >= LOST_AFTER)
        modbus_point_forget(point);
    if (trouble->count < LOST_AFTER)
        return;
    if (point->discovers) /* another device may come in its place */
        sunspec_begin(&point->walk);
    if (trouble->told)
        return;
    trouble->told = true;
    char bus[MODBUS_BUS_NAME_SIZE + 8];
    modbus_bus_text(&point->place.bus, bus, sizeof bus);
    log_warning("modbus", "%s: %s unit %d %s: %s", point->label, bus, point->place.unit,
                trouble == &point->writes ? "does not take its set-points" : "cannot be read",
                cause->text);
}

static void take_write(struct modbus_point *point, int64_t now_us,
                       const struct modbus_request *request)
{
    struct modbus_held *held =
        request->task == MODBUS_TASK_VOLTAGE ? &point->voltage : &point->current;
    switch (request->task) {
    case MODBUS_TASK_OFF: /* the next charge begins with set-points of its own */
        modbus_point_forget(point);
        point->switched = MODBUS_SWITCH_OFF;
        point->begun = true;
        break;
    case MODBUS_TASK_ON:
        point->switched = MODBUS_SWITCH_ON;
        break;
    case MODBUS_TASK_WATCHDOG:
        point->watchdog_count++;
        point->watchdog_us =
            now_us + point->map.writes[MODBUS_WRITE_watchdog].every_ms * CLOCK_US_PER_MS;
        return;
    default:
        held->known = true;
        held->number = request->number;
        point->voltage_last = held == &point->voltage;
        memcpy(held->registers, request->registers, sizeof held->registers);
        return;
    }
    /* The engine waits for the current to rise or fall: read it at once, from the beginning. */
    point->poll_us = now_us;
    point->block = 0;
    point->answers = true;
}

static bool take_block(struct modbus_point *point, int64_t now_us,
                       const struct modbus_request *request, const uint16_t *registers)
{
    const struct modbus_block *block = &point->plan.blocks[point->block];
    if (point->block == 0)
        point->read_us = now_us;
    memcpy(&point->image[block->at], registers, request->count * sizeof *registers);
    if (++point->block < point->plan.block_count)
        return false;
    point->block = 0;
    point->poll_us = now_us + point->poll_ms * CLOCK_US_PER_MS;
    return true;
}

/* A step of the walk; at its end the device's own map is taken, or it begins anew later. */
static int take_walk(struct modbus_point *point, const uint16_t *registers, struct err *err)
{
    int code = sunspec_take(&point->walk, registers, err);
    if (code == 0 && point->walk.step == SUNSPEC_DONE) {
        sunspec_map(&point->walk, &point->map);
        code = modbus_plan_make(&point->plan, &point->map, modbus_role_wants(point->role), 1, err);
        log_info("modbus", "%s: SunSpec meter %d, %s %s, version %s, serial %s", point->label,
                 point->walk.meter, point->walk.maker, point->walk.model, point->walk.version,
                 point->walk.serial);
    }
    return code;
}

bool modbus_point_done(struct modbus_point *point, int64_t now_us,
                       const struct modbus_request *request, int code, const uint16_t *registers,
                       const struct err *cause)
{
    bool reads = request->task == MODBUS_TASK_POLL || request->task == MODBUS_TASK_DISCOVER;
    struct modbus_trouble *trouble = reads ? &point->reads : &point->writes;
    struct err own = {0};
    if (request->task == MODBUS_TASK_DISCOVER && (code == 0 || code == ERR_REFUSED)) {
        code = take_walk(point, code == 0 ? registers : NULL, &own);
        cause = &own;
    }
    if (code != 0) {
        point->block = 0;
        if (request->task == MODBUS_TASK_DISCOVER)
            sunspec_begin(&point->walk);
        fail(point, trouble, now_us, cause);
        return false;
    }
    if (request->task != MODBUS_TASK_DISCOVER)
        succeed(point, trouble);
    if (!reads)
        take_write(point, now_us, request);
    return request->task == MODBUS_TASK_POLL && take_block(point, now_us, request, registers);
}

void modbus_point_reading(const struct modbus_point *point, struct modbus_reading *reading)
{
    *reading = (struct modbus_reading){.mono_us = point->read_us};
    for (int i = 0; i < MODBUS_READ_COUNT; i++)
        reading->values[i] =
            modbus_plan_value(&point->plan, &point->map, (enum modbus_read)i, point->image);
    /* A state that cannot be read is a bad one. */
    reading->online =
        !point->map.reads[MODBUS_READ_online].used || reading->values[MODBUS_READ_online] == 1;
    reading->fault = point->writes.count >= LOST_AFTER;
    for (int i = MODBUS_READ_fault; i <= MODBUS_READ_fault_4; i++)
        reading->fault |= point->map.reads[i].used && reading->values[i] != 0;
}

void modbus_point_hurry(struct modbus_point *point, int64_t now_us)
{
    if (point->writes.retry_us > now_us)
        point->writes.retry_us = now_us;
}

static void share(struct modbus_trouble *trouble, const struct modbus_trouble *with)
{
    if (trouble->count < with->count)
        trouble->count = with->count;
    if (trouble->retry_us < with->retry_us)
        trouble->retry_us = with->retry_us;
}

void modbus_point_share(struct modbus_point *point, const struct modbus_point *with)
{
    share(&point->reads, &with->reads);
    share(&point->writes, &with->writes);
    if (modbus_point_is_lost(point))
        modbus_point_forget(point);
}

bool modbus_point_is_lost(const struct modbus_point *point)
{
    return point->reads.count >= LOST_AFTER;
}

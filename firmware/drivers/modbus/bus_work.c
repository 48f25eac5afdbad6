/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of a bus: one request after the other, until it is asked to end. */
#include "drivers/modbus/bus_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The longest sleep when nothing is due; how long opening the wire may take. */
enum { IDLE_MS = 500, CONNECT_MS = 200 };

/* Copies the orders. True: go on; false: end. */
static bool take_orders(struct modbus_bus *bus, int64_t now_us)
{
    (void)pthread_mutex_lock(&bus->mutex);
    bool stop = bus->stop;
    bool silent = bus->ordered_us != 0 && now_us - bus->ordered_us > MODBUS_ENGINE_SILENT_US;
    bus->changed = false;
    for (int i = 0; i < bus->count; i++) {
        struct modbus_order order =
            silent || bus->ordered_us == 0 ? (struct modbus_order){0} : bus->shared[i].order;
        if (bus->orders[i].on && !order.on)
            modbus_point_hurry(&bus->points[i], now_us);
        bus->orders[i] = order;
    }
    (void)pthread_mutex_unlock(&bus->mutex);
    if (silent != bus->silent)
        log_warning("modbus", "the engine %s",
                    silent ? "gives no orders: chargers off" : "gives orders again");
    bus->silent = silent;
    return !stop;
}

static void wake_engine(const struct modbus_bus *bus)
{
    const uint64_t one = 1;
    /* EAGAIN: the counter is full of wake-ups that nobody took yet. */
    if (write(bus->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        log_error("modbus", "the engine cannot be woken: %s", strerror(errno));
}

/* A state that stops or alarms: the engine should not wait for its next step. */
static bool is_urgent(const struct modbus_reading *old, const struct modbus_reading *now)
{
    bool same = old->online == now->online && old->fault == now->fault;
    for (int i = MODBUS_READ_smoke; i <= MODBUS_READ_present; i++)
        same = same && (old->values[i] == now->values[i] ||
                        (isnan(old->values[i]) && isnan(now->values[i])));
    return !same;
}

static void publish(struct modbus_bus *bus, int index, const struct modbus_reading *reading,
                    bool urgent)
{
    (void)pthread_mutex_lock(&bus->mutex);
    struct modbus_reading *shared = &bus->shared[index].reading;
    urgent = urgent || is_urgent(shared, reading);
    *shared = *reading;
    (void)pthread_mutex_unlock(&bus->mutex);
    if (urgent)
        wake_engine(bus);
}

/* It does not answer: what was read gets older, but nobody is there. */
static void publish_lost(struct modbus_bus *bus, int index)
{
    struct modbus_reading reading;
    modbus_bus_reading(bus, index, &reading);
    if (!reading.online)
        return;
    reading.online = false;
    publish(bus, index, &reading, true);
}

/* --- the thread --- */

/* Sleeps until `due_us`, an order or the end. */
static void wait_until(struct modbus_bus *bus, int64_t due_us)
{
    int64_t span_us = due_us - clock_mono_us();
    if (span_us > IDLE_MS * CLOCK_US_PER_MS)
        span_us = IDLE_MS * CLOCK_US_PER_MS;
    if (span_us <= 0)
        return;
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + span_us * 1000;
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    (void)pthread_mutex_lock(&bus->mutex);
    int code = 0;
    while (!bus->stop && !bus->changed && code == 0)
        code = pthread_cond_timedwait(&bus->wanted, &bus->mutex, &until);
    (void)pthread_mutex_unlock(&bus->mutex);
}

/* Off first, then watchdogs; among equals whoever waits longest. */
static int rank(const struct modbus_request *request)
{
    return request->task == MODBUS_TASK_OFF ? 2 : request->task == MODBUS_TASK_WATCHDOG ? 1 : 0;
}

static void offer(struct modbus_request *best, int *whose, int64_t now_us,
                  const struct modbus_request *request, int index)
{
    bool due = request->due_us <= now_us, best_due = best->due_us <= now_us;
    bool better = due && best_due && rank(request) != rank(best) ? rank(request) > rank(best)
                                                                 : request->due_us < best->due_us;
    if (better) {
        *best = *request;
        *whose = index;
    }
}

/* The request that is due and most urgent, else the next one. Returns whose it is. When both are
 * due, a set-point and a reading take turns: set-points that follow every step of a taper must not
 * let readings grow stale on a slow bus, nor the other way round. */
static int choose(struct modbus_bus *bus, int64_t now_us, struct modbus_request *request)
{
    struct modbus_request write = {.due_us = INT64_MAX}, read = {.due_us = INT64_MAX}, own;
    int writer = 0, reader = 0;
    for (int n = 0; n < bus->count; n++) {
        int i = (bus->turn + n) % bus->count;
        modbus_point_next_write(&bus->points[i], now_us, &bus->orders[i], &own);
        offer(&write, &writer, now_us, &own, i);
        modbus_point_next_read(&bus->points[i], &own);
        offer(&read, &reader, now_us, &own, i);
    }
    bool both_due = write.due_us <= now_us && read.due_us <= now_us;
    bool writes = both_due ? rank(&write) == 2 || !bus->wrote_last : write.due_us < read.due_us;
    *request = writes ? write : read;
    bus->wrote_last = writes;
    bus->turn = ((writes ? writer : reader) + 1) % bus->count;
    return writes ? writer : reader;
}

/* Frames on a tty are told apart by silence: 3.5 characters, at least 1.75 ms (Modbus over Serial
 * Line 1.02, 2.5.1.1); some devices want more. */
static int64_t silence_us(const struct modbus_bus *bus, const struct modbus_point *point)
{
    int64_t pause_us = point->map.pause_ms * CLOCK_US_PER_MS;
    int64_t frame_us = bus->place.tcp ? 0 : 38500000 / bus->place.baud;
    if (!bus->place.tcp && frame_us < 1750)
        frame_us = 1750;
    return pause_us > frame_us ? pause_us : frame_us;
}

static void keep_silence(const struct modbus_bus *bus)
{
    int64_t left_us = bus->ready_us - clock_mono_us();
    if (left_us <= 0)
        return;
    struct timespec left = {.tv_nsec = (long)left_us * 1000}; /* 50 ms at the most */
    (void)nanosleep(&left, NULL);
}

static int transfer(struct modbus_bus *bus, const struct modbus_point *point, int timeout_ms,
                    const struct modbus_request *request, uint16_t *registers, struct err *err)
{
    struct modbus_link *link = &bus->link;
    int code = link->connect(link->self, timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS, err);
    if (code != 0)
        return code;
    keep_silence(bus);
    if (request->task == MODBUS_TASK_POLL || request->task == MODBUS_TASK_DISCOVER)
        code = link->read(link->self, point->place.unit, timeout_ms, request->function,
                          request->address, request->count, registers, err);
    else
        code = link->write(link->self, point->place.unit, timeout_ms, request->function,
                           request->address, request->count, request->registers, err);
    bus->ready_us = clock_mono_us() + silence_us(bus, point);
    return code;
}

/* Who is at the same device does not get through either; when the wire is gone, nobody does. */
static void share_trouble(struct modbus_bus *bus, int index, int code)
{
    const struct modbus_point *point = &bus->points[index];
    for (int i = 0; i < bus->count; i++) {
        struct modbus_point *other = &bus->points[i];
        if (i != index && (code == ERR_UNAVAILABLE || other->place.unit == point->place.unit))
            modbus_point_share(other, point);
        if (modbus_point_is_lost(other))
            publish_lost(bus, i);
    }
}

static void perform(struct modbus_bus *bus, int index, const struct modbus_request *request)
{
    struct modbus_point *point = &bus->points[index];
    uint16_t registers[125]; /* the most that a device may give (Modbus 1.1b3, 6.3) */
    struct err err = {0};
    int code = transfer(bus, point, point->map.timeout_ms, request, registers, &err);
    int64_t now_us = clock_mono_us();
    if (modbus_point_done(point, now_us, request, code, registers, &err)) {
        struct modbus_reading reading;
        modbus_point_reading(point, &reading);
        publish(bus, index, &reading, point->answers);
        point->answers = false;
    }
    if (code != 0 && code != ERR_REFUSED)
        share_trouble(bus, index, code);
    else if (modbus_point_is_lost(point))
        publish_lost(bus, index);
}

/* The end: every charger off, those that answer first, as far as the time goes. */
static void switch_all_off(struct modbus_bus *bus)
{
    for (int lost = 0; lost <= 1; lost++) {
        for (int i = 0; i < bus->count; i++) {
            const struct modbus_point *point = &bus->points[i];
            int64_t left_ms =
                (bus->stop_us + MODBUS_STOP_US - clock_mono_us()) / CLOCK_US_PER_MS / 2;
            struct modbus_request request = {0};
            struct err err = {0};
            if (point->role != MODBUS_ROLE_CHARGER || modbus_point_is_lost(point) != (lost == 1))
                continue;
            modbus_point_off(point, &request);
            if (left_ms < 10)
                (void)err_set(&err, ERR_TIMEOUT, "no time is left");
            else
                (void)transfer(bus, point,
                               left_ms < point->map.timeout_ms ? (int)left_ms
                                                               : point->map.timeout_ms,
                               &request, NULL, &err);
            if (err.code != 0)
                log_error("modbus", "%s: cannot be switched off at the end: %s", point->label,
                          err.text);
        }
    }
}

void *modbus_bus_work(void *self)
{
    struct modbus_bus *bus = self;
    int64_t now_us = clock_mono_us();
    while (take_orders(bus, now_us)) {
        struct modbus_request request;
        int index = choose(bus, now_us, &request);
        if (request.due_us <= now_us)
            perform(bus, index, &request);
        else
            wait_until(bus, request.due_us);
        now_us = clock_mono_us();
    }
    switch_all_off(bus);
    bus->link.close(bus->link.self);
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/bus_inside.h"

#include "base/clock.h"
#include <signal.h>
#include <stdlib.h>

static bool order_is_same(const struct modbus_order *a, const struct modbus_order *b)
{
    /* NAN differs from itself: such an order is off anyway. */
    return a->alive == b->alive && a->on == b->on && a->charge_v == b->charge_v &&
           a->charge_a == b->charge_a;
}

void modbus_bus_order(struct modbus_bus *bus, int index, const struct modbus_order *order)
{
    int64_t now_us = clock_mono_us();
    (void)pthread_mutex_lock(&bus->mutex);
    bus->ordered_us = now_us;
    if (!order_is_same(&bus->shared[index].order, order)) {
        bus->shared[index].order = *order;
        bus->changed = true;
        (void)pthread_cond_signal(&bus->wanted);
    }
    (void)pthread_mutex_unlock(&bus->mutex);
}

void modbus_bus_reading(struct modbus_bus *bus, int index, struct modbus_reading *reading)
{
    (void)pthread_mutex_lock(&bus->mutex);
    *reading = bus->shared[index].reading;
    (void)pthread_mutex_unlock(&bus->mutex);
}

static void bus_free(struct modbus_bus *bus)
{
    bus->link.free(bus->link.self);
    (void)pthread_cond_destroy(&bus->wanted);
    (void)pthread_mutex_destroy(&bus->mutex);
    free(bus->points);
    free(bus->orders);
    free(bus->shared);
    free(bus);
}

int modbus_bus_new(struct modbus_bus **to, const struct modbus_bus_place *place,
                   struct modbus_link link, int capacity, int wake, struct err *err)
{
    pthread_condattr_t monotonic;
    struct modbus_bus *bus = calloc(1, sizeof *bus);
    *to = NULL;
    if (bus == NULL) {
        link.free(link.self);
        return err_set(err, ERR_NOMEM, "no memory for the bus %s", place->name);
    }
    bus->place = *place;
    bus->link = link;
    bus->capacity = capacity;
    bus->wake = wake;
    (void)pthread_mutex_init(&bus->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&bus->wanted, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    bus->points = calloc((size_t)capacity, sizeof *bus->points);
    bus->orders = calloc((size_t)capacity, sizeof *bus->orders);
    bus->shared = calloc((size_t)capacity, sizeof *bus->shared);
    if (bus->points == NULL || bus->orders == NULL || bus->shared == NULL) {
        bus_free(bus);
        return err_set(err, ERR_NOMEM, "no memory for the bus %s", place->name);
    }
    *to = bus;
    return 0;
}

const struct modbus_bus_place *modbus_bus_place_of(const struct modbus_bus *bus)
{
    return &bus->place;
}

int modbus_bus_add(struct modbus_bus *bus, const struct modbus_point *point)
{
    if (bus->started || bus->count == bus->capacity)
        return -1;
    bus->points[bus->count] = *point;
    return bus->count++;
}

int modbus_bus_start(struct modbus_bus *bus, struct err *err)
{
    /* Signals are the main thread's. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&bus->thread, NULL, modbus_bus_work, bus);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0)
        return err_set_errno(err, ERR_SYSTEM, code, "no thread for the bus %s", bus->place.name);
    (void)pthread_setname_np(bus->thread, "modbus");
    bus->started = true;
    return 0;
}

void modbus_bus_begin_stop(struct modbus_bus *bus)
{
    (void)pthread_mutex_lock(&bus->mutex);
    if (!bus->stop)
        bus->stop_us = clock_mono_us();
    bus->stop = true;
    (void)pthread_cond_signal(&bus->wanted);
    (void)pthread_mutex_unlock(&bus->mutex);
}

void modbus_bus_stop(struct modbus_bus *bus)
{
    modbus_bus_begin_stop(bus);
    if (bus->started)
        (void)pthread_join(bus->thread, NULL);
    bus_free(bus);
}

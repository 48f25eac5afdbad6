/* SPDX-License-Identifier: Apache-2.0 */
/* Inside a bus: bus.c is the engine's side, bus_work.c the thread. */
#ifndef SWAPSTACK_DRIVERS_MODBUS_BUS_INSIDE_H
#define SWAPSTACK_DRIVERS_MODBUS_BUS_INSIDE_H

#include "drivers/modbus/bus.h"
#include <pthread.h>

/* What both sides see of a point. */
struct modbus_exchange {
    struct modbus_order order;
    struct modbus_reading reading;
};

struct modbus_bus {
    struct modbus_bus_place place;
    int capacity, count;
    int wake;
    bool started;
    pthread_t thread;
    /* Of the thread: */
    struct modbus_link link;
    struct modbus_point *points; /* owned */
    struct modbus_order *orders; /* owned; copies of the last exchange */
    int64_t ready_us;            /* mono; until then the wire must be silent */
    bool silent;                 /* the engine gives no orders */
    bool wrote_last;             /* the last request was no reading */
    int turn;                    /* whose turn it is among equals */
    /* Under the mutex: */
    pthread_mutex_t mutex;
    pthread_cond_t wanted;
    struct modbus_exchange *shared; /* owned */
    int64_t ordered_us;             /* mono; when the engine gave its last order, 0: never */
    bool changed, stop;
    int64_t stop_us; /* mono; when it was asked to end; does not change after `stop` */
};

/* The thread; `self` is the bus. */
void *modbus_bus_work(void *self);

#endif

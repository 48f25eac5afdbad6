/* SPDX-License-Identifier: Apache-2.0 */
/* The Unix socket between engine and monitor: in order, bounded, gone with either process. What
 * the dead had sent still arrives, as from a kernel's buffer. */
#include "sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX 40

struct parcel {
    struct sim_station *station;
    size_t length;
    char bytes[];
};

static void to_monitor(void *self, void *what)
{
    struct sim_station *station = self;
    struct parcel *parcel = what;
    station->ipc_queued--;
    sim_monitor_engine_packet(station, parcel->bytes, parcel->length);
    free(parcel);
}

static void to_engine(void *self, void *what)
{
    struct sim_station *station = self;
    struct parcel *parcel = what;
    station->ipc_queued--;
    sim_trace(station->sim, "%s ipc> %.*s", station->device, (int)parcel->length, parcel->bytes);
    engine_on_packet(station->engine, parcel->bytes, parcel->length);
    free(parcel);
    sim_engine_after(station);
}

static void discard(void *what)
{
    struct parcel *parcel = what;
    parcel->station->ipc_queued--;
    free(parcel);
}

int sim_ipc_send(struct sim_station *station, bool monitor, const void *bytes, size_t length,
                 struct err *err)
{
    struct sim *sim = station->sim;
    if (!station->ipc_up)
        return err_set(err, ERR_UNAVAILABLE, "the other process is not there");
    if (station->ipc_queued >= QUEUE_MAX || random_chance(&sim->random, 1))
        return err_set(err, ERR_BUSY, "the socket is full");
    struct parcel *parcel = malloc(sizeof *parcel + length + 1);
    assert(parcel);
    parcel->station = station;
    parcel->length = length;
    memcpy(parcel->bytes, bytes, length);
    parcel->bytes[length] = '\0';
    station->ipc_queued++;
    /* A constant delay keeps the order. Towards a process that died, it never arrives. */
    schedule_add(&sim->schedule, 300,
                 &(struct schedule_event){.happen = monitor ? to_monitor : to_engine,
                                          .discard = discard,
                                          .self = station,
                                          .what = parcel,
                                          .life = monitor ? &station->monitor_process.life
                                                          : &station->engine_process.life});
    return 0;
}

static void connect_now(void *self, void *what)
{
    struct sim_station *station = self;
    (void)what;
    if (station->ipc_up || !station->engine_process.running || !station->monitor_process.running)
        return;
    station->ipc_up = true;
    station->ipc_life++;
    engine_on_monitor_connected(station->engine);
    sim_engine_after(station);
    if (station->ipc_up && station->monitor_process.running)
        sim_monitor_engine_connected(station);
}

void sim_ipc_look(struct sim_station *station)
{
    if (!station->ipc_up && station->engine_process.running && station->monitor_process.running)
        sim_later(station->sim, random_between(&station->sim->random, 1000, 1500000), connect_now,
                  station, &station->ipc_life);
}

static void monitor_sees_end(void *self, void *what)
{
    struct sim_station *station = self;
    (void)what;
    sim_monitor_engine_lost(station);
}

static void engine_sees_end(void *self, void *what)
{
    struct sim_station *station = self;
    (void)what;
    engine_on_monitor_lost(station->engine);
    sim_engine_after(station);
}

void sim_ipc_break(struct sim_station *station, bool engine_is_gone)
{
    if (!station->ipc_up)
        return;
    station->ipc_up = false;
    station->ipc_life++;
    if (engine_is_gone)
        sim_later(station->sim, 400, monitor_sees_end, station, &station->monitor_process.life);
    else
        sim_later(station->sim, 400, engine_sees_end, station, &station->engine_process.life);
    sim_ipc_look(station);
}

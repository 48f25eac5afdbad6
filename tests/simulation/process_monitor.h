/* SPDX-License-Identifier: Apache-2.0 */
/* What the files process_monitor*.c share. */
#ifndef SWAPSTACK_TESTS_SIMULATION_PROCESS_MONITOR_H
#define SWAPSTACK_TESTS_SIMULATION_PROCESS_MONITOR_H

#include "sim.h"

#include "journal_tap.h"
#include "monitor/monitor.h"

#define OUTSTANDING_MAX 512

struct outstanding { /* published, neither confirmed nor failed */
    int64_t token, boot, seq;
    enum message_lane lane;
};

struct sim_monitor {
    struct settings settings;
    struct env env;
    struct monitor_link link;
    struct journal_memory *memory; /* its disk; NULL with --sqlite */
    bool journal_open;
    struct journal_tap tap;
    struct journal journal;
    struct monitor *monitor;
    uint64_t tick_life;
    bool exits, reboots;
    bool clock_synced;
    bool closes_engine; /* asked to close the connection to the engine */
    char will_topic[TOPIC_SIZE];
    struct strbuf will;
    bool first_sent[2]; /* since connecting: telemetry, event */
    size_t outstanding_count;
    struct outstanding outstanding[OUTSTANDING_MAX];
    char text[300];
};

/* process_monitor_link.c: what the monitor asks of the world, and what the world tells it. */
extern const struct broker_client_events MONITOR_EVENTS;
void monitor_process_wire(struct sim_station *station);
bool monitor_process_in_flight(void *self, enum message_lane lane, int64_t boot, int64_t seq);
void monitor_process_connect(struct sim_station *station);

/* process_monitor.c: after any call into the monitor: what is due is done; it dies, exits, or is
 * called again. */
void monitor_process_after(struct sim_station *station);
int64_t monitor_process_mono_us(const struct sim_station *station);

#endif

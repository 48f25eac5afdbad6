/* SPDX-License-Identifier: Apache-2.0 */
/* The Unix socket between engine and monitor: in order, bounded, gone with either process. */
#include "site.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int site_send(struct site *site, bool to_monitor, const void *bytes, size_t length, struct err *err)
{
    if (!site->ipc_up)
        return err_set(err, ERR_UNAVAILABLE, "the other process is not there");
    if (site->packet_count == SITE_QUEUE_MAX || random_chance(&site->random, 1))
        return err_set(err, ERR_BUSY, "the socket is full");
    struct site_packet *packet = &site->packets[site->packet_count++];
    *packet = (struct site_packet){to_monitor, length, malloc(length + 1)};
    assert(packet->bytes);
    memcpy(packet->bytes, bytes, length);
    packet->bytes[length] = '\0';
    return 0;
}

/* What was on its way is lost, in both directions. */
void site_disconnect(struct site *site, bool engine_lives, bool monitor_lives)
{
    for (size_t i = 0; i < site->packet_count; i++)
        free(site->packets[i].bytes);
    site->packet_count = 0;
    if (!site->ipc_up)
        return;
    site->ipc_up = false;
    site->ipc_down_us = site->now_us;
    site->ipc_connect_us = site->now_us + random_between(&site->random, 1000, 1500000);
    if (engine_lives)
        engine_on_monitor_lost(site->engine);
    if (monitor_lives) {
        monitor_on_engine_lost(site->monitor, "simulated");
        site->monitor_tick_us = 0;
    }
}

static bool listens(const struct site *site, bool monitor)
{
    const struct process *process = monitor ? &site->monitor_process : &site->engine_process;
    int64_t hung_us = monitor ? site->monitor_hung_us : site->engine_hung_us;
    return process->running && !process->dead && site->now_us >= hung_us;
}

static void connect_both(struct site *site)
{
    if (site->ipc_up || !listens(site, false) || !listens(site, true) ||
        site->now_us < site->ipc_connect_us)
        return;
    site->ipc_up = true;
    engine_on_monitor_connected(site->engine);
    monitor_on_engine_connected(site->monitor);
    site->monitor_tick_us = 0;
}

/* The oldest packet whose receiver listens, or -1. Each direction keeps its order. */
static int next_packet(const struct site *site)
{
    for (size_t i = 0; i < site->packet_count; i++)
        if (listens(site, site->packets[i].to_monitor))
            return (int)i;
    return -1;
}

void site_deliver(struct site *site)
{
    connect_both(site);
    for (int i = 0; !site->violation[0] && (i = next_packet(site)) >= 0;) {
        struct site_packet packet = site->packets[i];
        site->packet_count--;
        memmove(&site->packets[i], &site->packets[i + 1],
                (site->packet_count - (size_t)i) * sizeof packet);
        if (packet.to_monitor) {
            monitor_on_engine_packet(site->monitor, packet.bytes, packet.length);
            site->monitor_tick_us = 0;
        } else {
            engine_on_packet(site->engine, packet.bytes, packet.length);
        }
        free(packet.bytes);
        if (site->ipc_breaks) {
            site->ipc_breaks = false;
            site_disconnect(site, site->engine_process.running, false);
        }
    }
}

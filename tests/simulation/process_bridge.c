/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge as a process: callback, ring, batches, and the sender's outbox, around the real ingest
 * and its database. What the callback took is PUBACKed, and lost when the bridge dies before its
 * commit.
 */
#include "process_bridge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_US (300 * CLOCK_US_PER_MS)

static int64_t wall_us(void *self)
{
    const struct sim *sim = self;
    return SIM_START_US + sim->schedule.now_us;
}

int64_t bridge_process_mono_us(const struct sim *sim)
{
    return 5000 * CLOCK_US_PER_SECOND + sim->schedule.now_us;
}

static int64_t mono_us(void *self)
{
    return bridge_process_mono_us(self);
}

static void random_bytes(void *self, void *to, size_t length)
{
    struct sim *sim = self;
    random_fill(&sim->random, to, length);
}

/* --- batches --- */

static void settle_batch(struct sim *sim, size_t done)
{
    struct sim_bridge *bridge = &sim->bridge;
    for (size_t i = 0; i < done; i++) {
        const struct broker_packet *packet = bridge->ring[i];
        if (strncmp(packet->topic, "info", 4) == 0)
            ledger_commit(&sim->ledger, packet->payload, packet->length);
        sim_packet_release(bridge->ring[i]);
    }
    bridge->ring_count -= done;
    memmove(bridge->ring, bridge->ring + done, bridge->ring_count * sizeof *bridge->ring);
    memmove(bridge->ring_at_us, bridge->ring_at_us + done,
            bridge->ring_count * sizeof *bridge->ring_at_us);
}

static void batch(void *self, void *what)
{
    struct sim *sim = self;
    struct sim_bridge *bridge = &sim->bridge;
    struct ingest_message messages[SIM_RING];
    size_t count = bridge->ring_count, done = 0;
    struct err err = {0};
    (void)what;
    bridge->batch_due = false;
    if (process_call(&bridge->process) == CALL_LAST) { /* in the commit, or right after it */
        bridge->process.dead = false;
        bridge->dies_after_commit = random_chance(&sim->random, 50);
        bridge->dies_at_commit = !bridge->dies_after_commit;
    }
    for (size_t i = 0; i < count; i++)
        messages[i] =
            (struct ingest_message){.topic = bridge->ring[i]->topic,
                                    .payload = bridge->ring[i]->payload,
                                    .length = bridge->ring[i]->length,
                                    .retained = bridge->ring[i]->retained,
                                    .plant_us = SIM_START_US + bridge->ring_at_us[i],
                                    .mono_us = 5000 * CLOCK_US_PER_SECOND + bridge->ring_at_us[i]};
    int code = ingest_batch(bridge->ingest, messages, count, &done, &err);
    settle_batch(sim, done);
    bridge_process_take_pending(sim);
    if (sim_power_is_off(sim)) {
        bridge_process_keep_unsure(sim);
        sim_power_loss(sim);
        return;
    }
    if (bridge->process.dead || bridge->dies_at_commit || bridge->dies_after_commit) {
        sim_bridge_stop(sim);
        return;
    }
    if (code < 0)
        sim_trace(sim, "bridge cannot store: %s", err.text);
    if (bridge->ring_count > 0 && !bridge->batch_due) {
        bridge->batch_due = true;
        sim_later(sim, RETRY_US, batch, sim, &bridge->process.life);
    }
}

static void tick(void *self, void *what)
{
    struct sim *sim = self;
    (void)what;
    sim_later(sim, 5 * CLOCK_US_PER_SECOND, tick, sim, &sim->bridge.process.life);
    if (!sim->bridge.batch_due)
        batch(sim, NULL);
}

int bridge_process_commit_hook(void *self)
{
    struct sim *sim = self;
    bool refuses = sim->bridge.process.dead || sim->bridge.dies_at_commit;
    if (sim->bridge.dies_at_commit || sim->bridge.dies_after_commit)
        sim->bridge.process.dead = true;
    return refuses;
}

/* --- the connection --- */

static void on_connected(void *self)
{
    struct sim *sim = self;
    ingest_set_link(sim->bridge.ingest, true);
    bridge_process_pump_at(sim, 200);
}

static void on_lost(void *self)
{
    struct sim *sim = self;
    ingest_set_link(sim->bridge.ingest, false);
}

static bool on_message(void *self, const struct broker_packet *packet)
{
    struct sim *sim = self;
    struct sim_bridge *bridge = &sim->bridge;
    if (bridge->ring_count == SIM_RING)
        return false;
    bridge->ring_at_us[bridge->ring_count] = sim->schedule.now_us;
    bridge->ring[bridge->ring_count++] = sim_packet_share(packet);
    if (!bridge->batch_due) {
        bridge->batch_due = true;
        sim_later(sim, bridge->batch_us, batch, sim, &bridge->process.life);
    }
    return true;
}

static void on_published(void *self, int64_t token, bool ok)
{
    (void)self;
    (void)token;
    (void)ok;
}

static const struct broker_client_events EVENTS = {on_connected, on_lost, on_message, on_published};

/* --- life --- */

static const struct ingest_options OPTIONS = {
    .unknown = UNKNOWN_ACCEPT,
    .report_interval_us = 120 * CLOCK_US_PER_SECOND,
    .quarantine_rows = 100,
    .quarantine_bytes = 256,
    .commands = {.expire_us = 60 * CLOCK_US_PER_SECOND,
                 .accepted_expire_us = 600 * CLOCK_US_PER_SECOND},
    .thresholds = THRESHOLD_DEFAULTS,
    .channels = {.mqtt = true},
    .tracking = {.capacity_min_kwh = 20,
                 .frequent_window_us = 24 * 3600 * CLOCK_US_PER_SECOND,
                 .frequent_swap_max = 3},
    .charging = {.sample_timeout_us = 15 * 60 * CLOCK_US_PER_SECOND,
                 .gone_timeout_us = SIM_GONE_TIMEOUT_US,
                 .rules = RULES_DEFAULT}};

void sim_bridge_init(struct sim *sim, struct store *store)
{
    struct sim_bridge *bridge = &sim->bridge;
    bridge->env = (struct env){.self = sim,
                               .wall_us = wall_us,
                               .mono_us = mono_us,
                               .plant_us = wall_us,
                               .random_bytes = random_bytes};
    bridge_process_wire_out(sim);
    bridge->store = store;
    bridge->batch_us = random_between(&sim->random, 1000, 200000);
    bridge->client = (struct broker_client){.events = &EVENTS,
                                            .self = sim,
                                            .no_local_control = true,
                                            .filters = {"info", "info/+", "control", "control/+"}};
    bridge->process.power = sim->disk ? sim->disk->vfs : NULL;
    broker_join(&sim->broker, &bridge->client);
}

static void restart(void *self, void *what)
{
    (void)what;
    sim_bridge_start(self);
}

void sim_bridge_start(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    struct err err = {0};
    bridge->process.running = true;
    bridge->process.dead = bridge->batch_due = false;
    bridge->dies_at_commit = bridge->dies_after_commit = false;
    bridge->process.fatal_in = 0;
    bridge->pump_us = 0;
    if (!bridge_process_open_store(sim))
        return;
    if (ingest_new(&bridge->ingest, bridge->store, &bridge->env, &OPTIONS, &bridge->out, &err) <
            0 ||
        postbox_new(&bridge->postbox, &err) < 0) {
        sim_violate(sim, "the bridge does not start: %s", err.text);
        return;
    }
    ingest_set_link(bridge->ingest, false);
    broker_connect(&bridge->client, NULL, NULL, 0);
    tick(sim, NULL);
}

void sim_bridge_stop(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    if (!bridge->process.running)
        return;
    bridge->process.running = false;
    bridge->process.dead = true;
    bridge->process.life++;
    broker_vanish(&bridge->client);
    while (bridge->ring_count > 0)
        sim_packet_release(bridge->ring[--bridge->ring_count]);
    bridge->pending_count = 0;
    ingest_free(bridge->ingest);
    postbox_free(bridge->postbox);
    bridge->ingest = NULL;
    bridge->postbox = NULL;
    bridge_process_close_store(sim);
    sim_later(sim, random_between(&sim->random, 100000, 20000000), restart, sim,
              &bridge->process.life);
}

void sim_bridge_release(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    while (bridge->ring_count > 0)
        sim_packet_release(bridge->ring[--bridge->ring_count]);
    while (bridge->unsure_count > 0)
        sim_packet_release(bridge->unsure[--bridge->unsure_count]);
    ingest_free(bridge->ingest);
    postbox_free(bridge->postbox);
    bridge_process_close_store(sim);
}

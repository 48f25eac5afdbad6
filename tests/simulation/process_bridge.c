/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge as a process: callback, ring, batches, and the sender's outbox, around the real ingest
 * and its database. What the callback took is PUBACKed, and lost when the bridge dies before its
 * commit.
 */
#include "sim.h"

#include "bridge/postbox.h"
#include "store/store.h"
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

static int64_t mono_us(void *self)
{
    const struct sim *sim = self;
    return 5000 * CLOCK_US_PER_SECOND + sim->schedule.now_us;
}

static void random_bytes(void *self, void *to, size_t length)
{
    struct sim *sim = self;
    random_fill(&sim->random, to, length);
}

/* --- what the ingest says --- */

/* During a batch it is only noted: nothing may be said before it is committed, and whether it is
 * shows only when ingest_batch returns. */
static void say_ack(void *self, const char *device, const struct message_ack *ack)
{
    struct sim *sim = self;
    struct sim_bridge *bridge = &sim->bridge;
    if (bridge->process.dead || sim_power_is_off(sim))
        return;
    if (bridge->pending_count == sizeof bridge->pending / sizeof *bridge->pending)
        bridge->pending_count--; /* the next row brings it again */
    struct sim_ack *pending = &bridge->pending[bridge->pending_count++];
    (void)snprintf(pending->device, sizeof pending->device, "%s", device);
    pending->ack = *ack;
}

static void check_mark(struct sim *sim, const struct sim_ack *said, enum message_lane lane,
                       int64_t mark)
{
    const struct ledger_stream *stream =
        ledger_stream(&sim->ledger, said->device, said->ack.journal, said->ack.boot, lane);
    if (mark > stream->mark)
        sim_violate(sim, "%s is acknowledged up to %lld of boot %lld, %s lane; committed is %lld",
                    said->device, (long long)mark, (long long)said->ack.boot,
                    message_lane_name(lane), (long long)stream->mark);
    sim->counts->checks++;
}

static void pump(void *self, void *what);

static void pump_at(struct sim *sim, int64_t after_us)
{
    struct sim_bridge *bridge = &sim->bridge;
    int64_t at_us = sim->schedule.now_us + after_us;
    if (bridge->pump_us <= at_us && bridge->pump_us > sim->schedule.now_us)
        return;
    bridge->pump_us = at_us;
    sim_later(sim, after_us, pump, sim, &bridge->process.life);
}

static void take_pending(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    for (size_t i = 0; i < bridge->pending_count; i++) {
        const struct sim_ack *said = &bridge->pending[i];
        check_mark(sim, said, LANE_EVENT, said->ack.event);
        check_mark(sim, said, LANE_TELEMETRY, said->ack.telemetry);
        (void)postbox_put_ack(bridge->postbox, said->device, &said->ack);
    }
    bridge->pending_count = 0;
    pump_at(sim, 200);
}

static void say_register_result(void *self, const char *device,
                                const struct message_register_result *result)
{
    struct sim *sim = self;
    if (sim->bridge.process.dead || sim_power_is_off(sim))
        return;
    struct message message;
    message_init(&message, MESSAGE_REGISTER_RESULT);
    (void)snprintf(message.device, sizeof message.device, "%s", device);
    message.version = 1;
    message.data.register_result = *result;
    for (size_t i = 0; i < result->mark_count; i++) {
        struct sim_ack said = {.ack = result->marks[i]};
        (void)snprintf(said.device, sizeof said.device, "%s", device);
        say_ack(self, device, &said.ack);
    }
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    char topic[TOPIC_SIZE];
    int code = message_encode(&message, &text, NULL);
    assert(code == 0);
    (void)topic_format(topic, "", TOPIC_CONTROL, device, NULL);
    (void)postbox_put_letter(sim->bridge.postbox, topic, strbuf_text(&text), text.length, 1);
    message_free(&message);
}

static void say_alert(void *self, const char *kind, const char *payload, size_t length)
{
    struct sim *sim = self;
    (void)payload;
    (void)length;
    if (!sim->bridge.process.dead && strcmp(kind, "journal_gap") == 0)
        sim_trace(sim, "alert journal_gap %.*s", (int)length, payload);
}

static bool publish_ack(struct sim *sim, const struct postbox_ack *due)
{
    struct message message;
    message_init(&message, MESSAGE_ACK);
    (void)snprintf(message.device, sizeof message.device, "%s", due->device);
    message.version = 1;
    message.data.ack = due->ack;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    char topic[TOPIC_SIZE];
    (void)topic_format(topic, "", TOPIC_CONTROL, due->device, NULL);
    int code = message_encode(&message, &text, NULL);
    assert(code == 0);
    message_free(&message);
    return broker_publish(&sim->bridge.client, topic, strbuf_text(&text), text.length, 0) >= 0;
}

/* As the sender's thread does. */
static void pump(void *self, void *what)
{
    struct sim *sim = self;
    struct sim_bridge *bridge = &sim->bridge;
    struct postbox_letter letter;
    struct postbox_ack due;
    int64_t next_us = INT64_MAX;
    (void)what;
    bridge->pump_us = 0;
    while (bridge->client.sees && postbox_take_letter(bridge->postbox, &letter)) {
        if (broker_publish(&bridge->client, letter.topic, letter.payload, letter.length,
                           letter.qos) < 0)
            postbox_return_letter(bridge->postbox, &letter);
        postbox_letter_free(&letter);
    }
    while (bridge->client.sees && postbox_take_ack(bridge->postbox, mono_us(sim), &due, &next_us))
        if (!publish_ack(sim, &due))
            postbox_return_ack(bridge->postbox, &due);
    if (next_us != INT64_MAX)
        pump_at(sim, next_us - mono_us(sim) + 1);
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

/* Whether the commit that the power failure met is on the disk shows when it is back. */
static void keep_unsure(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    for (size_t i = 0; i < bridge->ring_count; i++)
        bridge->unsure[bridge->unsure_count++] = sim_packet_share(bridge->ring[i]);
}

static int64_t stored_mark(struct sim *sim, const struct ledger_stream *stream)
{
    sqlite3_stmt *statement = NULL;
    int64_t mark = 0;
    int code = sqlite3_prepare_v2(store_handle(sim->bridge.store),
                                  "SELECT seq FROM stream WHERE device = ?1 AND journal = ?2 AND "
                                  "boot = ?3 AND lane = ?4",
                                  -1, &statement, NULL);
    assert(code == SQLITE_OK);
    (void)code;
    (void)sqlite3_bind_text(statement, 1, stream->device, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, stream->journal, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 3, stream->boot);
    (void)sqlite3_bind_text(statement, 4, message_lane_name(stream->lane), -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW)
        mark = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return mark;
}

static int compare_marks(struct sim *sim)
{
    for (size_t i = 0; i < sim->ledger.count; i++) {
        int64_t stored = stored_mark(sim, &sim->ledger.streams[i]);
        if (stored != sim->ledger.streams[i].mark)
            return stored > sim->ledger.streams[i].mark ? 1 : -1;
    }
    return 0;
}

/* The power is back: all of the unsure commit is there or nothing of it, and nothing else is
 * gone. */
static void settle_unsure(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    if (compare_marks(sim) != 0)
        for (size_t i = 0; i < bridge->unsure_count; i++)
            if (strncmp(bridge->unsure[i]->topic, "info", 4) == 0)
                ledger_commit(&sim->ledger, bridge->unsure[i]->payload, bridge->unsure[i]->length);
    int difference = compare_marks(sim);
    if (difference != 0)
        sim_violate(sim, "after a power failure the marks are %s than what was committed",
                    difference > 0 ? "higher" : "lower");
    while (bridge->unsure_count > 0)
        sim_packet_release(bridge->unsure[--bridge->unsure_count]);
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
    take_pending(sim);
    if (sim_power_is_off(sim)) {
        keep_unsure(sim);
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

static int commit_hook(void *self)
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
    pump_at(sim, 200);
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
    .tracking = {.capacity_min_kwh = 20,
                 .frequent_window_us = 24 * 3600 * CLOCK_US_PER_SECOND,
                 .frequent_swap_max = 3},
    .charging = {.sample_timeout_us = 15 * 60 * CLOCK_US_PER_SECOND}};

void sim_bridge_init(struct sim *sim, struct store *store)
{
    struct sim_bridge *bridge = &sim->bridge;
    bridge->env = (struct env){.self = sim,
                               .wall_us = wall_us,
                               .mono_us = mono_us,
                               .plant_us = wall_us,
                               .random_bytes = random_bytes};
    bridge->out = (struct ingest_out){sim, say_ack, say_register_result, say_alert};
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

static void close_store(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    if (!bridge->store)
        return;
    (void)sqlite3_commit_hook(store_handle(bridge->store), NULL, NULL);
    sim_watched(sim);
    if (sim->disk) {
        store_close(bridge->store);
        bridge->store = NULL;
    }
}

/* False: the power failed meanwhile, or it cannot be opened. */
static bool open_store(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    struct err err = {0};
    if (sim->disk) {
        sim_disk_mirror(sim->disk);
        int code = store_open(&bridge->store, sim->disk->database, STORE_WRITE, &err);
        if (code < 0 && sim_power_is_off(sim)) {
            sim_power_loss(sim);
            return false;
        }
        if (code < 0) {
            sim_trace(sim, "the database cannot be opened: %s", err.text);
            if (code != ERR_FULL)
                sim_violate(sim, "the database cannot be opened: %s", err.text);
            sim_bridge_stop(sim);
            return false;
        }
        settle_unsure(sim);
    }
    sim_watch(sim);
    (void)sqlite3_commit_hook(store_handle(bridge->store), commit_hook, sim);
    return true;
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
    if (!open_store(sim))
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
    close_store(sim);
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
    close_store(sim);
}

static void set_page_bound(struct sim *sim, bool full)
{
    /* SQLite never goes below the present size: full means not one page more. */
    (void)sqlite3_exec(store_handle(sim->bridge.store),
                       full ? "PRAGMA max_page_count=1" : "PRAGMA max_page_count=1073741823", NULL,
                       NULL, NULL);
}

void sim_bridge_disk_full(struct sim *sim, bool full)
{
    if (sim->disk)
        crash_vfs_set_capacity(sim->disk->vfs, full); /* one byte: no file grows any more */
    else
        set_page_bound(sim, full);
}

static bool copy_database(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup)
        return false;
    bool done = sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    return sqlite3_backup_finish(backup) == SQLITE_OK && done;
}

void sim_bridge_backup(struct sim *sim)
{
    sqlite3 *copy = sim->backup;
    if (!copy && sqlite3_open_v2(":memory:", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                 NULL) != SQLITE_OK)
        return;
    sim->backup = copy;
    if (!copy_database(store_handle(sim->bridge.store), copy))
        sim_violate(sim, "no backup: %s", sqlite3_errmsg(copy));
    ledger_copy(&sim->backup_ledger, &sim->ledger);
}

void sim_bridge_restore(struct sim *sim)
{
    if (!sim->backup)
        return;
    sim_bridge_stop(sim);
    set_page_bound(sim, false);
    if (!copy_database(sim->backup, store_handle(sim->bridge.store)))
        sim_violate(sim, "no restore: %s", sqlite3_errmsg(sim->backup));
    ledger_restore(&sim->ledger, &sim->backup_ledger);
    sim->restored = true;
}

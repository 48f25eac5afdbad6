/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's world: clocks, the connection to the broker, the engine's socket; and what is
 * checked of each row that it sends. */
#include "process_monitor.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- env --- */

static int64_t wall_us(void *self)
{
    const struct sim_station *station = self;
    return sim_wall_us(station->sim, station);
}

int64_t monitor_process_mono_us(const struct sim_station *station)
{
    return station->sim->schedule.now_us + 2000 * CLOCK_US_PER_SECOND;
}

static int64_t mono_us(void *self)
{
    return monitor_process_mono_us(self);
}

static int64_t plant_us(void *self)
{
    const struct sim_station *station = self;
    return SIM_START_US + station->sim->schedule.now_us;
}

static void random_bytes(void *self, void *to, size_t length)
{
    struct sim_station *station = self;
    random_fill(&station->sim->random, to, length);
}

static int no_save(void *self, const char *name, const void *bytes, size_t length, struct err *err)
{
    (void)self;
    (void)bytes;
    (void)length;
    return err_set(err, ERR_STORAGE, "the monitor keeps %s in its journal", name);
}

static int no_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    (void)self;
    (void)to;
    return err_set(err, ERR_NOT_FOUND, "%s was never saved", name);
}

/* --- link --- */

static int64_t find_number(const char *payload, const char *name)
{
    const char *at = strstr(payload, name);
    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

static void note_published(struct sim_monitor *monitor, int64_t token, const char *payload)
{
    bool event = strstr(payload, "\"lane\":\"event\"") != NULL;
    if (token <= 0 || (!event && !strstr(payload, "\"lane\":\"telemetry\"")))
        return;
    assert(monitor->outstanding_count < OUTSTANDING_MAX);
    monitor->outstanding[monitor->outstanding_count++] =
        (struct outstanding){token, find_number(payload, "\"boot\":"),
                             find_number(payload, "\"seq\":"), event ? LANE_EVENT : LANE_TELEMETRY};
}

static void note_answered(struct sim_monitor *monitor, int64_t token)
{
    for (size_t i = 0; i < monitor->outstanding_count; i++)
        if (monitor->outstanding[i].token == token) {
            monitor->outstanding[i] = monitor->outstanding[--monitor->outstanding_count];
            return;
        }
}

bool monitor_process_in_flight(void *self, enum message_lane lane, int64_t boot, int64_t seq)
{
    const struct sim_monitor *monitor = self;
    for (size_t i = 0; i < monitor->outstanding_count; i++)
        if (monitor->outstanding[i].lane == lane && monitor->outstanding[i].boot == boot &&
            monitor->outstanding[i].seq == seq)
            return true;
    return false;
}

/* After each connection every lane begins with the oldest row that the bridge may not have. (Older
 * ones stay in the journal when their deletion could not be stored: the bridge has had them, or has
 * counted them as a gap.) */
static void check_first(struct sim_station *station, const char *payload)
{
    struct sim_monitor *monitor = station->monitor;
    const struct journal *journal = &monitor->tap.inner;
    bool event = strstr(payload, "\"lane\":\"event\"") != NULL;
    enum message_lane lane = event ? LANE_EVENT : LANE_TELEMETRY;
    int64_t boot = find_number(payload, "\"boot\":"), seq = find_number(payload, "\"seq\":");
    struct journal_row row = {.boot = 0};
    if (monitor->first_sent[event] || (!event && !strstr(payload, "\"lane\":\"telemetry\"")))
        return;
    monitor->first_sent[event] = true;
    station->sim->counts->checks++;
    while (journal->ops->next_row(journal->self, lane, row.boot, row.seq, &row, NULL) == 0 &&
           (row.boot < boot || (row.boot == boot && row.seq < seq))) {
        struct ledger_stream *stream =
            ledger_stream(&station->sim->ledger, station->device, journal->id, row.boot, lane);
        if (!(ledger_row(stream, row.seq)->flags & LEDGER_EVER) && row.seq > stream->mark)
            sim_violate(station->sim,
                        "%s: the first row after connecting is not the oldest, %" PRId64
                        ".%" PRId64,
                        station->device, row.boot, row.seq);
    }
}

/* Every message is journaled before it is sent. */
static void check_journaled(struct sim_station *station, const char *payload)
{
    bool event = strstr(payload, "\"lane\":\"event\"") != NULL;
    int64_t boot = find_number(payload, "\"boot\":"), seq = find_number(payload, "\"seq\":");
    if (!event && !strstr(payload, "\"lane\":\"telemetry\""))
        return;
    struct ledger_stream *stream =
        ledger_stream(&station->sim->ledger, station->device, station->monitor->tap.inner.id, boot,
                      event ? LANE_EVENT : LANE_TELEMETRY);
    station->sim->counts->checks++;
    if (!(ledger_row(stream, seq)->flags & LEDGER_MADE))
        sim_violate(station->sim, "%s: row %" PRId64 ".%" PRId64 " is sent and not yet stored",
                    station->device, boot, seq);
}

static int link_publish(void *self, const char *topic, const void *payload, size_t length, int qos,
                        int64_t *token, struct err *err)
{
    struct sim_station *station = self;
    if (process_call(&station->monitor_process) != CALL_WORKS)
        return err_set(err, ERR_UNAVAILABLE, "dead");
    int64_t given = broker_publish(&station->client, topic, payload, length, qos);
    if (given == -1)
        return err_set(err, ERR_UNAVAILABLE, "not connected");
    if (given == -2)
        return err_set(err, ERR_BUSY, "the window is full");
    if (token)
        *token = given;
    check_journaled(station, payload);
    check_first(station, payload);
    note_published(station->monitor, given, payload);
    return 0;
}

static int link_set_will(void *self, const char *topic, const void *payload, size_t length,
                         struct err *err)
{
    struct sim_station *station = self;
    (void)err;
    (void)snprintf(station->monitor->will_topic, sizeof station->monitor->will_topic, "%s", topic);
    strbuf_clear(&station->monitor->will);
    strbuf_append(&station->monitor->will, payload, length);
    broker_client_will(&station->client, topic, payload, length);
    return 0;
}

static void link_go_offline(void *self)
{
    struct sim_station *station = self;
    if (process_call(&station->monitor_process) != CALL_WORKS)
        return;
    sim_trace(station->sim, "%s goes offline", station->device);
    broker_client_leave(&station->client);
    station->monitor->outstanding_count = 0;
}

void monitor_process_connect(struct sim_station *station)
{
    const struct sim_monitor *monitor = station->monitor;
    broker_connect(&station->client, monitor->will_topic[0] ? monitor->will_topic : NULL,
                   strbuf_text(&monitor->will), monitor->will.length);
}

static void link_go_online(void *self)
{
    struct sim_station *station = self;
    if (process_call(&station->monitor_process) == CALL_WORKS)
        monitor_process_connect(station);
}

static int link_engine_send(void *self, const void *bytes, size_t length, struct err *err)
{
    struct sim_station *station = self;
    if (process_call(&station->monitor_process) != CALL_WORKS)
        return err_set(err, ERR_UNAVAILABLE, "dead");
    return sim_ipc_send(station, false, bytes, length, err);
}

static void link_engine_close(void *self)
{
    struct sim_station *station = self;
    if (process_call(&station->monitor_process) == CALL_WORKS)
        sim_ipc_break(station, false);
}

static void link_request_exit(void *self, enum monitor_exit mode)
{
    struct sim_station *station = self;
    if (process_call(&station->monitor_process) != CALL_WORKS)
        return;
    station->monitor->exits = true;
    station->monitor->reboots = mode == MONITOR_EXIT_REBOOT;
}

static bool link_clock_synced(void *self)
{
    const struct sim_station *station = self;
    return station->monitor->clock_synced;
}

/* --- the connection to the broker --- */

static void on_connected(void *self)
{
    struct sim_station *station = self;
    sim_trace(station->sim, "%s connected", station->device);
    station->monitor->first_sent[0] = station->monitor->first_sent[1] = false;
    monitor_on_broker_ready(station->monitor->monitor);
    monitor_process_after(station);
}

static void on_lost(void *self)
{
    struct sim_station *station = self;
    sim_trace(station->sim, "%s lost the broker", station->device);
    station->monitor->outstanding_count = 0;
    monitor_on_broker_lost(station->monitor->monitor, "simulated");
    monitor_process_after(station);
}

static bool on_message(void *self, const struct broker_packet *packet)
{
    struct sim_station *station = self;
    monitor_on_message(station->monitor->monitor, packet->topic, packet->payload, packet->length,
                       packet->retained);
    monitor_process_after(station);
    return true;
}

static void on_published(void *self, int64_t token, bool ok)
{
    struct sim_station *station = self;
    if (!station->monitor_process.running)
        return;
    note_answered(station->monitor, token);
    monitor_on_published(station->monitor->monitor, token, ok);
    monitor_process_after(station);
}

const struct broker_client_events MONITOR_EVENTS = {on_connected, on_lost, on_message,
                                                    on_published};

/* --- the engine's side --- */

void sim_monitor_engine_connected(struct sim_station *station)
{
    monitor_on_engine_connected(station->monitor->monitor);
    monitor_process_after(station);
}

void sim_monitor_engine_lost(struct sim_station *station)
{
    monitor_on_engine_lost(station->monitor->monitor, "simulated");
    monitor_process_after(station);
}

static int64_t packet_number(const char *packet, const char *name)
{
    return find_number(packet, name);
}

void sim_monitor_engine_packet(struct sim_station *station, const void *bytes, size_t length)
{
    const char *packet = bytes;
    if (strstr(packet, "\"type\":\"event\"") || strstr(packet, "\"type\":\"charge_completion\"")) {
        int64_t boot = packet_number(packet, "\"boot\":"), seq = packet_number(packet, "\"seq\":");
        const struct sim_made *last =
            station->made_count ? &station->made[station->made_count - 1] : NULL;
        if (!last || boot > last->boot || (boot == last->boot && seq > last->seq))
            sim_violate(station->sim,
                        "%s: event %" PRId64 ".%" PRId64 " left the engine before it was durable",
                        station->device, boot, seq);
    }
    monitor_on_engine_packet(station->monitor->monitor, bytes, length);
    monitor_process_after(station);
}

void monitor_process_wire(struct sim_station *station)
{
    struct sim_monitor *monitor = station->monitor;
    monitor->env =
        (struct env){station, wall_us, mono_us, plant_us, random_bytes, no_save, no_load};
    monitor->link = (struct monitor_link){.self = station,
                                          .publish = link_publish,
                                          .set_will = link_set_will,
                                          .go_offline = link_go_offline,
                                          .go_online = link_go_online,
                                          .engine_send = link_engine_send,
                                          .engine_close = link_engine_close,
                                          .request_exit = link_request_exit,
                                          .clock_synced = link_clock_synced};
}

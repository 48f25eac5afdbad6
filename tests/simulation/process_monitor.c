/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor as a process: the real logic over a tapped journal, the modelled broker and the
 * engine's socket. */
#include "sim.h"

#include "journal_tap.h"
#include "monitor/monitor.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void after(struct sim_station *station);

/* --- env --- */

static int64_t wall_us(void *self)
{
    const struct sim_station *station = self;
    return sim_wall_us(station->sim, station);
}

static int64_t mono_us(void *self)
{
    const struct sim_station *station = self;
    return station->sim->schedule.now_us + 2000 * CLOCK_US_PER_SECOND;
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

static bool is_in_flight(void *self, enum message_lane lane, int64_t boot, int64_t seq)
{
    const struct sim_monitor *monitor = self;
    for (size_t i = 0; i < monitor->outstanding_count; i++)
        if (monitor->outstanding[i].lane == lane && monitor->outstanding[i].boot == boot &&
            monitor->outstanding[i].seq == seq)
            return true;
    return false;
}

/* After each connection every lane begins with the oldest row that the bridge may not have. (Older
 * ones stay in the journal when their deletion could not be stored.) */
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
        if (!(ledger_row(stream, row.seq)->flags & LEDGER_EVER))
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

static void connect_client(struct sim_station *station)
{
    const struct sim_monitor *monitor = station->monitor;
    broker_connect(&station->client, monitor->will_topic[0] ? monitor->will_topic : NULL,
                   strbuf_text(&monitor->will), monitor->will.length);
}

static void link_go_online(void *self)
{
    struct sim_station *station = self;
    if (process_call(&station->monitor_process) == CALL_WORKS)
        connect_client(station);
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
    after(station);
}

static void on_lost(void *self)
{
    struct sim_station *station = self;
    sim_trace(station->sim, "%s lost the broker", station->device);
    station->monitor->outstanding_count = 0;
    monitor_on_broker_lost(station->monitor->monitor, "simulated");
    after(station);
}

static bool on_message(void *self, const struct broker_packet *packet)
{
    struct sim_station *station = self;
    monitor_on_message(station->monitor->monitor, packet->topic, packet->payload, packet->length,
                       packet->retained);
    after(station);
    return true;
}

static void on_published(void *self, int64_t token, bool ok)
{
    struct sim_station *station = self;
    if (!station->monitor_process.running)
        return;
    note_answered(station->monitor, token);
    monitor_on_published(station->monitor->monitor, token, ok);
    after(station);
}

static const struct broker_client_events EVENTS = {on_connected, on_lost, on_message, on_published};

/* --- the engine's side --- */

void sim_monitor_engine_connected(struct sim_station *station)
{
    monitor_on_engine_connected(station->monitor->monitor);
    after(station);
}

void sim_monitor_engine_lost(struct sim_station *station)
{
    monitor_on_engine_lost(station->monitor->monitor, "simulated");
    after(station);
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
    after(station);
}

/* --- life --- */

static void init_settings(struct sim_station *station, struct settings *settings)
{
    struct random *random = &station->sim->random;
    *settings = (struct settings){
        .device = station->device,
        .location = "Lot 7",
        .price_per_kwh = 0.3,
        .latitude = 52.5,
        .longitude = 13.4,
        .clock = random_chance(random, 15)   ? SETTINGS_CLOCK_UNSYNCED
                 : random_chance(random, 20) ? SETTINGS_CLOCK_AUTO
                                             : SETTINGS_CLOCK_SYNCED,
        .prefix = "",
        .own_topic = random_chance(random, 50),
        .health_interval_us = 30 * CLOCK_US_PER_SECOND,
        .health_timeout_us = 120 * CLOCK_US_PER_SECOND,
        .report_interval_plant_us = random_between(random, 10, 40) * CLOCK_US_PER_SECOND,
        .speed = 1,
        .group_us = random_chance(random, 20) ? 0 : random_between(random, 100000, 3000000),
        .telemetry_max_bytes =
            random_chance(random, 25) ? random_between(random, 6000, 30000) : 64 << 20,
        .ttl_us = 30 * CLOCK_US_PER_SECOND,
    };
}

void sim_monitor_init(struct sim_station *station)
{
    struct sim *sim = station->sim;
    struct sim_monitor *monitor = calloc(1, sizeof *monitor);
    char id[JOURNAL_ID_SIZE];
    struct err err = {0};
    assert(monitor);
    station->monitor = monitor;
    init_settings(station, &monitor->settings);
    monitor->clock_synced = random_chance(&sim->random, 50);
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
    (void)snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64, random_next(&sim->random),
                   random_next(&sim->random));
    station->monitor_process.power = sim->disk ? sim->disk->vfs : NULL;
    if (!sim->disk && journal_memory_new(&monitor->memory, id, &err) < 0)
        sim_violate(sim, "no journal: %s", err.text);
    monitor->tap = (struct journal_tap){
        .station = station, .in_flight = is_in_flight, .in_flight_self = monitor};
    (void)snprintf(station->control_topic, sizeof station->control_topic, "control/%s",
                   station->device);
    station->client = (struct broker_client){.events = &EVENTS,
                                             .self = station,
                                             .clean = true,
                                             .filters = {"control", station->control_topic}};
    broker_join(&sim->broker, &station->client);
}

static void restart(void *self, void *what)
{
    (void)what;
    sim_monitor_start(self);
}

/* What the process had not committed is gone; and what was not durable, if the power is. */
static void lose_journal(struct sim_station *station, bool power_lost)
{
    struct sim_monitor *monitor = station->monitor;
    if (monitor->memory) {
        journal_tap_crash(&monitor->tap, power_lost);
        journal_memory_crash(monitor->memory, power_lost);
    } else if (monitor->journal_open) {
        journal_tap_close(&monitor->tap);
    }
    monitor->journal_open = false;
}

static int open_journal(struct sim_station *station, struct journal *inner, struct err *err)
{
    struct sim_monitor *monitor = station->monitor;
    struct random *random = &station->sim->random;
    char id[JOURNAL_ID_SIZE];
    bool damaged = false;
    if (monitor->memory)
        return journal_memory_open(inner, monitor->memory, err);
    (void)snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64, random_next(random),
                   random_next(random));
    int code = journal_sqlite_open(inner, station->sim->disk->folder, id, &damaged, err);
    if (damaged)
        sim_violate(station->sim, "%s: the journal is damaged", station->device);
    return code;
}

static void fails_to_start(struct sim_station *station, const struct err *err)
{
    struct sim_monitor *monitor = station->monitor;
    struct process *process = &station->monitor_process;
    if (!process->dead && !sim_power_is_off(station->sim) && err->code != ERR_FULL &&
        err->code != ERR_STORAGE)
        sim_violate(station->sim, "%s: the monitor does not start: %s", station->device, err->text);
    sim_trace(station->sim, "%s: the monitor does not start: %s", station->device, err->text);
    monitor->monitor = NULL;
    process->running = false;
    process->life++;
    lose_journal(station, false);
    sim_later(station->sim, 2 * CLOCK_US_PER_SECOND, restart, station, &process->life);
    if (sim_power_is_off(station->sim))
        sim_power_loss(station->sim);
}

void sim_monitor_start(struct sim_station *station)
{
    struct sim_monitor *monitor = station->monitor;
    struct process *process = &station->monitor_process;
    struct journal inner;
    struct err err = {0};
    assert(!process->running);
    process->running = true;
    process->dead = false;
    process->fatal_in = 0;
    monitor->exits = monitor->closes_engine = false;
    monitor->outstanding_count = 0;
    sim_trace(station->sim, "%s monitor starts", station->device);
    if (open_journal(station, &inner, &err) < 0) {
        fails_to_start(station, &err);
        return;
    }
    monitor->journal_open = true;
    journal_tap_open(&monitor->tap, &inner, &monitor->journal);
    if (station->sim->disk)
        journal_tap_reconcile(&monitor->tap);
    struct monitor_options options = {.settings = &monitor->settings,
                                      .env = &monitor->env,
                                      .link = &monitor->link,
                                      .journal = &monitor->journal};
    if (monitor_new(&monitor->monitor, &options, &err) < 0) {
        fails_to_start(station, &err);
        return;
    }
    connect_client(station);
    after(station);
    if (process->running)
        sim_ipc_look(station);
}

/* The process is gone, whatever way it went. */
static void end(struct sim_station *station, bool power_lost)
{
    struct sim_monitor *monitor = station->monitor;
    struct process *process = &station->monitor_process;
    process->running = false;
    process->life++;
    monitor->tick_life++;
    monitor_free(monitor->monitor);
    monitor->monitor = NULL;
    lose_journal(station, power_lost);
    sim_ipc_break(station, false);
    sim_later(station->sim, random_between(&station->sim->random, 100000, 8000000), restart,
              station, &process->life);
}

void sim_monitor_stop(struct sim_station *station, bool power_lost)
{
    struct sim_monitor *monitor = station->monitor;
    if (!station->monitor_process.running) {
        if (power_lost && monitor->memory)
            lose_journal(station, true);
        return;
    }
    sim_trace(station->sim, "%s monitor dies", station->device);
    station->monitor_process.dead = true;
    broker_vanish(&station->client);
    end(station, power_lost);
}

void sim_monitor_release(struct sim_station *station)
{
    struct sim_monitor *monitor = station->monitor;
    monitor_free(monitor->monitor);
    if (monitor->journal_open)
        lose_journal(station, false);
    journal_tap_free(&monitor->tap);
    journal_memory_free(monitor->memory);
    strbuf_free(&monitor->will);
    free(monitor);
}

static void tick(void *self, void *what)
{
    (void)what;
    after(self);
}

/* After any call into the monitor: what is due is done; it dies, exits, or is called again. */
static void after(struct sim_station *station)
{
    struct sim_monitor *monitor = station->monitor;
    struct process *process = &station->monitor_process;
    if (!process->running)
        return;
    int64_t next_us = process->dead ? 0 : monitor_tick(monitor->monitor);
    if (sim_power_is_off(station->sim)) {
        sim_power_loss(station->sim);
        return;
    }
    if (process->dead) {
        sim_monitor_stop(station, false);
        return;
    }
    if (monitor->exits) {
        sim_trace(station->sim, "%s monitor exits", station->device);
        process->exits++;
        monitor_shutdown(monitor->monitor, "restart");
        broker_client_leave(&station->client);
        end(station, false);
        return;
    }
    monitor->tick_life++;
    if (next_us == INT64_MAX)
        return;
    int64_t after_us = next_us - mono_us(station);
    sim_later(station->sim, after_us > 1000 ? after_us : 1000, tick, station, &monitor->tick_life);
}

void sim_monitor_disk_full(struct sim_station *station, bool full)
{
    if (station->sim->disk) {
        sim_bridge_disk_full(station->sim, full);
        return;
    }
    journal_memory_set_full(station->monitor->memory, full);
}

/* --- for the checks --- */

/* Rows that the bridge holds may stay: their deletion could not be stored, and they go with the
 * next restart. */
static bool holds_unsaid(struct sim_station *station, enum message_lane lane)
{
    const struct journal *journal = &station->monitor->tap.inner;
    struct journal_row row = {.boot = 0};
    while (journal->ops->next_row(journal->self, lane, row.boot, row.seq, &row, NULL) == 0) {
        struct ledger_stream *stream =
            ledger_stream(&station->sim->ledger, station->device, journal->id, row.boot, lane);
        if (!(ledger_row(stream, row.seq)->flags & LEDGER_EVER) && row.seq > stream->mark)
            return true;
    }
    return false;
}

bool sim_monitor_is_drained(struct sim_station *station)
{
    const struct journal *journal = &station->monitor->tap.inner;
    struct journal_command open;
    struct journal_totals totals;
    journal->ops->totals(journal->self, &totals);
    bool empty = totals.rows[0] == 0 && totals.rows[1] == 0;
    if (!empty && station->sim->journal_was_full)
        empty = !holds_unsaid(station, LANE_EVENT) && !holds_unsaid(station, LANE_TELEMETRY);
    return empty && journal->ops->next_open_command(journal->self, 0, &open, NULL) == ERR_NOT_FOUND;
}

bool sim_monitor_knows(struct sim_station *station, const char *identity)
{
    return journal_tap_knows(&station->monitor->tap, identity);
}

bool sim_monitor_raises(const char *code)
{
    static const char *const CODES[] = {"EngineLost", "StorageFault", "JournalDamaged"};
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (strcmp(code, CODES[i]) == 0)
            return true;
    return false;
}

const char *sim_monitor_describe(struct sim_station *station)
{
    struct sim_monitor *monitor = station->monitor;
    const struct journal *journal = &monitor->tap.inner;
    struct journal_totals totals = {.oldest_us = 0};
    struct journal_command open = {.number = 0};
    if (!station->monitor_process.running)
        return "the monitor does not run";
    journal->ops->totals(journal->self, &totals);
    int code = journal->ops->next_open_command(journal->self, 0, &open, NULL);
    (void)snprintf(monitor->text, sizeof monitor->text,
                   "journal: %" PRId64 " events, %" PRId64 " telemetry rows; open command: %s; "
                   "engine: %zu events wait, swap \"%s\"",
                   totals.rows[0], totals.rows[1], code == 0 ? open.identity : "none",
                   station->engine ? engine_events_waiting(station->engine) : 0,
                   station->swap_command);
    return monitor->text;
}

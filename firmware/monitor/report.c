/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STATION_INFO. The engine says what is (status packets); here it is dated, completed with what
 * only the monitor knows (journal, config), and journaled: at every transition at once, else every
 * report interval of the plant clock. Without an engine it still goes out: the last that is known,
 * FAULTY and in safe mode, with the batteries' identities but no readings, which would be lies.
 */
#include "monitor/state.h"

#include "base/log.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE "report"

#define INTERVAL_MIN_US INT64_C(100000) /* wall: a fast plant clock must not flood the broker */

static int64_t interval_us(const struct monitor *monitor)
{
    double wall_us = (double)monitor->settings->report_interval_plant_us / monitor->settings->speed;
    return wall_us > INTERVAL_MIN_US ? (int64_t)wall_us : INTERVAL_MIN_US;
}

static bool engine_is_here(const struct monitor *monitor)
{
    return monitor->engine.state == ENGINE_REGISTERED && monitor->has_snapshot;
}

static void add_own_part(const struct monitor *monitor, struct message_station *station)
{
    struct journal_totals totals;
    monitor->journal->ops->totals(monitor->journal->self, &totals);
    station->journal_depth = totals.rows[0] + totals.rows[1];
    station->journal_oldest_us = totals.oldest_us;
    station->journal_dropped = monitor->counts.dropped_rows;
    station->journal_dead = monitor->counts.dead_rows;
    station->config = monitor->config;
    if (station->config.count < MESSAGE_CONFIG_MAX &&
        local_echo(monitor, &station->config.items[station->config.count]))
        station->config.count++;
    if (!isnan(monitor->settings->latitude)) {
        station->latitude = monitor->settings->latitude;
        station->longitude = monitor->settings->longitude;
    }
}

/* Who the battery is stays known when nobody measures it. */
static void forget_readings(struct message_battery *battery)
{
    struct message_battery known = *battery;
    message_battery_init(battery);
    memcpy(battery->bid, known.bid, sizeof(battery->bid));
    battery->slot = known.slot;
    memcpy(battery->version, known.version, sizeof(battery->version));
    battery->capacity_kwh = known.capacity_kwh;
    battery->soh_percent = known.soh_percent;
    battery->cycles = known.cycles;
}

/* The snapshot as a message to be sent. It borrows the snapshot's arrays, but for `batteries`,
 * which the caller frees. */
static int compose(const struct monitor *monitor, struct message *message,
                   struct message_battery **batteries)
{
    bool here = engine_is_here(monitor);
    *batteries = NULL;
    if (monitor->has_snapshot)
        *message = monitor->snapshot;
    else
        message_init(message, MESSAGE_STATION_INFO);
    struct message_station_info *info = &message->data.station_info;
    envelope_fill(monitor, message);
    info->station.present = true;
    add_own_part(monitor, &info->station);
    if (here) {
        double wall_us = (double)(now_us(monitor) - monitor->snapshot_mono_us);
        envelope_date(monitor, message, monitor->snapshot_plant_us,
                      (int64_t)(wall_us * monitor->settings->speed));
        return 0;
    }
    (void)snprintf(info->station.state, sizeof(info->station.state), "FAULTY");
    (void)snprintf(info->station.mode, sizeof(info->station.mode), "safe");
    if (info->battery_count == 0)
        return 0;
    size_t bytes = info->battery_count * sizeof(**batteries);
    *batteries = malloc(bytes);
    if (!*batteries)
        return ERR_NOMEM;
    memcpy(*batteries, info->batteries, bytes);
    for (size_t i = 0; i < info->battery_count; i++)
        forget_readings(&(*batteries)[i]);
    info->batteries = *batteries;
    return 0;
}

static void journal_snapshot(struct monitor *monitor)
{
    struct message message;
    struct message_battery *batteries;
    if (compose(monitor, &message, &batteries) == 0)
        record_telemetry(monitor, &message);
    free(batteries);
    monitor->report_us = now_us(monitor) + interval_us(monitor);
    monitor->report_asked_us = 0;
}

void report_live(struct monitor *monitor)
{
    struct message message;
    struct message_battery *batteries;
    if (compose(monitor, &message, &batteries) == 0) {
        message.live = true;
        (void)send_now(monitor, &message);
    }
    free(batteries);
}

void report_on_status(struct monitor *monitor, const struct ipc_packet *packet)
{
    struct message message;
    struct err err = {0};
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(packet->json, "data");
    bool transition = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(packet->json, "transition"));
    if (message_from_data(MESSAGE_STATION_INFO, data, &message, &err) < 0) {
        message_free(&message);
        log_error(MODULE, "a status of the engine is ignored: %s", err.text);
        return;
    }
    if (monitor->has_snapshot)
        message_free(&monitor->snapshot);
    monitor->snapshot = message; /* its arrays are ours now */
    monitor->has_snapshot = true;
    int64_t age_ms = ipc_integer(packet, "age_ms");
    double age_us = age_ms > 0 ? (double)age_ms * 1000.0 : 0;
    monitor->snapshot_plant_us = ipc_integer(packet, "time");
    monitor->snapshot_mono_us = now_us(monitor) - (int64_t)(age_us / monitor->settings->speed);
    if (transition || monitor->report_asked_us != 0 || now_us(monitor) >= monitor->report_us)
        journal_snapshot(monitor);
}

int64_t report_deadline(const struct monitor *monitor)
{
    return monitor->report_asked_us != 0 ? monitor->report_asked_us + STATUS_ANSWER_US
                                         : monitor->report_us;
}

/* Due: ask the engine how it is now; the answer is the report. No answer: the engine hangs, its
 * supervision will tell. Nothing is invented meanwhile, but that the station is there is said. */
void report_tick(struct monitor *monitor)
{
    int64_t now = now_us(monitor);
    if (now < report_deadline(monitor))
        return;
    bool unanswered = monitor->report_asked_us != 0;
    monitor->report_us = now + interval_us(monitor);
    monitor->report_asked_us = 0;
    if (monitor->engine.state != ENGINE_REGISTERED) {
        journal_snapshot(monitor);
        return;
    }
    if (unanswered && monitor->connected)
        broker_say_status(monitor, true, "the engine does not answer");
    cJSON *packet = watch_packet(monitor, IPC_STATUS_REQUEST);
    if (packet && watch_send(monitor, IPC_STATUS_REQUEST, packet, NULL) == 0)
        monitor->report_asked_us = now;
    else /* its socket is full at the moment: not a whole interval without a report for that */
        monitor->report_us = now + STATUS_ANSWER_US;
}

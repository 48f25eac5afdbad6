/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/console.h"

#include "monitor/state.h"
#include <string.h>

static void add_count(cJSON *to, const char *name, int64_t value)
{
    cJSON_AddNumberToObject(to, name, (double)value);
}

/* Seconds (wall) since a time of the clock that never steps. */
static void add_since(cJSON *to, const struct monitor *monitor, const char *name, int64_t since_us)
{
    add_count(to, name, (now_us(monitor) - since_us) / SECOND_US);
}

static void add_engine(cJSON *to, const struct monitor *monitor)
{
    static const char *const STATES[] = {"away", "registering", "registered"};
    const struct engine_side *engine = &monitor->engine;
    cJSON_AddStringToObject(to, "state", STATES[engine->state]);
    add_since(to, monitor, "since_s", engine->since_us);
    cJSON_AddStringToObject(to, "board", engine->board);
    cJSON_AddStringToObject(to, "fw", engine->fw);
    add_count(to, "bays", engine->bays);
    add_count(to, "mark_boot", engine->mark_boot);
    add_count(to, "mark_seq", engine->mark_seq);
    if (engine->state != ENGINE_AWAY)
        add_since(to, monitor, "heard_s", engine->heard_us);
}

static cJSON *view_status(const struct monitor *monitor)
{
    cJSON *to = cJSON_CreateObject();
    cJSON_AddStringToObject(to, "device", monitor->settings->device);
    cJSON_AddStringToObject(to, "fw", SWAPSTACK_VERSION);
    cJSON_AddStringToObject(to, "journal", monitor->journal->id);
    add_count(to, "boot", monitor->journal->boot);
    add_since(to, monitor, "up_s", monitor->boot_mono_us);
    struct message message; /* the clock's quality as each message tells it */
    envelope_init(monitor, &message, MESSAGE_STATUS);
    cJSON_AddBoolToObject(to, "clock_synced", message.clock == CLOCK_QUALITY_SYNCED);
    cJSON_AddBoolToObject(to, "connected", monitor->connected);
    add_engine(cJSON_AddObjectToObject(to, "engine"), monitor);
    return to;
}

static void add_lane(cJSON *list, const struct monitor *monitor, enum message_lane lane)
{
    const struct outbox_lane *from = &monitor->outbox.lanes[lane_index(lane)];
    cJSON *to = cJSON_CreateObject();
    cJSON_AddItemToArray(list, to);
    cJSON_AddStringToObject(to, "lane", lane == LANE_EVENT ? "event" : "telemetry");
    add_count(to, "boot", from->boot);
    add_count(to, "mark", from->mark);
    add_count(to, "sent", from->sent);
    add_count(to, "assigned", monitor->outbox.assigned[lane_index(lane)]);
    add_count(to, "in_flight", from->flight_count);
}

static cJSON *view_net(const struct monitor *monitor, const struct session_view *session)
{
    cJSON *to = cJSON_CreateObject();
    char broker[300];
    (void)snprintf(broker, sizeof(broker), "%s:%d", session->host, session->port);
    cJSON_AddStringToObject(to, "broker", broker);
    cJSON_AddStringToObject(to, "phase", session->phase);
    add_count(to, "since_s", session->since_ms / 1000);
    add_count(to, "next_try_s", (session->next_ms + 999) / 1000);
    add_count(to, "failures", session->failures);
    cJSON_AddStringToObject(to, "last_error", session->last_error);
    cJSON_AddStringToObject(to, "topic", monitor->info_topic);
    cJSON_AddBoolToObject(to, "connected", monitor->connected);
    cJSON_AddBoolToObject(to, "accepted", monitor->accepted);
    add_count(to, "connections", monitor->conn);
    add_count(to, "published", monitor->counts.published);
    cJSON_AddBoolToObject(to, "offline", monitor->offline);
    if (monitor->offline && monitor->offline_until_us != NEVER)
        add_count(to, "offline_s", (monitor->offline_until_us - now_us(monitor)) / SECOND_US);
    cJSON *lanes = cJSON_AddArrayToObject(to, "lanes");
    add_lane(lanes, monitor, LANE_EVENT);
    add_lane(lanes, monitor, LANE_TELEMETRY);
    return to;
}

static cJSON *view_journal(const struct monitor *monitor)
{
    const struct journal *journal = monitor->journal;
    struct journal_totals totals;
    cJSON *to = cJSON_CreateObject();
    journal->ops->totals(journal->self, &totals);
    cJSON_AddStringToObject(to, "id", journal->id);
    add_count(to, "boot", journal->boot);
    add_count(to, "event_rows", totals.rows[lane_index(LANE_EVENT)]);
    add_count(to, "telemetry_rows", totals.rows[lane_index(LANE_TELEMETRY)]);
    add_count(to, "telemetry_bytes", totals.telemetry_bytes);
    add_count(to, "telemetry_max_bytes", monitor->settings->telemetry_max_bytes);
    if (totals.oldest_us != MESSAGE_ABSENT)
        add_count(to, "oldest_us", totals.oldest_us);
    add_count(to, "dropped", monitor->counts.dropped_rows);
    add_count(to, "dead", monitor->counts.dead_rows);
    cJSON_AddStringToObject(to, "storage", journal->ops->is_short(journal->self) ? "full" : "ok");
    return to;
}

cJSON *monitor_console_answer(struct monitor *monitor, const struct session_view *session,
                              const struct ipc_packet *request)
{
    const char *verb = ipc_text(request, "verb");
    if (strcmp(verb, "status") == 0)
        return ipc_console_accept(request, view_status(monitor));
    if (strcmp(verb, "net") == 0)
        return ipc_console_accept(request, view_net(monitor, session));
    if (strcmp(verb, "journal") == 0)
        return ipc_console_accept(request, view_journal(monitor));
    if (strcmp(verb, "reconnect") == 0) {
        monitor_reconnect(monitor);
        return ipc_console_accept(request, NULL);
    }
    return ipc_console_refuse(request, "Unsupported", "the monitor does not know %.64s", verb);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/connection.h"

#include "alerts/alerts.h"
#include "base/clock.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SILENT_INTERVALS 3
/* On a fast plant clock three intervals are less than a busy machine's hiccup. */
#define SILENT_WALL_US (3 * CLOCK_US_PER_SECOND)

static struct alert_subject offline_alert(const struct station *station)
{
    return (struct alert_subject){.kind = "station_offline",
                                  .severity = "warning",
                                  .station_id = station->row.station_id,
                                  .slot = STORE_NULL};
}

static bool is_away(const struct station *station)
{
    return strcmp(station->row.status, "DISCONNECTED") == 0;
}

int connection_hear(const struct connection *connection, struct station *station,
                    const struct state_moment *moment, struct err *err)
{
    station->heard_plant_us = moment->arrived_us;
    station->heard_mono_us = moment->arrived_mono_us;
    station->row.last_connection_time = moment->arrived_us;
    if (!is_away(station)) {
        registry_touch(connection->registry, station, CHANGE_LEVELS);
        return 0;
    }
    bool told = station->said_state[0] && strcmp(station->said_state, "DISCONNECTED") != 0;
    (void)snprintf(station->row.status, sizeof station->row.status, "%s",
                   told ? station->said_state : "ACTIVE");
    station->row.disconnect_reason[0] = '\0';
    registry_touch(connection->registry, station, CHANGE_STATE);
    struct alert_subject alert = offline_alert(station);
    return alerts_clear(connection->alerts, &alert, moment->arrived_us, err);
}

static int disconnect(const struct connection *connection, struct station *station,
                      const char *reason, int64_t at_us, struct err *err)
{
    if (is_away(station))
        return 0;
    (void)snprintf(station->row.status, sizeof station->row.status, "DISCONNECTED");
    (void)snprintf(station->row.disconnect_reason, sizeof station->row.disconnect_reason, "%s",
                   reason);
    registry_touch(connection->registry, station, CHANGE_STATE);
    struct alert_subject alert = offline_alert(station);
    char text[400];
    (void)snprintf(text, sizeof text, "station %s is disconnected: %s", station->row.station_id,
                   reason);
    return alerts_raise(connection->alerts, &alert, at_us, (double)NAN, (double)NAN, text, err);
}

/* The number of a connection takes the place of `up`: STATUS is ordered by (journal, boot, conn).
 * The connection's own boot and number were set back when a newer journal was adopted. */
static bool is_stale(const struct station *station, const struct message_status *said,
                     const struct state_moment *moment)
{
    int64_t number = moment->place.journal_number;
    if (number > 0 && number < station->journal_number)
        return true;
    if (number > station->journal_number)
        return false;
    struct order_place current = {
        .journal_number = 1, .boot = station->row.conn_boot, .up = station->row.conn};
    struct order_place place = {.journal_number = 1, .boot = said->boot, .up = said->conn};
    return !order_replaces(&place, &current);
}

int connection_status(const struct connection *connection, struct station *station,
                      const struct message_status *said, const struct state_moment *moment,
                      bool *fresh, struct err *err)
{
    *fresh = !is_stale(station, said, moment);
    if (!*fresh)
        return 0;
    state_adopt_journal(station, moment);
    if (said->conn != MESSAGE_ABSENT && said->boot != MESSAGE_ABSENT) {
        station->row.conn = said->conn;
        station->row.conn_boot = said->boot;
        registry_touch(connection->registry, station, CHANGE_STATE);
    }
    if (said->online)
        return connection_hear(connection, station, moment, err);
    return disconnect(connection, station, said->reason[0] ? said->reason : "connection lost",
                      moment->arrived_us, err);
}

struct tick {
    const struct connection *connection;
    int64_t mono_us, plant_us;
    struct err *err;
    int status;
};

static void check_silence(void *self, struct station *station)
{
    struct tick *tick = self;
    int64_t silent_us = tick->plant_us - station->heard_plant_us;
    int64_t limit_us = SILENT_INTERVALS * tick->connection->report_interval_us;
    if (tick->status < 0 || is_away(station) || silent_us <= limit_us ||
        tick->mono_us - station->heard_mono_us <= SILENT_WALL_US)
        return;
    char reason[128];
    (void)snprintf(reason, sizeof reason, "no message for %" PRId64 " s",
                   silent_us / CLOCK_US_PER_SECOND);
    tick->status = disconnect(tick->connection, station, reason, tick->plant_us, tick->err);
}

int connection_tick(const struct connection *connection, int64_t mono_us, int64_t plant_us,
                    struct err *err)
{
    struct tick tick = {
        .connection = connection, .mono_us = mono_us, .plant_us = plant_us, .err = err};
    registry_each(connection->registry, check_silence, &tick);
    return tick.status;
}

static void hear_now(void *self, struct station *station)
{
    const struct tick *tick = self;
    station->heard_mono_us = tick->mono_us;
    station->heard_plant_us = tick->plant_us;
}

void connection_reset(const struct connection *connection, int64_t mono_us, int64_t plant_us)
{
    struct tick tick = {.mono_us = mono_us, .plant_us = plant_us};
    registry_each(connection->registry, hear_now, &tick);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* CHARGE_SESSION: the record of what a station says of its charging sessions. */
#include "charging/charging_internal.h"

#include "charging/session_rules.h"
#include "store/session.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>

/* Facts once known stay when a later transition does not say them. */
static void keep_text(char *to, size_t size, const char *said)
{
    if (said && said[0])
        (void)snprintf(to, size, "%s", said);
}

static void apply(struct charging_session_row *row, const struct charging_session_event *event,
                  enum session_state to)
{
    keep_text(row->bid, sizeof row->bid, event->bid);
    keep_text(row->driver_id, sizeof row->driver_id, event->driver_id);
    keep_text(row->reason, sizeof row->reason, event->reason);
    keep_text(row->status, sizeof row->status, event->status);
    if (event->slot != STORE_NULL)
        row->slot = event->slot;
    if (to == SESSION_IN_PROGRESS)
        row->start_time_us = event->time_us;
    if (session_state_is_end(to))
        row->end_time_us = event->time_us;
    if (!isnan(event->energy_kwh))
        row->energy_consumed_kwh = decimal_round(event->energy_kwh, 2);
}

int charging_session_event(struct charging *charging, const struct charging_session_event *event,
                           bool *stored, struct err *err)
{
    assert(event->session_id && event->station_id && event->status);
    *stored = false;
    enum session_state to = session_state_parse(event->status);
    if (to == SESSION_UNKNOWN)
        return err_set(err, ERR_INVALID,
                       "charging session %s: status \"%s\" is none of requested, authorized, "
                       "in_progress, completed, cancelled, failed",
                       event->session_id, event->status);
    struct charging_session_row row;
    int found =
        charging_session_load(charging->store, event->station_id, event->session_id, &row, err);
    if (found < 0)
        return found;
    if (!found) {
        row = (struct charging_session_row){.slot = STORE_NULL,
                                            .start_time_us = STORE_NULL,
                                            .end_time_us = STORE_NULL,
                                            .energy_consumed_kwh = NAN};
        keep_text(row.session_id, sizeof row.session_id, event->session_id);
        keep_text(row.station_id, sizeof row.station_id, event->station_id);
    }
    if (!session_may_move(session_state_parse(row.status), to))
        return 0;
    apply(&row, event, to);
    int status = charging_session_save(charging->store, &row, err);
    *stored = status == 0;
    if (status == 0 && session_state_is_end(to))
        status = charging_session_fill_energy(charging->store, event->station_id, event->session_id,
                                              err);
    return status;
}

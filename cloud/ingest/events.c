/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a station: swaps, charging sessions, results of commands. */
#include "ingest/ingest_internal.h"
#include "tracking/form_message.h"

#include <stdio.h>
#include <string.h>

static int64_t from_message(int64_t value)
{
    return value == MESSAGE_ABSENT ? STORE_NULL : value;
}

int ingest_swap_event(struct ingest *ingest, struct arrival *arrival, bool *repeat, struct err *err)
{
    const struct message_swap_event *said = &arrival->message.data.swap_event;
    char comments[FORM_COMMENTS_SIZE];
    bool unsure = arrival->message.clock == CLOCK_QUALITY_UNSYNCED &&
                  arrival->time_source == CLOCKFIX_ARRIVAL;
    struct tracking_exchange exchange =
        form_swap_event(&arrival->message, arrival->moment.time_us, unsure, comments);
    struct tracking_source source = ingest_source(arrival);
    *repeat = false;
    if (strcmp(said->event, "Timeout") == 0)
        return tracking_add_timeout(ingest->tracking, &exchange, &source, err);
    int status =
        tracking_add_battery_exchange_task(ingest->tracking, &exchange, &source, repeat, err);
    /* A journal's row is always on record, even when it says what a bare message said before. */
    if (arrival->message.place.lane != LANE_ABSENT)
        *repeat = false;
    return status;
}

int ingest_charge_session(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    const struct message_charge_session *said = &arrival->message.data.charge_session;
    struct charging_session_event event = {.session_id = said->session,
                                           .station_id = arrival->message.device,
                                           .bid = said->bid,
                                           .status = said->status,
                                           .reason = said->reason,
                                           .slot = from_message(said->bay),
                                           .time_us = arrival->moment.time_us,
                                           .energy_kwh = said->energy_kwh};
    bool stored;
    return charging_session_event(ingest->charging, &event, &stored, err);
}

int ingest_command_result(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    const struct message_command_result *said = &arrival->message.data.command_result;
    struct commands_outcome outcome;
    int status = commands_result(ingest->commands, arrival->message.device, said,
                                 arrival->moment.time_us, arrival->raw->mono_us, &outcome, err);
    if (status < 0 || !outcome.changed || outcome.type != MESSAGE_SERVER_ASK_CHARGE)
        return status;
    if (strcmp(said->outcome, "done") != 0 && strcmp(said->outcome, "failed") != 0)
        return 0;
    struct tracking_source source = ingest_source(arrival);
    status = tracking_log_swap_end(ingest->tracking, outcome.request_id, arrival->moment.time_us,
                                   said->outcome, said->reason, &source, err);
    if (status < 0)
        return status;
    return tracking_end_swap(ingest->tracking, arrival->message.device, outcome.request_id,
                             arrival->moment.time_us, said->outcome, said->reason, err);
}

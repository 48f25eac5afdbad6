/* SPDX-License-Identifier: Apache-2.0 */
/* The effect of an accepted message, by type, and its line in event_log. */
#include "ingest/ingest_internal.h"
#include "stations/faults.h"
#include "store/eventlog.h"

#include <stdio.h>
#include <string.h>

struct tracking_source ingest_source(const struct arrival *arrival)
{
    return (struct tracking_source){.actor = "station",
                                    .actor_id = arrival->message.device,
                                    .received_at_us = arrival->raw->plant_us,
                                    .journal = arrival->message.place.journal,
                                    .journal_number = arrival->journal_number,
                                    .boot = arrival->message.place.boot,
                                    .up_ms = arrival->message.up_ms};
}

/* Every row of the event lane, and the same facts in the bare form. */
static bool is_event(const struct message *message)
{
    if (message->place.lane != LANE_ABSENT)
        return message->place.lane == LANE_EVENT;
    return message->type == MESSAGE_SWAP_EVENT || message->type == MESSAGE_FAULT ||
           message->type == MESSAGE_CHARGE_SESSION;
}

static int log_event(struct ingest *ingest, const struct arrival *arrival, struct err *err)
{
    const struct message *message = &arrival->message;
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    strbuf_append(&payload, arrival->raw->payload, arrival->raw->length);
    if (strbuf_failed(&payload))
        return err_set(err, ERR_NOMEM, "event of %s: out of memory", message->device);
    bool placed = message->place.lane != LANE_ABSENT;
    struct eventlog_row row = {.received_at_us = arrival->raw->plant_us,
                               .event_time_us = arrival->moment.time_us,
                               .actor = "station",
                               .actor_id = message->device,
                               .station_id = message->device,
                               .kind = message_type_name(message->type),
                               .journal = message->place.journal,
                               .boot = message->place.boot,
                               .lane = message_lane_name(message->place.lane),
                               .seq = placed ? message->place.seq : STORE_NULL,
                               .payload = strbuf_text(&payload)};
    return eventlog_append(ingest->store, &row, err);
}

static int apply_register(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    const struct message_register *said = &arrival->message.data.registration;
    state_apply_register(ingest->registry, arrival->station, said, &arrival->moment);
    const char *journal = said->journal[0] ? said->journal : arrival->message.place.journal;
    return ingest_answer(ingest, arrival->message.device, journal, "accepted", err);
}

static int apply_status(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    bool fresh;
    struct connection connection = ingest_connection(ingest);
    return connection_status(&connection, arrival->station, &arrival->message.data.status,
                             &arrival->moment, &fresh, err);
}

int ingest_dispatch(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    const struct message *message = &arrival->message;
    bool repeat = false;
    int status = 0;
    switch ((enum message_type)message->type) {
    case MESSAGE_STATION_INFO:
        status = ingest_station_info(ingest, arrival, err);
        break;
    case MESSAGE_REGISTER:
        status = apply_register(ingest, arrival, err);
        break;
    case MESSAGE_SWAP_EVENT:
        status = ingest_swap_event(ingest, arrival, &repeat, err);
        break;
    case MESSAGE_FAULT:
        status = faults_apply(ingest->store, ingest->alerts, message->device, &message->data.fault,
                              arrival->moment.time_us, err);
        break;
    case MESSAGE_COMMAND_RESULT:
        status = ingest_command_result(ingest, arrival, err);
        break;
    case MESSAGE_CHARGE_SESSION:
        status = ingest_charge_session(ingest, arrival, err);
        break;
    case MESSAGE_STATUS:
        status = apply_status(ingest, arrival, err);
        break;
    default: /* receive.c lets no other type through */
        break;
    }
    if (status < 0 || repeat || !is_event(message))
        return status;
    return log_event(ingest, arrival, err);
}

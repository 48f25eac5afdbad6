/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message on `info`: who says it, is it wanted, has its row been taken before, what time is it
 * of. What is left then has an effect (dispatch.c) or goes into quarantine; either way a journal
 * row's mark moves on, so that one bad row never stops a stream.
 */
#include "base/log.h"
#include "ingest/accept.h"
#include "ingest/ingest_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_info_type(int64_t type)
{
    return type == MESSAGE_STATION_INFO || (type >= MESSAGE_REGISTER && type <= MESSAGE_STATUS);
}

/* A reason for which the message cannot be this device's word, or NULL. */
static const char *find_impostor(const struct arrival *arrival, char *text, size_t size)
{
    const char *device = arrival->message.device;
    if (!device_is_valid(device))
        return "device \"*\" is no station";
    if (arrival->topic.leaf[0] && strcmp(arrival->topic.leaf, device) != 0) {
        (void)snprintf(text, size, "device %s does not speak on the topic of %s", device,
                       arrival->topic.leaf);
        return text;
    }
    if (!arrival->topic.leaf[0] && arrival->station && arrival->station->row.own_topic) {
        (void)snprintf(text, size, "device %s has its own topic and is not believed on `info`",
                       device);
        return text;
    }
    return NULL;
}

static int raise_gap(struct ingest *ingest, const struct arrival *arrival, int64_t gap,
                     struct err *err)
{
    const struct message *message = &arrival->message;
    bool events = message->place.lane == LANE_EVENT;
    ingest->counters[COUNTER_GAPS] += gap;
    struct alert_subject subject = {.kind = "journal_gap",
                                    .severity = events ? "error" : "warning",
                                    .station_id = message->device,
                                    .slot = STORE_NULL};
    char text[256];
    (void)snprintf(text, sizeof text,
                   "station %s: %" PRId64 " %s rows before seq %" PRId64 " of boot %" PRId64
                   " never came",
                   message->device, gap, message_lane_name(message->place.lane), message->place.seq,
                   message->place.boot);
    log_warning("ingest",
                "journal_gap device=%s lane=%s boot=%" PRId64 " seq=%" PRId64 " rows=%" PRId64,
                message->device, message_lane_name(message->place.lane), message->place.boot,
                message->place.seq, gap);
    /* A gap is over when it is seen: raised and cleared at once, each gap has its own row. */
    int status = alerts_raise(ingest->alerts, &subject, arrival->raw->plant_us, (double)gap,
                              (double)NAN, text, err);
    if (status == 0)
        status = alerts_clear(ingest->alerts, &subject, arrival->raw->plant_us, err);
    return status;
}

/* The mark rule. 1: take the message, 0: it is dropped, negative: an error. */
static int accept_row(struct ingest *ingest, struct arrival *arrival, struct stream_boot *boot,
                      struct err *err)
{
    const struct message_place *place = &arrival->message.place;
    struct stream_lane *lane = place->lane == LANE_EVENT ? &boot->event : &boot->telemetry;
    /* Without prev (a journal that never drops) the row before it is the one that must be there. */
    int64_t gap, prev = place->prev == MESSAGE_ABSENT ? place->seq - 1 : place->prev;
    switch (accept_judge(lane->mark, place->seq, prev, &gap)) {
    case ACCEPT_REPEAT:
        ingest->counters[COUNTER_REPEATS]++;
        boot->ack = true;
        return 0;
    case ACCEPT_MISSING:
        if (streams_ask_resend(lane, arrival->raw->mono_us)) {
            ingest->counters[COUNTER_RESENDS]++;
            boot->ack = true;
        }
        return 0;
    case ACCEPT_NEW:
        break;
    }
    lane->mark = place->seq;
    lane->gap_rows += gap;
    lane->changed = boot->ack = true;
    if (gap > 0) {
        int status = raise_gap(ingest, arrival, gap, err);
        if (status < 0)
            return status;
    }
    return 1;
}

/* Place and time of the message; 1: take it, 0: dropped, negative: an error. */
static int find_place(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    const struct message *message = &arrival->message;
    struct stream_boot *boot = NULL;
    int take = 1;
    if (message->place.journal[0] && message->place.boot != MESSAGE_ABSENT) {
        boot = streams_boot(ingest->streams, message->device, message->place.journal,
                            message->place.boot, arrival->raw->plant_us, err);
        if (!boot)
            return err->code;
        arrival->journal_number = boot->number;
        if (message->place.lane != LANE_ABSENT)
            take = accept_row(ingest, arrival, boot, err);
    }
    struct clockfix fix =
        clockfix_time(message, boot ? &boot->offset_us : NULL, arrival->raw->plant_us);
    if (fix.learned)
        boot->offset_changed = true;
    arrival->time_source = fix.source;
    arrival->moment = (struct state_moment){.place = {.journal_number = arrival->journal_number,
                                                      .boot = message->place.boot,
                                                      .up = message->up_ms},
                                            .journal = message->place.journal,
                                            .time_us = fix.time_us,
                                            .arrived_us = arrival->raw->plant_us,
                                            .arrived_mono_us = arrival->raw->mono_us};
    return take;
}

/* A station whose data is not wanted (yet): REGISTER is answered, nothing else happens. Nothing is
 * acknowledged, so that its journal keeps what it has. */
static int turn_away(struct ingest *ingest, struct arrival *arrival, enum admission admission,
                     struct err *err)
{
    const struct message *message = &arrival->message;
    bool registers = message->type == MESSAGE_REGISTER && arrival->quality == MESSAGE_GOOD;
    int status = 0;
    if (registers)
        status = ingest_answer(ingest, message->device, message->data.registration.journal,
                               admission == HOLD ? "pending" : "refused", err);
    if (status < 0)
        return status;
    if (admission == REFUSE)
        return ingest_quarantine(ingest, arrival->raw, "the station is refused", err);
    ingest->counters[COUNTER_HELD]++;
    if (registers && !arrival->station &&
        !registry_add(ingest->registry, message->device, "pending", arrival->raw->plant_us, err))
        return err->code;
    if (message->place.lane == LANE_ABSENT && !registers && !message->live &&
        message->type != MESSAGE_STATUS)
        return ingest_quarantine(ingest, arrival->raw,
                                 "the station is not approved yet, and the message comes from no "
                                 "journal that would keep it",
                                 err);
    return 0;
}

/* Creates the row of a station at its first usable message. */
static int meet(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    if (!arrival->station) {
        arrival->station = registry_add(ingest->registry, arrival->message.device, "pending",
                                        arrival->raw->plant_us, err);
        if (!arrival->station)
            return err->code;
        log_info("ingest", "new station device=%s", arrival->message.device);
    }
    if (arrival->topic.leaf[0] && !arrival->station->row.own_topic) {
        arrival->station->row.own_topic = true;
        registry_touch(ingest->registry, arrival->station, CHANGE_STATE);
    }
    return 0;
}

static const char *find_fault(const struct arrival *arrival)
{
    if (arrival->quality != MESSAGE_GOOD)
        return arrival->bad.text;
    if (!is_info_type(arrival->message.type))
        return "this type does not belong on `info`";
    return arrival->refuse;
}

/* Known sender, place found. */
static int take(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    int status = 0;
    const char *fault = find_fault(arrival);
    if (!fault)
        status = meet(ingest, arrival, err);
    if (status == 0 && arrival->station && arrival->message.type != MESSAGE_STATUS) {
        struct connection connection = ingest_connection(ingest);
        status = connection_hear(&connection, arrival->station, &arrival->moment, err);
    }
    if (status < 0)
        return status;
    if (fault)
        return ingest_quarantine(ingest, arrival->raw, fault, err);
    return ingest_dispatch(ingest, arrival, err);
}

int ingest_receive_info(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    char text[256];
    arrival->station = registry_find(ingest->registry, arrival->message.device);
    const char *impostor = find_impostor(arrival, text, sizeof text);
    if (impostor)
        return ingest_quarantine(ingest, arrival->raw, impostor, err);
    /* A broker keeps a retained will for ever; protocol.md never retains. */
    if (arrival->raw->retained && arrival->message.type == MESSAGE_STATUS)
        return 0;
    enum admission admission = ingest_admission(ingest, arrival->station);
    if (admission != ADMIT)
        return turn_away(ingest, arrival, admission, err);
    int status = find_place(ingest, arrival, err);
    return status <= 0 ? status : take(ingest, arrival, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unknown stations (protocol.md): the broker decides who may connect, the bridge what a first
 * message means. An operator's word (approved, refused) stands above the configuration, which
 * decides for stations whose approval is pending.
 */
#include "ingest/ingest_internal.h"
#include "stations/approve.h"
#include "store/stream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum admission ingest_admission(const struct ingest *ingest, const struct station *station)
{
    if (station && strcmp(station->row.approval, "approved") == 0)
        return ADMIT;
    if (station && strcmp(station->row.approval, "refused") == 0)
        return REFUSE;
    switch (ingest->options.unknown) {
    case UNKNOWN_HOLD:
        return HOLD;
    case UNKNOWN_REFUSE:
        return REFUSE;
    case UNKNOWN_ACCEPT:
        break;
    }
    return ADMIT;
}

int ingest_answer(struct ingest *ingest, const char *device, const char *journal,
                  const char *status, struct err *err)
{
    if (ingest->answer_count == ingest->answer_size) {
        size_t size = ingest->answer_size ? ingest->answer_size * 2 : 16;
        struct answer *grown = realloc(ingest->answers, size * sizeof *grown);
        if (!grown)
            return err_set(err, ERR_NOMEM, "answer to %s: out of memory", device);
        ingest->answers = grown;
        ingest->answer_size = size;
    }
    struct answer *answer = &ingest->answers[ingest->answer_count++];
    answer->status = status;
    (void)snprintf(answer->device, sizeof answer->device, "%s", device);
    (void)snprintf(answer->journal, sizeof answer->journal, "%s", journal);
    return 0;
}

/* The marks that the station may delete by. A failure to read them leaves them out: the station
 * then sends from where it stands and learns by the acks. */
static void fill_marks(struct ingest *ingest, const struct answer *answer,
                       struct message_register_result *result)
{
    struct stream_marks marks[MESSAGE_MARKS_MAX];
    int count = answer->journal[0]
                    ? stream_list_marks(ingest->store, answer->device, answer->journal, marks,
                                        MESSAGE_MARKS_MAX, NULL)
                    : 0;
    for (int i = 0; i < count; i++) {
        struct message_ack *mark = &result->marks[result->mark_count++];
        *mark = (struct message_ack){
            .boot = marks[i].boot, .event = marks[i].event, .telemetry = marks[i].telemetry};
        (void)snprintf(mark->journal, sizeof mark->journal, "%s", answer->journal);
    }
}

static void send_result(struct ingest *ingest, const struct answer *answer)
{
    struct message message;
    message_init(&message, MESSAGE_REGISTER_RESULT);
    struct message_register_result *result = &message.data.register_result;
    (void)snprintf(result->status, sizeof result->status, "%s", answer->status);
    result->server_time = (struct timestamp){.us = ingest->env->wall_us(ingest->env->self),
                                             .precision = TIMESTAMP_EXACT};
    if (strcmp(answer->status, "accepted") == 0) {
        fill_marks(ingest, answer, result);
        result->config = ingest->fleet.wanted;
    }
    ingest->out->register_result(ingest->out->self, answer->device, result);
    message_free(&message);
}

void ingest_send_answers(struct ingest *ingest)
{
    const struct ingest_out *out = ingest->out;
    for (size_t i = 0; i < ingest->answer_count; i++) {
        const struct answer *answer = &ingest->answers[i];
        if (answer->status)
            send_result(ingest, answer);
        else if (out->set_config)
            out->set_config(out->self, answer->device, &ingest->fleet.wanted);
    }
    ingest->answer_count = 0;
}

int ingest_offer_config(struct ingest *ingest, struct station *station,
                        const struct message_config *echo, struct err *err)
{
    int64_t mono_us = ingest->env->mono_us(ingest->env->self);
    if (ingest_admission(ingest, station) != ADMIT ||
        !fleet_should_tell(&ingest->fleet, station, echo, mono_us))
        return 0;
    return ingest_answer(ingest, station->row.station_id, "", NULL, err);
}

/* What the operator decided, in memory too: the row there would be written over the table's. */
static int adopt_approval(struct ingest *ingest, const char *station_id, const char *approval,
                          int64_t now_us, struct err *err)
{
    struct station *station = registry_find(ingest->registry, station_id);
    if (!station) {
        station = registry_add(ingest->registry, station_id, approval, now_us, err);
        if (!station)
            return ERR_NOMEM;
        station->row.last_connection_time = STORE_NULL;
        (void)snprintf(station->row.status, sizeof station->row.status, "DISCONNECTED");
        (void)snprintf(station->row.disconnect_reason, sizeof station->row.disconnect_reason,
                       "never connected");
    }
    (void)snprintf(station->row.approval, sizeof station->row.approval, "%s", approval);
    const char *status = ingest_admission(ingest, station) == ADMIT  ? "accepted"
                         : ingest_admission(ingest, station) == HOLD ? "pending"
                                                                     : "refused";
    return ingest_answer(ingest, station_id, station->row.journal, status, err);
}

int ingest_approve(struct ingest *ingest, const char *station_id, const char *approval,
                   const char *actor, struct err *err)
{
    int64_t now_us = ingest->env->plant_us(ingest->env->self);
    int status = ingest_begin(ingest, err);
    if (status == 0)
        status = station_approve(ingest->store, station_id, approval, actor, now_us, err);
    if (status == 0)
        status = adopt_approval(ingest, station_id, approval, now_us, err);
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    return status;
}

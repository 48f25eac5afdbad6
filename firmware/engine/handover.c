/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/handover.h"
#include "core/text.h"
#include "engine/payload.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

void handover_free(struct handover *handover)
{
    for (size_t i = 0; i < handover->count; i++)
        cJSON_free(handover->rows[i].body);
    free(handover->rows);
    *handover = (struct handover){0};
}

int handover_restore(struct handover *handover, const struct handover_row *row)
{
    if (handover->count == handover->capacity) {
        size_t capacity = handover->capacity ? handover->capacity * 2 : 32;
        struct handover_row *rows = realloc(handover->rows, capacity * sizeof *rows);
        if (!rows)
            return ERR_NOMEM;
        handover->rows = rows;
        handover->capacity = capacity;
    }
    handover->rows[handover->count++] = *row;
    return 0;
}

int handover_add(struct handover *handover, const struct station_event *event, int64_t skew_us,
                 struct err *err)
{
    struct handover_row row = {
        .type = event->kind == STATION_EVENT_COMPLETION ? IPC_CHARGE_COMPLETION : IPC_EVENT,
        .boot = handover->boot,
        .seq = handover->last_seq + 1,
        .at_us = event->at_us + skew_us,
        .core_us = event->at_us,
    };
    int code = payload_event(event, &row.body, err);
    if (code)
        return code;
    if (handover_restore(handover, &row)) {
        cJSON_free(row.body);
        return err_set(err, ERR_NOMEM, "out of memory for an event");
    }
    handover->last_seq++;
    return 0;
}

static bool at_most(const struct handover_row *row, int64_t boot, int64_t seq)
{
    return row->boot < boot || (row->boot == boot && row->seq <= seq);
}

int handover_acknowledge(struct handover *handover, int64_t boot, int64_t seq, struct err *err)
{
    if (boot > handover->boot || (boot == handover->boot && seq > handover->last_seq))
        return err_set(err, ERR_INVALID,
                       "the monitor's mark %" PRId64 ".%" PRId64
                       " is above the newest event %" PRId64 ".%" PRId64 "; ignored",
                       boot, seq, handover->boot, handover->last_seq);
    size_t gone = 0;
    while (gone < handover->count && at_most(&handover->rows[gone], boot, seq))
        cJSON_free(handover->rows[gone++].body);
    if (!gone)
        return 0;
    handover->count -= gone;
    memmove(handover->rows, handover->rows + gone, handover->count * sizeof *handover->rows);
    handover->sent -= gone < handover->sent ? gone : handover->sent;
    handover->durable -= gone < handover->durable ? gone : handover->durable;
    return 0;
}

void handover_rewind(struct handover *handover)
{
    handover->sent = 0;
}

cJSON *handover_next(const struct handover *handover, int64_t core_us, int64_t skew_us)
{
    if (handover->sent >= handover->durable)
        return NULL;
    static const struct handover_row NONE;
    const struct handover_row *row = &handover->rows[handover->sent];
    const struct handover_row *prev = handover->sent ? row - 1 : &NONE;
    char id[65];
    snprintf(id, sizeof id, "event-%" PRId64 "-%" PRId64, row->boot, row->seq);
    cJSON *body = cJSON_Parse(row->body);
    cJSON *packet = body ? ipc_begin(row->type, id) : NULL;
    if (!packet) {
        cJSON_Delete(body);
        return NULL;
    }
    int64_t then_us = row->core_us ? row->core_us : row->at_us - skew_us;
    int64_t age_us = core_us > then_us ? core_us - then_us : 0;
    cJSON_AddNumberToObject(packet, "boot", (double)row->boot);
    cJSON_AddNumberToObject(packet, "seq", (double)row->seq);
    cJSON_AddNumberToObject(packet, "prev_boot", (double)prev->boot);
    cJSON_AddNumberToObject(packet, "prev_seq", (double)prev->seq);
    cJSON_AddNumberToObject(packet, "time", (double)row->at_us);
    cJSON_AddNumberToObject(packet, "age_ms", (double)(age_us / 1000));
    while (body->child) {
        cJSON *field = cJSON_DetachItemViaPointer(body, body->child);
        cJSON_AddItemToObject(packet, field->string, field);
    }
    cJSON_Delete(body);
    return packet;
}

void handover_sent(struct handover *handover)
{
    assert(handover->sent < handover->durable);
    handover->sent++;
}

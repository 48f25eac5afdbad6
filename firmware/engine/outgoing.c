/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "core/snapshot.h"
#include "core/text.h"
#include "engine/payload.h"
#include "engine/state.h"
#include <inttypes.h>
#include <math.h>

#define HANDOVER_STALL_US (10 * CLOCK_US_PER_SECOND)

cJSON *engine_begin(struct engine *engine, enum ipc_type type)
{
    char id[65];
    snprintf(id, sizeof id, "engine-%" PRId64 "-%" PRId64, engine->handover.boot,
             ++engine->packet_counter);
    return ipc_begin(type, id);
}

int engine_send(struct engine *engine, cJSON *packet, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    if (!packet)
        return err_set(err, ERR_NOMEM, "out of memory for a packet");
    int code = ipc_encode(packet, &text, err);
    if (code)
        return code;
    return engine->options.link->send(engine->options.link->self, strbuf_text(&text), text.length,
                                      err);
}

void engine_drop_answers(struct engine *engine)
{
    while (engine->answer_count)
        cJSON_Delete(engine->answers[--engine->answer_count]);
}

/* False when the oldest answer has to wait. */
static bool flush_answers(struct engine *engine)
{
    struct err err = {0};
    while (engine->answer_count) {
        int code = engine_send(engine, cJSON_Duplicate(engine->answers[0], true), &err);
        if (code == ERR_BUSY)
            return false;
        if (code)
            log_warning("engine", "an answer is lost: %s", err.text);
        cJSON_Delete(engine->answers[0]);
        engine->answer_count--;
        memmove(&engine->answers[0], &engine->answers[1],
                engine->answer_count * sizeof *engine->answers);
    }
    return true;
}

void engine_answer(struct engine *engine, cJSON *packet)
{
    if (!packet)
        return;
    if (engine->answer_count == ENGINE_ANSWERS_MAX) {
        cJSON_Delete(engine->answers[0]);
        engine->answer_count--;
        memmove(&engine->answers[0], &engine->answers[1],
                engine->answer_count * sizeof *engine->answers);
    }
    engine->answers[engine->answer_count++] = packet;
    (void)flush_answers(engine);
}

static int snapshot_data(const struct engine *engine, cJSON **data, struct err *err)
{
    const struct engine_options *options = &engine->options;
    struct message message;
    message_init(&message, MESSAGE_STATION_INFO);
    int code = station_snapshot(&engine->station, &engine->readings, &message, err);
    if (!code) {
        struct message_station *station = &message.data.station_info.station;
        TEXT_SET(station->fw, options->fw);
        TEXT_SET(station->board, options->board);
        station->latitude = options->latitude;
        station->longitude = options->longitude;
        code = payload_data(&message, data, err);
    }
    message_free(&message);
    return code;
}

static void drop_status(struct engine *engine, size_t index)
{
    cJSON_Delete(engine->statuses[index].data);
    engine->status_count--;
    memmove(&engine->statuses[index], &engine->statuses[index + 1],
            (engine->status_count - index) * sizeof *engine->statuses);
}

void engine_queue_status(struct engine *engine, bool transition)
{
    struct err err = {0};
    struct engine_status status = {.at_us = engine->readings.now_us, .transition = transition};
    engine->status_sent_us = status.at_us;
    engine->status_wall_us = engine_mono_us(engine);
    if (snapshot_data(engine, &status.data, &err)) {
        log_warning("engine", "no status: %s", err.text);
        return;
    }
    if (engine->status_count == ENGINE_STATUS_MAX)
        drop_status(engine, 0);
    engine->statuses[engine->status_count++] = status;
}

/* Sends the oldest status. False when it has to wait. */
static bool send_status(struct engine *engine, struct err *err)
{
    struct engine_status *status = &engine->statuses[0];
    cJSON *packet = engine_begin(engine, IPC_STATUS);
    if (!packet)
        return false;
    int64_t age_us = engine_core_us(engine) - status->at_us;
    cJSON_AddNumberToObject(packet, "time", (double)engine_stamp_us(engine, status->at_us));
    cJSON_AddNumberToObject(packet, "age_ms", (double)(age_us > 0 ? age_us / 1000 : 0));
    cJSON_AddBoolToObject(packet, "transition", status->transition);
    cJSON_AddItemReferenceToObject(packet, "data", status->data);
    int code = engine_send(engine, packet, err);
    if (code == ERR_BUSY || code == ERR_UNAVAILABLE)
        return false;
    if (code)
        log_warning("engine", "a status is dropped: %s", err->text);
    drop_status(engine, 0);
    return true;
}

static void flush_events(struct engine *engine, struct err *err)
{
    struct handover *handover = &engine->handover;
    int64_t now_us = engine_mono_us(engine);
    if (handover->sent == 0)
        engine->handover_wall_us = now_us; /* nothing is in flight: no progress to wait for */
    else if (now_us - engine->handover_wall_us > HANDOVER_STALL_US) {
        log_warning("engine", "events are sent again after 10 s without progress");
        handover_rewind(handover);
        engine->handover_wall_us = now_us;
    }
    for (;;) {
        cJSON *packet = handover_next(handover, engine_core_us(engine), engine->skew_us);
        if (!packet)
            return;
        if (engine_send(engine, packet, err))
            return;
        handover_sent(handover);
    }
}

/* StorageFault cannot be said by an event, which would have to be stored first. */
static void tell_storage(struct engine *engine, struct err *err)
{
    if (engine->station.storage_fault == engine->storage_told)
        return;
    cJSON *packet = engine_begin(engine, IPC_FAULT_NOTIFICATION);
    if (!packet)
        return;
    cJSON_AddStringToObject(packet, "id", engine->options.board);
    cJSON_AddStringToObject(packet, "failure_info",
                            engine->station.storage_fault
                                ? "StorageFault: intent or events cannot be stored"
                                : "StorageFault is over");
    if (!engine_send(engine, packet, err))
        engine->storage_told = engine->station.storage_fault;
}

void engine_flush(struct engine *engine)
{
    struct err err = {0};
    if (!engine->supervise.registered || !flush_answers(engine))
        return;
    flush_events(engine, &err);
    tell_storage(engine, &err);
    while (engine->status_count && send_status(engine, &err))
        continue;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader at the station: a driver's token goes to the monitor, which knows who may swap. The
 * monitor's answer counts only while the driver can be expected to stand there still; nothing waits
 * for a monitor that is away, so that a gate never opens for somebody who has left.
 */
#include "base/log.h"
#include "core/text.h"
#include "engine/state.h"

#define ANSWER_US (10 * CLOCK_US_PER_SECOND) /* wall; an answer after that is Stale */
#define NOTICE_US (5 * CLOCK_US_PER_SECOND)  /* wall; how long the reader shows an answer */

static void notice(struct engine *engine, const char *text)
{
    TEXT_SET(engine->reader.notice, text);
    engine->reader.notice_us = engine_mono_us(engine);
}

static void present(struct engine *engine)
{
    struct engine_reader *reader = &engine->reader;
    struct err err = {0};
    reader->packet[0] = '\0'; /* whoever came before has been overtaken */
    if (!engine->supervise.registered) {
        log_info("engine", "a token at the reader is refused: the monitor is away");
        notice(engine, "SafetyLock");
        return;
    }
    cJSON *packet = engine_begin(engine, IPC_TOKEN_PRESENTED);
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(packet, "message_id"));
    if (id)
        TEXT_SET(reader->packet, id);
    cJSON_AddStringToObject(packet, "token", engine->readings.token);
    cJSON_AddStringToObject(packet, "vehicle_id", engine->readings.lane_vehicle);
    reader->asked_us = engine_mono_us(engine);
    if (engine_send(engine, packet, &err)) {
        log_warning("engine", "a token at the reader is refused: %s", err.text);
        reader->packet[0] = '\0';
        notice(engine, "Busy");
    }
}

void engine_read_token(struct engine *engine)
{
    struct engine_reader *reader = &engine->reader;
    const struct io_readings *in = &engine->readings;
    if (!reader->seen) { /* what was presented to an earlier run is over */
        reader->seen = true;
        reader->number = in->token_number;
    }
    if (in->token_number == reader->number)
        return;
    reader->number = in->token_number;
    if (in->token[0])
        present(engine);
}

bool engine_token_waits(const struct engine *engine, const char *packet_id)
{
    const struct engine_reader *reader = &engine->reader;
    return reader->packet[0] && text_equal(reader->packet, packet_id) &&
           engine_mono_us(engine) - reader->asked_us <= ANSWER_US;
}

void engine_token_answered(struct engine *engine, const char *packet_id, const char *refusal)
{
    if (!text_equal(engine->reader.packet, packet_id))
        return;
    engine->reader.packet[0] = '\0';
    notice(engine, refusal ? refusal : "accepted");
}

void engine_show_notice(struct engine *engine)
{
    struct engine_reader *reader = &engine->reader;
    if (reader->notice[0] && engine_mono_us(engine) - reader->notice_us > NOTICE_US)
        reader->notice[0] = '\0';
    TEXT_SET(engine->requests.notice, reader->notice);
}

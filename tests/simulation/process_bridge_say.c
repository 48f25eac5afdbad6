/* SPDX-License-Identifier: Apache-2.0 */
/* What the ingest says, and the sender's postbox. */
#include "process_bridge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* During a batch it is only noted: nothing may be said before it is committed, and whether it is
 * shows only when ingest_batch returns. */
static void say_ack(void *self, const char *device, const struct message_ack *ack)
{
    struct sim *sim = self;
    struct sim_bridge *bridge = &sim->bridge;
    if (bridge->process.dead || sim_power_is_off(sim))
        return;
    if (bridge->pending_count == sizeof bridge->pending / sizeof *bridge->pending)
        bridge->pending_count--; /* the next row brings it again */
    struct sim_ack *pending = &bridge->pending[bridge->pending_count++];
    (void)snprintf(pending->device, sizeof pending->device, "%s", device);
    pending->ack = *ack;
}

static void check_mark(struct sim *sim, const struct sim_ack *said, enum message_lane lane,
                       int64_t mark)
{
    const struct ledger_stream *stream =
        ledger_stream(&sim->ledger, said->device, said->ack.journal, said->ack.boot, lane);
    if (mark > stream->mark)
        sim_violate(sim, "%s is acknowledged up to %lld of boot %lld, %s lane; committed is %lld",
                    said->device, (long long)mark, (long long)said->ack.boot,
                    message_lane_name(lane), (long long)stream->mark);
    sim->counts->checks++;
}

static void pump(void *self, void *what);

void bridge_process_pump_at(struct sim *sim, int64_t after_us)
{
    struct sim_bridge *bridge = &sim->bridge;
    int64_t at_us = sim->schedule.now_us + after_us;
    if (bridge->pump_us <= at_us && bridge->pump_us > sim->schedule.now_us)
        return;
    bridge->pump_us = at_us;
    sim_later(sim, after_us, pump, sim, &bridge->process.life);
}

void bridge_process_take_pending(struct sim *sim)
{
    struct sim_bridge *bridge = &sim->bridge;
    for (size_t i = 0; i < bridge->pending_count; i++) {
        const struct sim_ack *said = &bridge->pending[i];
        check_mark(sim, said, LANE_EVENT, said->ack.event);
        check_mark(sim, said, LANE_TELEMETRY, said->ack.telemetry);
        (void)postbox_put_ack(bridge->postbox, said->device, &said->ack);
    }
    bridge->pending_count = 0;
    bridge_process_pump_at(sim, 200);
}

static void say_register_result(void *self, const char *device,
                                const struct message_register_result *result)
{
    struct sim *sim = self;
    if (sim->bridge.process.dead || sim_power_is_off(sim))
        return;
    struct message message;
    message_init(&message, MESSAGE_REGISTER_RESULT);
    (void)snprintf(message.device, sizeof message.device, "%s", device);
    message.version = 1;
    message.data.register_result = *result;
    for (size_t i = 0; i < result->mark_count; i++) {
        struct sim_ack said = {.ack = result->marks[i]};
        (void)snprintf(said.device, sizeof said.device, "%s", device);
        say_ack(self, device, &said.ack);
    }
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    char topic[TOPIC_SIZE];
    int code = message_encode(&message, &text, NULL);
    assert(code == 0);
    (void)topic_format(topic, "", TOPIC_CONTROL, device, NULL);
    (void)postbox_put_letter(sim->bridge.postbox, topic, strbuf_text(&text), text.length, 1);
    message_free(&message);
}

/* No courier runs here: what alerts say stays in the database. */
static void say_told(void *self)
{
    (void)self;
}

static bool publish_ack(struct sim *sim, const struct postbox_ack *due)
{
    struct message message;
    message_init(&message, MESSAGE_ACK);
    (void)snprintf(message.device, sizeof message.device, "%s", due->device);
    message.version = 1;
    message.data.ack = due->ack;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    char topic[TOPIC_SIZE];
    (void)topic_format(topic, "", TOPIC_CONTROL, due->device, NULL);
    int code = message_encode(&message, &text, NULL);
    assert(code == 0);
    message_free(&message);
    return broker_publish(&sim->bridge.client, topic, strbuf_text(&text), text.length, 0) >= 0;
}

/* As the sender's thread does. */
static void pump(void *self, void *what)
{
    struct sim *sim = self;
    struct sim_bridge *bridge = &sim->bridge;
    struct postbox_letter letter;
    struct postbox_ack due;
    int64_t next_us = INT64_MAX;
    (void)what;
    bridge->pump_us = 0;
    while (bridge->client.sees && postbox_take_letter(bridge->postbox, &letter)) {
        if (broker_publish(&bridge->client, letter.topic, letter.payload, letter.length,
                           letter.qos) < 0)
            postbox_return_letter(bridge->postbox, &letter);
        postbox_letter_free(&letter);
    }
    while (bridge->client.sees &&
           postbox_take_ack(bridge->postbox, bridge_process_mono_us(sim), &due, &next_us))
        if (!publish_ack(sim, &due))
            postbox_return_ack(bridge->postbox, &due);
    if (next_us != INT64_MAX)
        bridge_process_pump_at(sim, next_us - bridge_process_mono_us(sim) + 1);
}

void bridge_process_wire_out(struct sim *sim)
{
    sim->bridge.out = (struct ingest_out){
        .self = sim, .ack = say_ack, .register_result = say_register_result, .told = say_told};
}

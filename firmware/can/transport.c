/* SPDX-License-Identifier: Apache-2.0 */
#include "can/transport.h"

#include "base/clock.h"
#include "can/j1939.h"
#include <assert.h>
#include <string.h>

#define PGN_CONTROL UINT32_C(0xEC00) /* TP.CM */
#define PGN_DATA    UINT32_C(0xEB00) /* TP.DT */
#define PRIORITY    7
#define PACKET_SIZE 7
#define EVERY_BYTE  0xFF

/* First byte of TP.CM (J1939-21 clause 5.10.3). */
enum { CONTROL_RTS = 16, CONTROL_CTS = 17, CONTROL_EOMA = 19, CONTROL_ABORT = 255 };

const struct transport_times TRANSPORT_TIMES = {
    .t1_ms = 750, .t2_ms = 1250, .t3_ms = 1250, .t4_ms = 1050};

void transport_init(struct transport *transport, const struct transport_settings *settings)
{
    assert(settings->window > 0 && settings->own != settings->peer);
    *transport = (struct transport){.settings = *settings};
}

void transport_reset(struct transport *transport)
{
    const struct transport_settings settings = transport->settings;
    transport_init(transport, &settings);
}

const char *transport_reason_text(enum transport_reason reason)
{
    static const char *const TEXTS[] = {[TRANSPORT_BUSY] = "another message is under way",
                                        [TRANSPORT_NO_RESOURCES] = "no room for the message",
                                        [TRANSPORT_TIMEOUT] = "time-out",
                                        [TRANSPORT_CTS_TOO_EARLY] = "CTS while data is being sent",
                                        [TRANSPORT_RESENT_TOO_OFTEN] = "resent too often",
                                        [TRANSPORT_UNEXPECTED_DATA] = "data that nobody asked for",
                                        [TRANSPORT_BAD_SEQUENCE] = "wrong packet number"};
    if (reason < TRANSPORT_BUSY || reason > TRANSPORT_BAD_SEQUENCE)
        return "no known reason";
    return TEXTS[reason];
}

static uint8_t packets_of(size_t size)
{
    return (uint8_t)((size + PACKET_SIZE - 1) / PACKET_SIZE);
}

static int64_t after_ms(int64_t now_us, int64_t ms)
{
    return now_us + ms * CLOCK_US_PER_MS;
}

static struct canframe make_frame(const struct transport *transport, uint32_t pgn)
{
    struct canframe frame = {
        .id = j1939_join((struct j1939_id){.priority = PRIORITY,
                                           .pgn = pgn,
                                           .destination = transport->settings.peer,
                                           .source = transport->settings.own}),
        .extended = true,
        .length = CANFRAME_DATA_MAX};
    memset(frame.data, EVERY_BYTE, sizeof frame.data);
    return frame;
}

/* A TP.CM frame: control byte, up to four bytes that depend on it, the PGN it is about. */
static struct canframe make_control(const struct transport *transport, uint8_t control,
                                    const uint8_t middle[4], uint32_t pgn)
{
    struct canframe frame = make_frame(transport, PGN_CONTROL);
    frame.data[0] = control;
    memcpy(frame.data + 1, middle, 4);
    for (int i = 0; i < 3; i++)
        frame.data[5 + i] = (uint8_t)(pgn >> 8 * i & 0xFF);
    return frame;
}

/* Lost when nobody fetches replies: the peer's time-outs take care of it. */
static void reply(struct transport *transport, uint8_t control, const uint8_t middle[4],
                  uint32_t pgn)
{
    size_t room = sizeof transport->replies / sizeof transport->replies[0];
    if (!transport->settings.listen && transport->reply_count < room)
        transport->replies[transport->reply_count++] =
            make_control(transport, control, middle, pgn);
}

static void reply_abort(struct transport *transport, enum transport_reason reason, uint32_t pgn)
{
    reply(transport, CONTROL_ABORT,
          (uint8_t[4]){(uint8_t)reason, EVERY_BYTE, EVERY_BYTE, EVERY_BYTE}, pgn);
}

/* Asks for the packets from `next` on, at most a window of them. */
static void ask(struct transport *transport, int64_t now_us)
{
    struct transport_receiver *in = &transport->in;
    int left = in->packets - in->next + 1;
    int count = left < transport->settings.window ? left : transport->settings.window;
    in->window_end = (uint16_t)(in->next + count - 1);
    in->deadline_us = after_ms(now_us, transport->settings.times.t2_ms);
    reply(transport, CONTROL_CTS,
          (uint8_t[4]){(uint8_t)count, (uint8_t)in->next, EVERY_BYTE, EVERY_BYTE}, in->pgn);
}

static enum transport_event lose(struct transport *transport, enum transport_reason reason)
{
    transport->in.active = false;
    transport->lost_pgn = transport->in.pgn;
    transport->reason = reason;
    return TRANSPORT_LOST;
}

static enum transport_event fail(struct transport *transport, enum transport_reason reason)
{
    transport->out.active = false;
    transport->reason = reason;
    return TRANSPORT_FAILED;
}

static enum transport_event on_request(struct transport *transport, const struct canframe *frame,
                                       uint32_t pgn, int64_t now_us)
{
    struct transport_receiver *in = &transport->in;
    uint16_t size = (uint16_t)(frame->data[1] | frame->data[2] << 8);
    bool sound = size >= TRANSPORT_SIZE_MIN && size <= TRANSPORT_SIZE_MAX &&
                 frame->data[3] == packets_of(size);
    /* A new RTS for the same PGN means that the peer began anew (clause 5.10.3.1). */
    if (in->active && in->pgn != pgn && !transport->settings.listen) {
        reply_abort(transport, TRANSPORT_BUSY, pgn);
        return TRANSPORT_NOTHING;
    }
    bool broken_off = in->active;
    transport->lost_pgn = broken_off ? in->pgn : pgn;
    *in = (struct transport_receiver){.active = sound,
                                      .pgn = pgn,
                                      .size = sound ? size : 0,
                                      .packets = frame->data[3],
                                      .next = 1};
    if (sound)
        ask(transport, now_us);
    else
        reply_abort(transport, TRANSPORT_NO_RESOURCES, pgn);
    transport->reason = 0;
    return broken_off || !sound ? TRANSPORT_LOST : TRANSPORT_NOTHING;
}

static enum transport_event on_clear(struct transport *transport, const struct canframe *frame,
                                     int64_t now_us)
{
    struct transport_sender *out = &transport->out;
    uint8_t count = frame->data[1], next = frame->data[2];
    if (out->request) /* of an earlier connection */
        return TRANSPORT_NOTHING;
    if (out->next <= out->window_end) { /* it has not had all of the last window */
        reply_abort(transport, TRANSPORT_CTS_TOO_EARLY, out->pgn);
        return fail(transport, TRANSPORT_CTS_TOO_EARLY);
    }
    if (count == 0) { /* wait */
        out->deadline_us = after_ms(now_us, transport->settings.times.t4_ms);
        return TRANSPORT_NOTHING;
    }
    if (next == 0 || next > out->packets || count > out->packets - next + 1) {
        reply_abort(transport, TRANSPORT_BAD_SEQUENCE, out->pgn);
        return fail(transport, TRANSPORT_BAD_SEQUENCE);
    }
    out->next = next;
    out->window_end = (uint16_t)(next + count - 1);
    out->deadline_us = after_ms(now_us, transport->settings.times.t3_ms);
    return TRANSPORT_NOTHING;
}

static uint32_t control_pgn(const struct canframe *frame)
{
    return frame->data[5] | (uint32_t)frame->data[6] << 8 | (uint32_t)frame->data[7] << 16;
}

static enum transport_reason abort_reason(const struct canframe *frame)
{
    return frame->data[1] <= TRANSPORT_BAD_SEQUENCE ? frame->data[1] : 0;
}

static enum transport_event on_control(struct transport *transport, const struct canframe *frame,
                                       int64_t now_us)
{
    struct transport_sender *out = &transport->out;
    uint32_t pgn = control_pgn(frame);
    bool mine = out->active && out->pgn == pgn;
    switch (frame->data[0]) {
    case CONTROL_RTS:
        return on_request(transport, frame, pgn, now_us);
    case CONTROL_CTS:
        return mine ? on_clear(transport, frame, now_us) : TRANSPORT_NOTHING;
    case CONTROL_EOMA:
        if (!mine)
            return TRANSPORT_NOTHING;
        out->active = false;
        return TRANSPORT_SENT;
    case CONTROL_ABORT:
        if (mine)
            return fail(transport, abort_reason(frame));
        if (transport->in.active && transport->in.pgn == pgn)
            return lose(transport, abort_reason(frame));
        return TRANSPORT_NOTHING;
    default:
        return TRANSPORT_NOTHING;
    }
}

/* All packets are here. */
static enum transport_event receive(struct transport *transport)
{
    struct transport_receiver *in = &transport->in;
    in->active = false;
    reply(transport, CONTROL_EOMA,
          (uint8_t[4]){(uint8_t)(in->size & 0xFF), (uint8_t)(in->size >> 8), (uint8_t)in->packets,
                       EVERY_BYTE},
          in->pgn);
    return TRANSPORT_RECEIVED;
}

/* A packet is missing: asks for it again, a bounded number of times. */
static enum transport_event ask_again(struct transport *transport, int64_t now_us)
{
    struct transport_receiver *in = &transport->in;
    if (in->retries >= transport->settings.retries) {
        reply_abort(transport, TRANSPORT_RESENT_TOO_OFTEN, in->pgn);
        return lose(transport, TRANSPORT_RESENT_TOO_OFTEN);
    }
    in->retries++;
    ask(transport, now_us);
    return TRANSPORT_NOTHING;
}

static enum transport_event on_data(struct transport *transport, const struct canframe *frame,
                                    int64_t now_us)
{
    struct transport_receiver *in = &transport->in;
    if (!in->active)
        return TRANSPORT_NOTHING;
    uint8_t number = frame->data[0];
    int left = in->size - (in->next - 1) * PACKET_SIZE;
    int useful = left < PACKET_SIZE ? left : PACKET_SIZE;
    if (number == 0 || number > in->packets) {
        reply_abort(transport, TRANSPORT_BAD_SEQUENCE, in->pgn);
        return lose(transport, TRANSPORT_BAD_SEQUENCE);
    }
    if (number < in->next) /* a repetition: we have it */
        return TRANSPORT_NOTHING;
    bool fits = number == in->next && frame->length >= 1 + useful;
    if (fits) {
        memcpy(in->bytes + (size_t)(number - 1) * PACKET_SIZE, frame->data + 1, (size_t)useful);
        in->next++;
        in->deadline_us = after_ms(now_us, transport->settings.times.t1_ms);
        if (number == in->packets)
            return receive(transport);
        if (number == in->window_end)
            ask(transport, now_us);
        return TRANSPORT_NOTHING;
    }
    /* Lost ones are asked for when the last of the window has come, so that they do not cross. */
    if (number < in->window_end || transport->settings.listen)
        return TRANSPORT_NOTHING;
    return ask_again(transport, now_us);
}

bool transport_is_mine(const struct transport *transport, const struct canframe *frame)
{
    struct j1939_id id = j1939_split(frame->id);
    return frame->extended && !frame->remote && !frame->error &&
           (id.pgn == PGN_CONTROL || id.pgn == PGN_DATA) && id.source == transport->settings.peer &&
           id.destination == transport->settings.own;
}

enum transport_event transport_on_frame(struct transport *transport, const struct canframe *frame,
                                        int64_t now_us)
{
    if (!transport_is_mine(transport, frame))
        return TRANSPORT_NOTHING;
    if (j1939_split(frame->id).pgn == PGN_DATA)
        return frame->length < 1 ? TRANSPORT_NOTHING : on_data(transport, frame, now_us);
    return frame->length < CANFRAME_DATA_MAX ? TRANSPORT_NOTHING
                                             : on_control(transport, frame, now_us);
}

bool transport_abort_from(struct transport *transport, const struct canframe *frame)
{
    if (!transport->in.active || frame->length < CANFRAME_DATA_MAX ||
        j1939_split(frame->id).pgn != PGN_CONTROL || frame->data[0] != CONTROL_ABORT ||
        control_pgn(frame) != transport->in.pgn)
        return false;
    (void)lose(transport, abort_reason(frame));
    return true;
}

enum transport_event transport_on_time(struct transport *transport, int64_t now_us)
{
    struct transport_receiver *in = &transport->in;
    struct transport_sender *out = &transport->out;
    if (transport->settings.listen)
        return TRANSPORT_NOTHING;
    if (in->active && now_us >= in->deadline_us) {
        /* Packets of the window were lost at its end: J1939-21 lets the receiver ask again. */
        if (in->next > 1 && in->retries < transport->settings.retries)
            return ask_again(transport, now_us);
        reply_abort(transport, TRANSPORT_TIMEOUT, in->pgn);
        return lose(transport, TRANSPORT_TIMEOUT);
    }
    if (out->active && now_us >= out->deadline_us) {
        reply_abort(transport, TRANSPORT_TIMEOUT, out->pgn);
        return fail(transport, TRANSPORT_TIMEOUT);
    }
    return TRANSPORT_NOTHING;
}

int transport_send(struct transport *transport, uint32_t pgn, const uint8_t *bytes, size_t size,
                   int64_t now_us, struct err *err)
{
    struct transport_sender *out = &transport->out;
    if (size < TRANSPORT_SIZE_MIN || size > TRANSPORT_SIZE_MAX)
        return err_set(err, ERR_INVALID,
                       "a message of %zu bytes: the transport protocol takes %d to %d", size,
                       TRANSPORT_SIZE_MIN, TRANSPORT_SIZE_MAX);
    if (out->active)
        return err_set(err, ERR_BUSY, "PGN %06X is still being sent", (unsigned)out->pgn);
    *out =
        (struct transport_sender){.active = true,
                                  .request = true,
                                  .pgn = pgn,
                                  .size = (uint16_t)size,
                                  .packets = packets_of(size),
                                  .next = 1,
                                  .deadline_us = after_ms(now_us, transport->settings.times.t3_ms)};
    memcpy(out->bytes, bytes, size);
    return 0;
}

bool transport_next(struct transport *transport, int64_t now_us, struct canframe *frame)
{
    struct transport_sender *out = &transport->out;
    if (transport->reply_count > 0) {
        *frame = transport->replies[0];
        transport->reply_count--;
        memmove(transport->replies, transport->replies + 1,
                transport->reply_count * sizeof transport->replies[0]);
        return true;
    }
    if (!out->active)
        return false;
    if (out->request) {
        out->request = false;
        out->deadline_us = after_ms(now_us, transport->settings.times.t3_ms);
        *frame = make_control(transport, CONTROL_RTS,
                              (uint8_t[4]){(uint8_t)(out->size & 0xFF), (uint8_t)(out->size >> 8),
                                           (uint8_t)out->packets, EVERY_BYTE},
                              out->pgn);
        return true;
    }
    if (out->next > out->window_end)
        return false;
    size_t from = (size_t)(out->next - 1) * PACKET_SIZE;
    size_t left = out->size - from;
    *frame = make_frame(transport, PGN_DATA);
    frame->data[0] = (uint8_t)out->next++;
    memcpy(frame->data + 1, out->bytes + from, left < PACKET_SIZE ? left : PACKET_SIZE);
    out->deadline_us = after_ms(now_us, transport->settings.times.t3_ms);
    return true;
}

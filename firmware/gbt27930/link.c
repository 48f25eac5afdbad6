/* SPDX-License-Identifier: Apache-2.0 */
#include "gbt27930/link.h"

#include "base/clock.h"
#include "can/j1939.h"
#include <string.h>

#define RETRY_MS 10

void gbt_link_init(struct gbt_link *link, uint8_t own)
{
    const struct transport_settings settings = {.own = own,
                                                .peer = own == GBT_CHARGER ? GBT_PACK : GBT_CHARGER,
                                                .window = 255,
                                                .retries = 2,
                                                .times = TRANSPORT_TIMES};
    *link = (struct gbt_link){.own = settings.own, .peer = settings.peer};
    transport_init(&link->transport, &settings);
    gbt_link_reset(link);
}

void gbt_link_reset(struct gbt_link *link)
{
    transport_reset(&link->transport);
    link->queued = 0;
    link->sending = 0;
    for (size_t i = 0; i < GBT_KIND_COUNT; i++)
        link->heard_us[i] = GBT_NEVER;
}

bool gbt_link_on_frame(struct gbt_link *link, const struct canframe *frame, int64_t now_us,
                       struct gbt_message *message, struct gbt_notes *notes)
{
    const struct j1939_id id = j1939_split(frame->id);
    const struct gbt_spec *spec = NULL;
    const uint8_t *bytes = frame->data;
    size_t length = frame->length;
    if (!frame->extended || frame->remote || frame->error || id.source != link->peer ||
        id.destination != link->own)
        return false;
    if (transport_is_mine(&link->transport, frame)) {
        if (transport_on_frame(&link->transport, frame, now_us) != TRANSPORT_RECEIVED)
            return false;
        spec = gbt_find(link->transport.in.pgn, link->peer);
        bytes = link->transport.in.bytes;
        length = link->transport.in.size;
    } else {
        spec = gbt_find(id.pgn, link->peer);
    }
    if (spec == NULL || gbt_decode(spec, bytes, length, message, notes, NULL)) {
        link->refused++;
        return false;
    }
    link->dialects |= notes->dialects;
    return true;
}

void gbt_link_on_time(struct gbt_link *link, int64_t now_us)
{
    while (transport_on_time(&link->transport, now_us) != TRANSPORT_NOTHING)
        ; /* each call ends one direction */
}

void gbt_link_send_only(struct gbt_link *link, uint32_t kinds, int64_t now_us)
{
    for (size_t i = 0; i < GBT_KIND_COUNT; i++)
        if ((kinds & ~link->sending) >> i & 1)
            link->due_us[i] = now_us;
    link->sending = kinds;
}

bool gbt_link_due(struct gbt_link *link, int64_t now_us, enum gbt_kind *kind)
{
    for (unsigned i = 0; i < GBT_KIND_COUNT; i++) {
        if (!(link->sending >> i & 1) || now_us < link->due_us[i])
            continue;
        *kind = (enum gbt_kind)i;
        const int64_t period_us = gbt_spec(*kind)->period_ms * CLOCK_US_PER_MS;
        link->due_us[i] += period_us;
        if (link->due_us[i] <= now_us) /* no burst after a pause */
            link->due_us[i] = now_us + period_us;
        return true;
    }
    return false;
}

int64_t gbt_link_due_us(const struct gbt_link *link)
{
    int64_t due_us = INT64_MAX;
    for (unsigned i = 0; i < GBT_KIND_COUNT; i++)
        if ((link->sending >> i & 1) && link->due_us[i] < due_us)
            due_us = link->due_us[i];
    return due_us;
}

void gbt_link_send(struct gbt_link *link, const struct gbt_message *message, int64_t now_us)
{
    const struct gbt_spec *spec = gbt_spec(message->kind);
    uint8_t bytes[GBT_SIZE_MAX];
    size_t length;
    int code = gbt_encode(message, bytes, &length, NULL);
    if (!code && length > CANFRAME_DATA_MAX) {
        code = transport_send(&link->transport, spec->pgn, bytes, length, now_us, NULL);
    } else if (!code && link->queued < GBT_LINK_QUEUE) {
        struct canframe *frame = &link->queue[link->queued++];
        *frame = (struct canframe){
            .id = gbt_identifier(spec), .extended = true, .length = (uint8_t)length};
        memcpy(frame->data, bytes, length);
    } else if (!code) {
        code = ERR_FULL;
    }
    if (code == ERR_BUSY) /* another long one is under way: soon, not a whole period later */
        link->due_us[message->kind] = now_us + RETRY_MS * CLOCK_US_PER_MS;
    else
        link->lost += code != 0;
}

bool gbt_link_next(struct gbt_link *link, int64_t now_us, struct canframe *frame)
{
    if (link->queued == 0)
        return transport_next(&link->transport, now_us, frame);
    *frame = link->queue[0];
    link->queued--;
    memmove(link->queue, link->queue + 1, link->queued * sizeof link->queue[0]);
    return true;
}

bool gbt_link_is_silent(const struct gbt_link *link, enum gbt_kind kind, int64_t begin_us,
                        int64_t ms, int64_t now_us)
{
    int64_t last_us = link->heard_us[kind] > begin_us ? link->heard_us[kind] : begin_us;
    return now_us - last_us >= ms * CLOCK_US_PER_MS;
}

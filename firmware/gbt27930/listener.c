/* SPDX-License-Identifier: Apache-2.0 */
#include "gbt27930/listener.h"

#include "can/j1939.h"

void gbt_listener_init(struct gbt_listener *listener)
{
    struct transport_settings settings = {
        .own = GBT_CHARGER, .peer = GBT_PACK, .listen = true, .window = 255};
    transport_init(&listener->to_charger, &settings);
    settings.own = GBT_PACK;
    settings.peer = GBT_CHARGER;
    transport_init(&listener->to_pack, &settings);
}

static struct gbt_heard broken(const struct transport *way, const char *reason)
{
    return (struct gbt_heard){.kind = GBT_HEARD_BROKEN,
                              .spec = gbt_find(way->lost_pgn, way->settings.peer),
                              .pgn = way->lost_pgn,
                              .sender = way->settings.peer,
                              .reason = reason};
}

static struct gbt_heard hear_transport(struct transport *way, struct transport *back,
                                       const struct canframe *frame)
{
    struct gbt_heard heard = {.kind = GBT_HEARD_PART, .sender = way->settings.peer};
    switch (transport_on_frame(way, frame, 0)) {
    case TRANSPORT_RECEIVED:
        heard.spec = gbt_find(way->in.pgn, heard.sender);
        heard.pgn = way->in.pgn;
        heard.bytes = way->in.bytes;
        heard.length = way->in.size;
        heard.kind = GBT_HEARD_MESSAGE;
        return heard;
    case TRANSPORT_LOST:
        return broken(way, way->reason ? transport_reason_text(way->reason) : "begun anew");
    default:
        break;
    }
    /* The receiver's abort travels against the transfer that it ends. */
    if (transport_abort_from(back, frame))
        return broken(back, transport_reason_text(back->reason));
    return heard;
}

struct gbt_heard gbt_listener_on_frame(struct gbt_listener *listener, const struct canframe *frame)
{
    struct j1939_id id = j1939_split(frame->id);
    if (transport_is_mine(&listener->to_charger, frame))
        return hear_transport(&listener->to_charger, &listener->to_pack, frame);
    if (transport_is_mine(&listener->to_pack, frame))
        return hear_transport(&listener->to_pack, &listener->to_charger, frame);
    const struct gbt_spec *spec = gbt_find(id.pgn, id.source);
    if (!frame->extended || frame->remote || frame->error || spec == NULL ||
        id.destination != spec->receiver)
        return (struct gbt_heard){.kind = GBT_HEARD_FOREIGN};
    return (struct gbt_heard){.kind = GBT_HEARD_MESSAGE,
                              .spec = spec,
                              .pgn = id.pgn,
                              .sender = id.source,
                              .bytes = frame->data,
                              .length = frame->length};
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a GB/T 27930 segment, charger or pack: messages in and out over frames, and what is
 * sent again and again with the period of its table. Pure: frames and times go in, frames come out.
 */
#ifndef SWAPSTACK_GBT27930_LINK_H
#define SWAPSTACK_GBT27930_LINK_H

#include "can/transport.h"
#include "gbt27930/message.h"

#define GBT_LINK_QUEUE 16
#define GBT_NEVER      INT64_MIN
#define GBT_BIT(kind)  (UINT32_C(1) << (kind))

struct gbt_link {
    uint8_t own, peer; /* GBT_CHARGER, GBT_PACK */
    struct transport transport;
    struct canframe queue[GBT_LINK_QUEUE]; /* single frames, the oldest first */
    size_t queued;
    uint32_t sending;                 /* GBT_BIT(kind) of what is being sent with its period */
    int64_t due_us[GBT_KIND_COUNT];   /* when the next one is due */
    int64_t heard_us[GBT_KIND_COUNT]; /* last one from the peer that its user took; GBT_NEVER */
    uint32_t dialects;                /* that the peer was seen to speak: GBT_DIALECT(…) */
    uint32_t lost, refused;           /* messages that did not get out; that were not understood */
};

void gbt_link_init(struct gbt_link *link, uint8_t own);
/* Forgets what was heard, is queued and under way; the peer's dialects stay. */
void gbt_link_reset(struct gbt_link *link);

/* Takes a frame. True: a message of the peer is complete and understood; the caller sets heard_us
 * if it is of use. */
bool gbt_link_on_frame(struct gbt_link *link, const struct canframe *frame, int64_t now_us,
                       struct gbt_message *message, struct gbt_notes *notes);
/* Looks at the transport protocol's time-outs. */
void gbt_link_on_time(struct gbt_link *link, int64_t now_us);

/* Sets what is sent from now on; what was not sent before is due at once. */
void gbt_link_send_only(struct gbt_link *link, uint32_t kinds, int64_t now_us);
/* The next message that is due, which the caller then gives to gbt_link_send; false: none. */
bool gbt_link_due(struct gbt_link *link, int64_t now_us, enum gbt_kind *kind);
/* When the next message is due; INT64_MAX: none is being sent. */
int64_t gbt_link_due_us(const struct gbt_link *link);
/* Queues a message. One that must wait for the end of a transfer is due again soon; one that cannot
 * go out (queue full, a value out of range) is counted in `lost`, and the next period tries again.
 */
void gbt_link_send(struct gbt_link *link, const struct gbt_message *message, int64_t now_us);
/* The next frame for the bus; false: none. */
bool gbt_link_next(struct gbt_link *link, int64_t now_us, struct canframe *frame);

/* Has `ms` passed since the peer's last message of this kind, or since `begin_us` when that is
 * later? */
bool gbt_link_is_silent(const struct gbt_link *link, enum gbt_kind kind, int64_t begin_us,
                        int64_t ms, int64_t now_us);

#endif

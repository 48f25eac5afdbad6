/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport protocol of SAE J1939-21 (clauses 5.4.7 and 5.10, to which GB/T 27930-2015 clause 6.5
 * refers): messages of 9 to 1785 bytes in frames of 7, asked for and confirmed by the receiver.
 *
 *     sender                      receiver
 *     RTS (size, packets) ──────►
 *                         ◄────── CTS (so many, from number n)
 *     DT n, DT n+1 …      ──────►
 *                         ◄────── CTS for the next ones, for lost ones again, or
 *                         ◄────── EOMA: all here
 *
 * Pure: frames and times go in, frames come out. Between two nodes there is at most one message
 * under way in each direction, so a struct transport holds one of each; nothing is allocated.
 * Broadcast (BAM) is not part of GB/T 27930 and is not taken.
 */
#ifndef SWAPSTACK_CAN_TRANSPORT_H
#define SWAPSTACK_CAN_TRANSPORT_H

#include "base/err.h"
#include "can/canframe.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSPORT_SIZE_MIN 9
#define TRANSPORT_SIZE_MAX 1785

/* J1939-21 table 7: why a connection was closed. */
enum transport_reason {
    TRANSPORT_BUSY = 1,          /* one is under way already */
    TRANSPORT_NO_RESOURCES = 2,  /* larger than we take */
    TRANSPORT_TIMEOUT = 3,       /* nothing came in time */
    TRANSPORT_CTS_TOO_EARLY = 4, /* CTS while data is being sent */
    TRANSPORT_RESENT_TOO_OFTEN = 5,
    TRANSPORT_UNEXPECTED_DATA = 6,
    TRANSPORT_BAD_SEQUENCE = 7,
};

/* Time-outs in ms (J1939-21 clause 5.10.2.4). */
struct transport_times {
    int64_t t1_ms; /* receiver: from one DT to the next; 750 */
    int64_t t2_ms; /* receiver: from CTS to the first DT; 1250 */
    int64_t t3_ms; /* sender: from RTS or the last DT to CTS or EOMA; 1250 */
    int64_t t4_ms; /* sender: from a CTS that says "wait" to the next one; 1050 */
};
extern const struct transport_times TRANSPORT_TIMES;

struct transport_settings {
    uint8_t own, peer; /* addresses */
    bool listen;       /* only listens to what `peer` sends to `own`: never answers, never times out
                          (the decoder of captures) */
    uint8_t window;    /* packets that one CTS asks for, 1 .. 255 */
    uint8_t retries;   /* times that lost packets are asked for in one message; 2 in J1939-21 */
    struct transport_times times;
};

struct transport_receiver {
    bool active;
    uint32_t pgn;
    uint16_t size;
    uint16_t packets, next, window_end; /* packet numbers from 1; next: the one that is missing */
    uint8_t retries;                    /* used up */
    int64_t deadline_us;
    uint8_t bytes[TRANSPORT_SIZE_MAX + 6]; /* up to the end of the last packet */
};

struct transport_sender {
    bool active;
    bool request; /* RTS is still to be sent */
    uint32_t pgn;
    uint16_t size;
    uint16_t packets, next, window_end; /* next: to be sent; above window_end: waits for CTS */
    int64_t deadline_us;
    uint8_t bytes[TRANSPORT_SIZE_MAX];
};

struct transport {
    struct transport_settings settings;
    struct transport_receiver in;
    struct transport_sender out;
    struct canframe replies[4]; /* CTS, EOMA, aborts; the oldest go first */
    uint8_t reply_count;
    uint32_t lost_pgn;            /* of the last TRANSPORT_LOST */
    enum transport_reason reason; /* of the last TRANSPORT_LOST or TRANSPORT_FAILED; 0 when the peer
                                     gave one that is not in the table */
};

enum transport_event {
    TRANSPORT_NOTHING,
    TRANSPORT_RECEIVED, /* in.pgn, in.size, in.bytes hold a message until the next call */
    TRANSPORT_LOST,     /* the message that was being received will not come; lost_pgn, reason */
    TRANSPORT_SENT,     /* the peer has confirmed our message */
    TRANSPORT_FAILED,   /* our message was refused, given up or not confirmed; `reason` */
};

void transport_init(struct transport *transport, const struct transport_settings *settings);

/* Takes a copy of a message of TRANSPORT_SIZE_MIN .. TRANSPORT_SIZE_MAX bytes to be sent.
 * ERR_BUSY while another is under way, ERR_INVALID for a wrong size. */
int transport_send(struct transport *transport, uint32_t pgn, const uint8_t *bytes, size_t size,
                   int64_t now_us, struct err *err);

/* Is this a frame of the transport protocol from our peer to us? */
bool transport_is_mine(const struct transport *transport, const struct canframe *frame);
/* Takes a frame; what is not the peer's transport protocol is nothing. */
enum transport_event transport_on_frame(struct transport *transport, const struct canframe *frame,
                                        int64_t now_us);
/* Looks at the time-outs: TRANSPORT_LOST, TRANSPORT_FAILED or nothing. Call it again until it says
 * nothing. */
enum transport_event transport_on_time(struct transport *transport, int64_t now_us);
/* The next frame to put on the bus; false when there is none now. */
bool transport_next(struct transport *transport, int64_t now_us, struct canframe *frame);
/* For a listener: does this frame, from the other side, abort the message being received? Then it
 * is lost, as with TRANSPORT_LOST. */
bool transport_abort_from(struct transport *transport, const struct canframe *frame);
/* Drops both directions without a word to the peer. */
void transport_reset(struct transport *transport);

/* "time-out" …; "no known reason" for 0. */
const char *transport_reason_text(enum transport_reason reason);

#endif

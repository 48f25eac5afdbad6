/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the journal is sent when (design/protocol.md, Journal): pure go-back logic. It knows for
 * each lane which boot is being sent, the bridge's mark in it and how far sending went; the caller
 * owns the rows, publishes, and tells what happened. Times are µs of a clock that never steps.
 *
 * Rules kept here:
 * - at most OUTBOX_WINDOW rows are on their way, over both lanes;
 * - `prev` of a row is the highest seq below it that was sent since the last go-back, else the
 * mark;
 * - a later boot begins only when nothing of the earlier one is left;
 * - go back to mark + 1: asked by the bridge, at reconnect, after 10 s without progress (doubling
 *   up to 5 min);
 * - a row that the broker took and the bridge, heard since, does not acknowledge, three times in a
 *   row when sent alone, is given up (dead).
 */
#ifndef SWAPSTACK_MONITOR_OUTBOX_H
#define SWAPSTACK_MONITOR_OUTBOX_H

#include "monitor/journal.h"

#define OUTBOX_WINDOW         200
#define OUTBOX_LANE_WINDOW    160 /* one lane never takes all of it */
#define OUTBOX_TIMEOUT_US     INT64_C(10000000)
#define OUTBOX_TIMEOUT_MAX_US INT64_C(300000000)
#define OUTBOX_ALONE_AFTER    2 /* fruitless time-outs after which a lane sends one row at a time */
#define OUTBOX_ALONE_TRIES    3

struct outbox_lane {
    int64_t boot;                          /* 0: nothing was sent yet */
    int64_t mark;                          /* the bridge holds everything up to it */
    int64_t sent;                          /* the row sent last, >= mark; its successor's prev */
    int64_t top;                           /* the highest one that was ever sent of this boot */
    int64_t flight[OUTBOX_LANE_WINDOW];    /* ring of seqs sent and not acknowledged, ascending */
    int64_t flight_us[OUTBOX_LANE_WINDOW]; /* when each was sent */
    int flight_first, flight_count;
    int64_t resent;      /* up to it rows were sent more than once */
    int64_t progress_us; /* when the flight last advanced or began */
    /* Without progress for so long it goes back. As with TCP (RFC 6298, Karn's algorithm): what was
     * doubled stays until a row that was sent once is acknowledged, and its time measures the way.
     * Else a bridge that is behind gets everything again and again, and never comes up. */
    int64_t timeout_us;
    bool heard;    /* the bridge said something since the flight began */
    int fruitless; /* time-outs without progress although the bridge was heard */
    /* The single row of a lane that sends alone. */
    bool alone_taken;  /* the broker has it */
    bool alone_passed; /* and the bridge has come past it: it committed a row of the other lane that
                        * was sent for the first time since, and the broker keeps our order */
    int64_t witness_boot, witness_top; /* of the other lane, when the broker took the row */
    bool alone_denied;  /* and since then said a mark of this lane and boot below the row: it has
                         * refused it, and it is not only its acknowledgement that was lost */
    int alone_tries;    /* how often it passed the row and the mark stood still */
    int64_t alone_boot; /* which row these are about */
    int64_t alone_seq;
};

struct outbox {
    bool connected;
    int64_t boot;                    /* the journal's present boot */
    int64_t assigned[JOURNAL_LANES]; /* highest seq of the present boot */
    struct outbox_lane lanes[JOURNAL_LANES];
};

/* `boot`: the journal's present boot; nothing is assigned in it yet. */
void outbox_init(struct outbox *outbox, int64_t boot);

/* The next seq of the present boot; outbox_assigned when the row is in the journal. */
int64_t outbox_next_seq(const struct outbox *outbox, enum message_lane lane);
void outbox_assigned(struct outbox *outbox, enum message_lane lane, int64_t seq);

/* Connection to the broker. Connecting goes back to mark + 1 and forgets the back-off. */
void outbox_connected(struct outbox *outbox, int64_t now_us);
/* The bridge begins to listen (the station was approved): lanes that wait try at once. */
void outbox_retry(struct outbox *outbox, int64_t now_us);
void outbox_lost(struct outbox *outbox);

/* May another row of the lane be sent now? Then (boot, seq) is the row after which to look. */
bool outbox_wants(const struct outbox *outbox, enum message_lane lane, int64_t *boot, int64_t *seq);
/* The journal's next row after that place, of this boot: may it go, and with which prev? False: it
 * belongs to a later boot and something is still on its way. */
bool outbox_may_send(const struct outbox *outbox, enum message_lane lane, int64_t boot,
                     int64_t *prev);
/* It was handed to the broker's connection. */
void outbox_sent(struct outbox *outbox, enum message_lane lane, int64_t boot, int64_t seq,
                 int64_t now_us);
/* The broker acknowledged it (PUBACK): means nothing but for a row sent alone. */
void outbox_taken(struct outbox *outbox, enum message_lane lane, int64_t boot, int64_t seq);
/* Is the row sent and not acknowledged? Such a row is never dropped. */
bool outbox_in_flight(const struct outbox *outbox, enum message_lane lane, int64_t boot,
                      int64_t seq);

enum outbox_ack {
    OUTBOX_ACK_NOTHING, /* no news */
    OUTBOX_ACK_DELETE,  /* rows of that boot and lane up to the mark may go */
    OUTBOX_ACK_FOREIGN, /* above anything assigned: to be logged, deletes nothing */
};
/* The bridge's mark for a lane. A mark in an earlier boot may be above what the journal still has
 * (its tail was lost to a power cut after sending), so only the present boot's is checked. */
enum outbox_ack outbox_acknowledge(struct outbox *outbox, enum message_lane lane, int64_t boot,
                                   int64_t mark, bool resend, int64_t now_us);
/* The bridge has acknowledged something that is being sent now: it is there, and working. It may
 * still be far behind, busy with what waited for it in the broker. */
void outbox_heard(struct outbox *outbox);

enum outbox_due {
    OUTBOX_DUE_NOTHING,
    OUTBOX_DUE_BACK, /* went back: send again */
    OUTBOX_DUE_ASK,  /* ask the bridge for its marks: it has come past the row that was sent alone,
                      * and did not say what became of it */
    OUTBOX_DUE_DEAD, /* set aside the row (alone_boot, alone_seq), then outbox_removed */
};
enum outbox_due outbox_tick(struct outbox *outbox, enum message_lane lane, int64_t now_us);
/* The row was taken out of the journal (dead). */
void outbox_removed(struct outbox *outbox, enum message_lane lane, int64_t boot, int64_t seq);

/* When outbox_tick has something to do; INT64_MAX never. */
int64_t outbox_deadline(const struct outbox *outbox);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/outbox.h"

#include <assert.h>
#include <string.h>

static struct outbox_lane *lane_of(struct outbox *outbox, enum message_lane lane)
{
    assert(lane == LANE_EVENT || lane == LANE_TELEMETRY);
    return &outbox->lanes[lane_index(lane)];
}

static struct outbox_lane *other_lane(struct outbox *outbox, const struct outbox_lane *lane)
{
    return &outbox->lanes[lane == &outbox->lanes[0] ? 1 : 0];
}

static const struct outbox_lane *lane_at(const struct outbox *outbox, enum message_lane lane)
{
    return &outbox->lanes[lane_index(lane)];
}

void outbox_init(struct outbox *outbox, int64_t boot)
{
    *outbox = (struct outbox){.boot = boot};
    for (int i = 0; i < JOURNAL_LANES; i++)
        outbox->lanes[i].timeout_us = OUTBOX_TIMEOUT_US;
}

int64_t outbox_next_seq(const struct outbox *outbox, enum message_lane lane)
{
    return outbox->assigned[lane_index(lane)] + 1;
}

void outbox_assigned(struct outbox *outbox, enum message_lane lane, int64_t seq)
{
    assert(seq == outbox_next_seq(outbox, lane));
    outbox->assigned[lane_index(lane)] = seq;
}

/* The flight ----------------------------------------------------------------------------------- */

static int64_t flight_at(const struct outbox_lane *lane, int index)
{
    return lane->flight[(lane->flight_first + index) % OUTBOX_LANE_WINDOW];
}

static void flight_push(struct outbox_lane *lane, int64_t seq, int64_t now_us)
{
    assert(lane->flight_count < OUTBOX_LANE_WINDOW);
    assert(lane->flight_count == 0 || flight_at(lane, lane->flight_count - 1) < seq);
    int at = (lane->flight_first + lane->flight_count) % OUTBOX_LANE_WINDOW;
    lane->flight[at] = seq;
    lane->flight_us[at] = now_us;
    lane->flight_count++;
}

/* Returns when the newest row that lands was sent, -1 when it was sent before that too (nobody
 * knows which one was acknowledged) or none lands. */
static int64_t flight_land(struct outbox_lane *lane, int64_t mark)
{
    int64_t sent_us = -1;
    while (lane->flight_count > 0 && flight_at(lane, 0) <= mark) {
        bool once = flight_at(lane, 0) > lane->resent;
        sent_us = once ? lane->flight_us[lane->flight_first] : -1;
        lane->flight_first = (lane->flight_first + 1) % OUTBOX_LANE_WINDOW;
        lane->flight_count--;
    }
    return sent_us;
}

static void go_back(struct outbox_lane *lane, int64_t now_us)
{
    lane->resent = lane->top;
    lane->sent = lane->mark;
    lane->flight_count = 0;
    lane->progress_us = now_us;
    lane->heard = lane->alone_taken = lane->alone_passed = lane->alone_denied = false;
}

static bool is_alone(const struct outbox_lane *lane)
{
    return lane->fruitless >= OUTBOX_ALONE_AFTER;
}

/* Connection ----------------------------------------------------------------------------------- */

void outbox_connected(struct outbox *outbox, int64_t now_us)
{
    outbox->connected = true;
    for (int i = 0; i < JOURNAL_LANES; i++) {
        outbox->lanes[i].timeout_us = OUTBOX_TIMEOUT_US;
        go_back(&outbox->lanes[i], now_us);
    }
}

void outbox_retry(struct outbox *outbox, int64_t now_us)
{
    for (int i = 0; i < JOURNAL_LANES; i++) {
        struct outbox_lane *lane = &outbox->lanes[i];
        if (lane->fruitless == 0)
            continue;
        lane->fruitless = lane->alone_tries = 0;
        lane->timeout_us = OUTBOX_TIMEOUT_US;
        go_back(lane, now_us);
    }
}

void outbox_lost(struct outbox *outbox)
{
    outbox->connected = false;
    for (int i = 0; i < JOURNAL_LANES; i++)
        go_back(&outbox->lanes[i], 0); /* nothing is on its way any more */
}

/* Sending -------------------------------------------------------------------------------------- */

bool outbox_wants(const struct outbox *outbox, enum message_lane which, int64_t *boot, int64_t *seq)
{
    const struct outbox_lane *lane = lane_at(outbox, which);
    int total = 0;
    for (int i = 0; i < JOURNAL_LANES; i++)
        total += outbox->lanes[i].flight_count;
    *boot = lane->boot;
    *seq = lane->sent;
    return outbox->connected && total < OUTBOX_WINDOW &&
           lane->flight_count < (is_alone(lane) ? 1 : OUTBOX_LANE_WINDOW);
}

bool outbox_may_send(const struct outbox *outbox, enum message_lane which, int64_t boot,
                     int64_t *prev)
{
    const struct outbox_lane *lane = lane_at(outbox, which);
    assert(boot >= lane->boot);
    *prev = boot == lane->boot ? lane->sent : 0;
    /* The caller found nothing of lane->boot behind `sent`; what was sent must be gone too. */
    return boot == lane->boot || lane->flight_count == 0;
}

void outbox_sent(struct outbox *outbox, enum message_lane which, int64_t boot, int64_t seq,
                 int64_t now_us)
{
    struct outbox_lane *lane = lane_of(outbox, which);
    if (boot != lane->boot) {
        assert(boot > lane->boot && lane->flight_count == 0);
        lane->boot = boot;
        lane->mark = lane->top = lane->resent = 0;
    }
    if (lane->flight_count == 0)
        lane->progress_us = now_us;
    lane->sent = seq;
    if (lane->top < seq)
        lane->top = seq;
    flight_push(lane, seq, now_us);
    if (is_alone(lane) && (lane->alone_boot != boot || lane->alone_seq != seq)) {
        lane->alone_boot = boot;
        lane->alone_seq = seq;
        lane->alone_tries = 0;
        lane->alone_taken = lane->alone_passed = lane->alone_denied = false;
    }
}

void outbox_taken(struct outbox *outbox, enum message_lane which, int64_t boot, int64_t seq)
{
    struct outbox_lane *lane = lane_of(outbox, which);
    if (!is_alone(lane) || lane->flight_count != 1 || lane->alone_boot != boot ||
        lane->alone_seq != seq)
        return;
    const struct outbox_lane *other = other_lane(outbox, lane);
    lane->alone_taken = true;
    lane->witness_boot = other->boot;
    lane->witness_top = other->top;
}

bool outbox_in_flight(const struct outbox *outbox, enum message_lane which, int64_t boot,
                      int64_t seq)
{
    const struct outbox_lane *lane = lane_at(outbox, which);
    return lane->flight_count > 0 && boot == lane->boot && seq >= flight_at(lane, 0) &&
           seq <= lane->sent;
}

/* Acknowledgement ------------------------------------------------------------------------------ */

/* The bridge holds rows of `lane` up to its mark: has it come past the other lane's single row? */
static void bear_witness(struct outbox *outbox, const struct outbox_lane *lane)
{
    struct outbox_lane *other = other_lane(outbox, lane);
    bool later = lane->boot > other->witness_boot ||
                 (lane->boot == other->witness_boot && lane->mark > other->witness_top);
    if (other->alone_taken && later)
        other->alone_passed = true;
}

static void advance(struct outbox_lane *lane, int64_t mark, int64_t now_us)
{
    lane->mark = mark;
    int64_t sent_us = flight_land(lane, mark);
    if (lane->sent < mark)
        lane->sent = mark;
    if (lane->top < mark)
        lane->top = mark;
    lane->progress_us = now_us;
    if (sent_us >= 0) {
        int64_t way_us = 2 * (now_us - sent_us);
        lane->timeout_us = way_us < OUTBOX_TIMEOUT_US       ? OUTBOX_TIMEOUT_US
                           : way_us > OUTBOX_TIMEOUT_MAX_US ? OUTBOX_TIMEOUT_MAX_US
                                                            : way_us;
    }
    lane->fruitless = 0;
    lane->alone_tries = 0;
    lane->alone_taken = lane->alone_passed = lane->alone_denied = false;
}

enum outbox_ack outbox_acknowledge(struct outbox *outbox, enum message_lane which, int64_t boot,
                                   int64_t mark, bool resend, int64_t now_us)
{
    struct outbox_lane *lane = lane_of(outbox, which);
    if (boot > outbox->boot || (boot == outbox->boot && mark > outbox->assigned[lane_index(which)]))
        return OUTBOX_ACK_FOREIGN;
    enum outbox_ack result = OUTBOX_ACK_NOTHING;
    if (boot != lane->boot) {
        /* Not the boot that we send now: what the bridge holds may go all the same. */
        return mark > 0 ? OUTBOX_ACK_DELETE : OUTBOX_ACK_NOTHING;
    }
    if (lane->alone_passed && mark < lane->alone_seq)
        lane->alone_denied = true;
    if (mark > lane->mark) {
        advance(lane, mark, now_us);
        bear_witness(outbox, lane);
        result = OUTBOX_ACK_DELETE;
    }
    if (resend && lane->sent > mark) {
        /* The bridge may hold less than it once said (restored from a backup): its word counts. A
         * prev that is too low is always accepted. */
        lane->mark = mark;
        go_back(lane, now_us);
    }
    return result;
}

void outbox_heard(struct outbox *outbox)
{
    for (int i = 0; i < JOURNAL_LANES; i++) {
        struct outbox_lane *lane = &outbox->lanes[i];
        lane->heard = lane->flight_count > 0;
    }
}

enum outbox_due outbox_tick(struct outbox *outbox, enum message_lane which, int64_t now_us)
{
    struct outbox_lane *lane = lane_of(outbox, which);
    if (!outbox->connected || lane->flight_count == 0 ||
        now_us - lane->progress_us < lane->timeout_us)
        return OUTBOX_DUE_NOTHING;
    bool passed = is_alone(lane) && lane->alone_taken && lane->alone_passed;
    lane->timeout_us *= 2;
    if (lane->timeout_us > OUTBOX_TIMEOUT_MAX_US)
        lane->timeout_us = OUTBOX_TIMEOUT_MAX_US;
    if (passed && !lane->alone_denied) {
        lane->progress_us = now_us; /* it stays on its way: the answer is about this sending */
        return OUTBOX_DUE_ASK;
    }
    lane->alone_tries += passed;
    lane->fruitless += lane->heard; /* nobody there: then no row is to blame */
    go_back(lane, now_us);
    return lane->alone_tries >= OUTBOX_ALONE_TRIES ? OUTBOX_DUE_DEAD : OUTBOX_DUE_BACK;
}

void outbox_removed(struct outbox *outbox, enum message_lane which, int64_t boot, int64_t seq)
{
    struct outbox_lane *lane = lane_of(outbox, which);
    assert(!outbox_in_flight(outbox, which, boot, seq));
    if (boot != lane->alone_boot || seq != lane->alone_seq)
        return;
    lane->alone_tries = 0;
    lane->fruitless = 0;
    lane->timeout_us = OUTBOX_TIMEOUT_US;
}

int64_t outbox_deadline(const struct outbox *outbox)
{
    int64_t deadline = INT64_MAX;
    for (int i = 0; i < JOURNAL_LANES && outbox->connected; i++) {
        const struct outbox_lane *lane = &outbox->lanes[i];
        if (lane->flight_count > 0 && lane->progress_us + lane->timeout_us < deadline)
            deadline = lane->progress_us + lane->timeout_us;
    }
    return deadline;
}

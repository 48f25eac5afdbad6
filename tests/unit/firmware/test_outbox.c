/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox rule by rule, then as a property: a station with a journal that may be killed or lose
 * power, a link that drops, duplicates and breaks, and a bridge that accepts by protocol.md's rule.
 * Whatever happens, the bridge takes every durable event once and in order, and counts what is
 * missing of telemetry.
 */
#include "monitor/outbox.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)

static int64_t send_next(struct outbox *outbox, enum message_lane lane, int64_t boot, int64_t seq,
                         int64_t now)
{
    int64_t at_boot, at_seq, prev = -1;
    assert_true(outbox_wants(outbox, lane, &at_boot, &at_seq));
    assert_true(outbox_may_send(outbox, lane, boot, &prev));
    outbox_sent(outbox, lane, boot, seq, now);
    return prev;
}

static void test_prev_and_window(void **state)
{
    (void)state;
    struct outbox outbox;
    int64_t boot, seq;
    outbox_init(&outbox, 1);
    assert_false(outbox_wants(&outbox, LANE_EVENT, &boot, &seq)); /* not connected */
    for (int i = 1; i <= 300; i++) {
        outbox_assigned(&outbox, LANE_EVENT, outbox_next_seq(&outbox, LANE_EVENT));
        outbox_assigned(&outbox, LANE_TELEMETRY, outbox_next_seq(&outbox, LANE_TELEMETRY));
    }
    outbox_connected(&outbox, 0);
    assert_int_equal(send_next(&outbox, LANE_EVENT, 1, 1, 0), 0);
    assert_int_equal(send_next(&outbox, LANE_EVENT, 1, 2, 0), 1);
    assert_int_equal(send_next(&outbox, LANE_EVENT, 1, 5, 0), 2); /* 3 and 4 were dropped */
    for (int i = 6; outbox_wants(&outbox, LANE_EVENT, &boot, &seq); i++)
        send_next(&outbox, LANE_EVENT, 1, i, 0);
    assert_int_equal(outbox.lanes[0].flight_count, OUTBOX_LANE_WINDOW);
    for (int i = 1; outbox_wants(&outbox, LANE_TELEMETRY, &boot, &seq); i++)
        send_next(&outbox, LANE_TELEMETRY, 1, i, 0);
    assert_int_equal(outbox.lanes[1].flight_count, OUTBOX_WINDOW - OUTBOX_LANE_WINDOW);
    assert_true(outbox_in_flight(&outbox, LANE_TELEMETRY, 1, 1));
    assert_false(outbox_in_flight(&outbox, LANE_TELEMETRY, 1, 41));

    assert_int_equal(outbox_acknowledge(&outbox, LANE_EVENT, 1, 5, false, 1), OUTBOX_ACK_DELETE);
    assert_int_equal(outbox.lanes[0].flight_count, OUTBOX_LANE_WINDOW - 3);
    assert_int_equal(outbox_acknowledge(&outbox, LANE_EVENT, 1, 5, false, 2), OUTBOX_ACK_NOTHING);
    assert_int_equal(outbox_acknowledge(&outbox, LANE_EVENT, 1, 301, false, 2),
                     OUTBOX_ACK_FOREIGN); /* above anything assigned */
    assert_int_equal(outbox_acknowledge(&outbox, LANE_EVENT, 2, 1, false, 2), OUTBOX_ACK_FOREIGN);
    assert_int_equal(outbox.lanes[0].mark, 5);

    /* Asked: back to mark + 1, also below what was acknowledged (a restored bridge). */
    assert_int_equal(outbox_acknowledge(&outbox, LANE_EVENT, 1, 3, true, 3), OUTBOX_ACK_NOTHING);
    outbox_wants(&outbox, LANE_EVENT, &boot, &seq);
    assert_int_equal(seq, 3);
    assert_int_equal(send_next(&outbox, LANE_EVENT, 1, 6, 3), 3);
    outbox_lost(&outbox);
    assert_false(outbox_wants(&outbox, LANE_EVENT, &boot, &seq));
    outbox_connected(&outbox, 4);
    assert_int_equal(send_next(&outbox, LANE_EVENT, 1, 6, 4), 3);
}

static void test_boots_in_order(void **state)
{
    (void)state;
    struct outbox outbox;
    int64_t prev;
    outbox_init(&outbox, 3);
    outbox_connected(&outbox, 0);
    assert_int_equal(send_next(&outbox, LANE_EVENT, 1, 7, 0), 0);
    assert_false(outbox_may_send(&outbox, LANE_EVENT, 3, &prev)); /* boot 1 is not through */
    /* A tail of boot 1 that the bridge has and a power cut took from the journal. */
    assert_int_equal(outbox_acknowledge(&outbox, LANE_EVENT, 1, 9, false, 0), OUTBOX_ACK_DELETE);
    assert_true(outbox_may_send(&outbox, LANE_EVENT, 3, &prev));
    assert_int_equal(prev, 0);
}

static void test_timeouts_double(void **state)
{
    (void)state;
    struct outbox outbox;
    int64_t now = 0, expected = 10 * SECOND;
    outbox_init(&outbox, 1);
    outbox_assigned(&outbox, LANE_EVENT, 1);
    outbox_connected(&outbox, 0);
    assert_true(outbox_deadline(&outbox) == INT64_MAX);
    for (int i = 0; i < 8; i++) {
        send_next(&outbox, LANE_EVENT, 1, 1, now);
        assert_int_equal(outbox_deadline(&outbox), now + expected);
        assert_int_equal(outbox_tick(&outbox, LANE_EVENT, now + expected - 1), OUTBOX_DUE_NOTHING);
        assert_int_equal(outbox_tick(&outbox, LANE_EVENT, now + expected), OUTBOX_DUE_BACK);
        now += expected;
        expected = expected * 2 > 300 * SECOND ? 300 * SECOND : expected * 2;
    }
    send_next(&outbox, LANE_EVENT, 1, 1, now);
    /* Which of the nine is acknowledged? Nobody knows, so the patience stays. */
    outbox_acknowledge(&outbox, LANE_EVENT, 1, 1, false, now);
    outbox_assigned(&outbox, LANE_EVENT, 2);
    send_next(&outbox, LANE_EVENT, 1, 2, now);
    assert_int_equal(outbox_deadline(&outbox), now + 300 * SECOND);
    /* One that was sent once measures the way: twice of it, 10 s at least. */
    now += 25 * SECOND;
    outbox_acknowledge(&outbox, LANE_EVENT, 1, 2, false, now);
    outbox_assigned(&outbox, LANE_EVENT, 3);
    send_next(&outbox, LANE_EVENT, 1, 3, now);
    assert_int_equal(outbox_deadline(&outbox), now + 50 * SECOND);
    now += SECOND / 10;
    outbox_acknowledge(&outbox, LANE_EVENT, 1, 3, false, now);
    outbox_assigned(&outbox, LANE_EVENT, 4);
    send_next(&outbox, LANE_EVENT, 1, 4, now);
    assert_int_equal(outbox_deadline(&outbox), now + 10 * SECOND);
}

/* A bridge that is behind, with what waited for it in the broker, gets each row once more at most
 * now and then, not all of them every ten seconds (seed 592461). */
static void test_a_slow_bridge_is_not_flooded(void **state)
{
    (void)state;
    struct outbox outbox;
    int64_t now = 0, acknowledged = 0;
    int sent = 0;
    outbox_init(&outbox, 1);
    for (int64_t seq = 1; seq <= 2000; seq++)
        outbox_assigned(&outbox, LANE_TELEMETRY, seq);
    outbox_connected(&outbox, 0);
    /* It takes 15 rows every half minute. */
    for (; acknowledged < 1000; now += 2 * SECOND) {
        int64_t boot, seq, prev;
        while (outbox_wants(&outbox, LANE_TELEMETRY, &boot, &seq) && seq < 2000 &&
               outbox_may_send(&outbox, LANE_TELEMETRY, 1, &prev)) {
            outbox_sent(&outbox, LANE_TELEMETRY, 1, seq + 1, now);
            sent++;
        }
        if (now % (30 * SECOND) == 0 && now > 0)
            outbox_acknowledge(&outbox, LANE_TELEMETRY, 1, acknowledged += 15, false, now);
        (void)outbox_tick(&outbox, LANE_TELEMETRY, now);
    }
    assert_in_range(sent, 1000, 3000);
}

/* A row that the broker takes and the bridge passes over ends as dead; one that nobody could have
 * heard of never does. The proof is a row of the other lane that was sent after the broker had
 * taken this one; the bridge's progress with rows from before proves nothing: it may be busy with
 * what waited for it in the broker (seed 410306). */
static void test_dead_row(void **state)
{
    (void)state;
    enum { SILENT, BEHIND, UNSAID, PASSED, CASES };
    for (int taken = 0; taken <= 1; taken++) {
        for (int bridge = 0; bridge < CASES; bridge++) {
            struct outbox outbox;
            int64_t now = 0, telemetry = 0, acknowledged = 0;
            enum outbox_due due = OUTBOX_DUE_BACK;
            int times = 0;
            outbox_init(&outbox, 1);
            outbox_assigned(&outbox, LANE_EVENT, 1);
            outbox_assigned(&outbox, LANE_EVENT, 2);
            outbox_connected(&outbox, 0);
            for (; telemetry < 30; telemetry++) { /* a backlog in the broker */
                outbox_assigned(&outbox, LANE_TELEMETRY, telemetry + 1);
                send_next(&outbox, LANE_TELEMETRY, 1, telemetry + 1, now);
            }
            while (due != OUTBOX_DUE_DEAD && times < 20) {
                int64_t boot, seq;
                if (due != OUTBOX_DUE_ASK)
                    send_next(&outbox, LANE_EVENT, 1, 1, now);
                if (outbox_wants(&outbox, LANE_EVENT, &boot, &seq))
                    send_next(&outbox, LANE_EVENT, 1, 2, now);
                if (taken)
                    outbox_taken(&outbox, LANE_EVENT, 1, 1);
                if (bridge == BEHIND)
                    acknowledged++;
                if (bridge >= UNSAID) {
                    outbox_assigned(&outbox, LANE_TELEMETRY, ++telemetry);
                    send_next(&outbox, LANE_TELEMETRY, 1, telemetry, now);
                    acknowledged = telemetry;
                }
                if (bridge != SILENT) {
                    outbox_acknowledge(&outbox, LANE_TELEMETRY, 1, acknowledged, false, now);
                    if (bridge == PASSED) /* and says so */
                        outbox_acknowledge(&outbox, LANE_EVENT, 1, 0, false, now);
                    outbox_heard(&outbox);
                }
                now += outbox.lanes[0].timeout_us;
                due = outbox_tick(&outbox, LANE_EVENT, now);
                times++;
            }
            if (taken && bridge == PASSED) {
                assert_int_equal(due, OUTBOX_DUE_DEAD);
                assert_int_equal(times, OUTBOX_ALONE_AFTER + OUTBOX_ALONE_TRIES);
                assert_int_equal(outbox.lanes[0].alone_seq, 1);
                outbox_removed(&outbox, LANE_EVENT, 1, 1);
                assert_int_equal(send_next(&outbox, LANE_EVENT, 1, 2, now), 0);
            } else {
                assert_int_equal(due, taken && bridge == UNSAID ? OUTBOX_DUE_ASK : OUTBOX_DUE_BACK);
            }
        }
    }
}

/* The property -----------------------------------------------------------------------------------
 */

enum { BOOTS = 64, ROWS = 4000, QUEUE = 4096 };

struct note { /* a message under way: a row, or an ack */
    bool ack;
    int64_t boot, seq, prev, mark[JOURNAL_LANES];
    enum message_lane lane;
    bool resend[JOURNAL_LANES];
};

struct world {
    uint64_t random;
    int64_t now;
    struct journal_memory *store;
    struct journal journal;
    struct outbox outbox;
    bool connected;
    struct note up[QUEUE], down[QUEUE];
    int up_count, down_count;
    int64_t mark[BOOTS][JOURNAL_LANES]; /* the bridge's */
    int64_t gap;
    int64_t accepted_serial[ROWS]; /* events in the order of their acceptance */
    int accepted, written;
    bool durable[ROWS]; /* by serial */
    int64_t serials;
};

static uint32_t dice(struct world *world, uint32_t sides)
{
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(world->random >> 33) % sides;
}

static void start(struct world *world)
{
    assert_int_equal(journal_memory_open(&world->journal, world->store, NULL), 0);
    assert_true(world->journal.boot < BOOTS);
    outbox_init(&world->outbox, world->journal.boot);
    world->connected = false;
}

static void disconnect(struct world *world)
{
    world->connected = false;
    outbox_lost(&world->outbox);
    world->up_count = dice(world, 2) ? 0 : world->up_count; /* what the broker has may still come */
    world->down_count = 0;
}

static void write_rows(struct world *world)
{
    const struct journal_ops *ops = world->journal.ops;
    bool event = dice(world, 2);
    enum message_lane lane = event ? LANE_EVENT : LANE_TELEMETRY;
    if (world->serials >= ROWS)
        return;
    char payload[32];
    snprintf(payload, sizeof(payload), "{\"serial\":%" PRId64 "}", event ? world->serials : -1);
    struct journal_row row = {
        lane,    world->journal.boot, outbox_next_seq(&world->outbox, lane), 0,
        payload, strlen(payload)};
    assert_int_equal(ops->begin(world->journal.self, event, NULL), 0);
    assert_int_equal(ops->append(world->journal.self, &row, NULL), 0);
    assert_int_equal(ops->commit(world->journal.self, NULL), 0);
    outbox_assigned(&world->outbox, lane, row.seq);
    if (event)
        world->durable[world->serials++] = true;
}

static void pump(struct world *world)
{
    for (int i = 0; i < JOURNAL_LANES && world->connected; i++) {
        enum message_lane lane = i == 0 ? LANE_EVENT : LANE_TELEMETRY;
        struct journal_row row;
        int64_t boot, seq, prev;
        while (outbox_wants(&world->outbox, lane, &boot, &seq) &&
               world->journal.ops->next_row(world->journal.self, lane, boot, seq, &row, NULL) ==
                   0 &&
               outbox_may_send(&world->outbox, lane, row.boot, &prev)) {
            if (world->up_count < QUEUE) /* a full broker loses messages */
                world->up[world->up_count++] =
                    (struct note){.boot = row.boot,
                                  .seq = row.seq,
                                  .prev = prev,
                                  .lane = lane,
                                  .mark = {strtoll(row.payload + 10, NULL, 10)}};
            outbox_sent(&world->outbox, lane, row.boot, row.seq, world->now);
        }
    }
}

static void answer(struct world *world, int64_t boot, enum message_lane resend)
{
    struct note ack = {.ack = true, .boot = boot};
    memcpy(ack.mark, world->mark[boot], sizeof(ack.mark));
    if (resend != LANE_ABSENT)
        ack.resend[lane_index(resend)] = true;
    if (world->connected && world->down_count < QUEUE)
        world->down[world->down_count++] = ack;
}

static void bridge_takes(struct world *world, const struct note *note)
{
    int64_t *mark = &world->mark[note->boot][lane_index(note->lane)];
    if (note->seq <= *mark) {
        answer(world, note->boot, LANE_ABSENT);
    } else if (note->prev > *mark) {
        answer(world, note->boot, note->lane);
    } else {
        int64_t missing = note->seq - *mark - 1;
        if (note->lane == LANE_TELEMETRY)
            world->gap += missing;
        else
            assert_int_equal(missing, 0); /* events are never missing */
        *mark = note->seq;
        if (note->lane == LANE_EVENT)
            world->accepted_serial[world->accepted++] = note->mark[0];
        if (dice(world, 4) == 0)
            answer(world, note->boot, LANE_ABSENT);
    }
}

static void move_up(struct world *world, bool faults)
{
    if (world->up_count == 0)
        return;
    struct note note = world->up[0];
    bool twice = faults && dice(world, 10) == 0;
    if (!twice)
        memmove(world->up, world->up + 1, (size_t)--world->up_count * sizeof(note));
    if (!faults || dice(world, 10) != 0)
        bridge_takes(world, &note);
}

static void move_down(struct world *world, bool faults)
{
    if (world->down_count == 0)
        return;
    struct note note = world->down[0];
    memmove(world->down, world->down + 1, (size_t)--world->down_count * sizeof(note));
    if (faults && dice(world, 5) == 0)
        return;
    outbox_heard(&world->outbox);
    for (int i = 0; i < JOURNAL_LANES; i++) {
        enum message_lane lane = i == 0 ? LANE_EVENT : LANE_TELEMETRY;
        enum outbox_ack what = outbox_acknowledge(&world->outbox, lane, note.boot, note.mark[i],
                                                  note.resend[i], world->now);
        assert_int_not_equal(what, OUTBOX_ACK_FOREIGN);
        if (what != OUTBOX_ACK_DELETE)
            continue;
        assert_true(note.mark[i] <= world->mark[note.boot][i]);
        world->journal.ops->begin(world->journal.self, false, NULL);
        world->journal.ops->acknowledge(world->journal.self, lane, note.boot, note.mark[i], NULL);
        world->journal.ops->commit(world->journal.self, NULL);
    }
}

static void step(struct world *world, bool faults)
{
    world->now += dice(world, 2 * (uint32_t)SECOND);
    switch (dice(world, faults ? 14 : 8)) {
    case 0:
    case 1:
        if (faults)
            write_rows(world);
        break;
    case 2:
    case 3:
    case 4:
        for (int i = 0; i < 6; i++)
            move_up(world, faults);
        break;
    case 5:
    case 6:
        move_down(world, faults);
        break;
    case 7:
    case 8:
        if (!world->connected) {
            world->connected = true;
            outbox_connected(&world->outbox, world->now);
        }
        break;
    case 9:
        if (dice(world, 4) == 0)
            disconnect(world);
        break;
    case 10:
        if (dice(world, 30) == 0) {
            disconnect(world);
            journal_memory_crash(world->store, dice(world, 2));
            start(world);
        }
        break;
    default:
        write_rows(world);
        break;
    }
    for (int i = 0; i < JOURNAL_LANES; i++)
        assert_int_not_equal(
            outbox_tick(&world->outbox, i == 0 ? LANE_EVENT : LANE_TELEMETRY, world->now),
            OUTBOX_DUE_DEAD);
    pump(world);
}

static bool is_drained(struct world *world)
{
    struct journal_totals totals;
    world->journal.ops->totals(world->journal.self, &totals);
    return totals.rows[0] == 0 && totals.rows[1] == 0;
}

static void test_exactly_once(void **state)
{
    (void)state;
    static struct world world;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        world = (struct world){.random = seed * 7919};
        assert_int_equal(journal_memory_new(&world.store, "ab", NULL), 0);
        start(&world);
        for (int i = 0; i < 600 && world.journal.boot < BOOTS - 2; i++)
            step(&world, true);
        for (int i = 0; i < 20000 && !is_drained(&world); i++)
            step(&world, false);
        if (!is_drained(&world))
            fail_msg("seed %" PRIu64 ": a stream is stuck", seed);
        /* Every event once and in order: their serials are counted up. */
        if (world.accepted != world.serials)
            fail_msg("seed %" PRIu64 ": %d of %" PRId64 " events", seed, world.accepted,
                     world.serials);
        for (int i = 0; i < world.accepted; i++)
            assert_int_equal(world.accepted_serial[i], i);
        world.journal.ops->close(world.journal.self);
        journal_memory_free(world.store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prev_and_window), cmocka_unit_test(test_boots_in_order),
        cmocka_unit_test(test_timeouts_double), cmocka_unit_test(test_a_slow_bridge_is_not_flooded),
        cmocka_unit_test(test_dead_row),        cmocka_unit_test(test_exactly_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every time-out of GB/T 27930, of charger and pack: when it comes, which error message says it,
 * what follows; and the tables of moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/gbt_pipe.h"

static struct pipe pipe;

/* The state in which the message `drop` is missed, the time that it may take from entering it, and
 * the field of CEM that says so. */
static const struct {
    enum gbt_kind drop;
    enum gbt_charger_state in;
    enum gbt_cause error;
    double seconds;
    size_t field; /* offset in struct gbt_cem of a status */
} MISSES[] = {
    {GBT_BRM, GBT_CHARGER_IDENTIFYING, GBT_CAUSE_NO_BRM, 5, offsetof(struct gbt_cem, brm)},
    {GBT_BCP, GBT_CHARGER_IDENTIFIED, GBT_CAUSE_NO_BCP, 5, offsetof(struct gbt_cem, bcp)},
    {GBT_BRO, GBT_CHARGER_CONFIGURATION, GBT_CAUSE_NO_BRO, 5, offsetof(struct gbt_cem, bro)},
    {GBT_BCL, GBT_CHARGER_READY, GBT_CAUSE_NO_BCL, 5, offsetof(struct gbt_cem, bcl)},
    {GBT_BCS, GBT_CHARGER_READY, GBT_CAUSE_NO_BCS, 5, offsetof(struct gbt_cem, bcs)},
};

static void assert_missed(size_t field)
{
    const uint8_t *bytes = (const uint8_t *)&pipe.cem;
    static const size_t FIELDS[] = {offsetof(struct gbt_cem, brm), offsetof(struct gbt_cem, bcp),
                                    offsetof(struct gbt_cem, bro), offsetof(struct gbt_cem, bcs),
                                    offsetof(struct gbt_cem, bcl), offsetof(struct gbt_cem, bst),
                                    offsetof(struct gbt_cem, bsd)};
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++)
        assert_int_equal(bytes[FIELDS[i]], FIELDS[i] == field ? GBT_STATE_SET : GBT_STATE_NORMAL);
}

static void the_charger_misses_what_comes_before_charging(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof MISSES / sizeof MISSES[0]; i++) {
        pipe_init(&pipe, 0.5);
        pipe.drop = GBT_BIT(MISSES[i].drop) | GBT_BIT(GBT_BEM); /* the pack misses CCS sooner */
        pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
        (void)pipe_until(&pipe, MISSES[i].in, 2);
        assert_near(pipe_until(&pipe, GBT_CHARGER_ERROR, 10), MISSES[i].seconds, 0.011);
        assert_int_equal(pipe.charger.error, MISSES[i].error);
        pipe_run(&pipe, 0.5);
        assert_missed(MISSES[i].field);
        assert_near(pipe.max_a, 0, 0);
        pipe.drop = 0; /* the next attempt finds all well */
        assert_in_range((int)pipe_until(&pipe, GBT_CHARGER_CHARGING, 5), 2, 3);
        assert_int_equal(pipe.charger.attempts, 1);
    }
}

static void the_charger_misses_what_comes_while_charging(void **state)
{
    (void)state;
    static const struct {
        enum gbt_kind drop;
        enum gbt_cause error;
        double seconds, tolerance; /* the last one came up to a period ago */
        size_t field;
    } CASES[] = {{GBT_BCL, GBT_CAUSE_NO_BCL, 1, 0.06, offsetof(struct gbt_cem, bcl)},
                 {GBT_BCS, GBT_CAUSE_NO_BCS, 5, 0.26, offsetof(struct gbt_cem, bcs)},
                 {GBT_BSM, GBT_CAUSE_NO_BSM, 5, 0.26, SIZE_MAX}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        pipe_charge(&pipe, 0.5);
        pipe.drop = GBT_BIT(CASES[i].drop);
        double seconds = pipe_until(&pipe, GBT_CHARGER_ERROR, 6);
        assert_in_range((int)(seconds * 1000),
                        (int)((CASES[i].seconds - CASES[i].tolerance) * 1000),
                        (int)(CASES[i].seconds * 1000) + 11);
        assert_false(pipe.charger.output.on);
        assert_int_equal(pipe.charger.error, CASES[i].error);
        pipe_run(&pipe, 0.3);
        assert_missed(CASES[i].field);
        assert_int_equal(pipe.cem.other, CASES[i].field == SIZE_MAX ? 1 : -1);
    }
}

static void the_charger_misses_what_comes_at_the_end(void **state)
{
    (void)state;
    pipe_charge(&pipe, 0.5);
    pipe.drop = GBT_BIT(GBT_BST) | GBT_BIT(GBT_BSD);
    pipe_event(&pipe, GBT_EVENT_STOP, GBT_CAUSE_CONDITION);
    assert_near(pipe_until(&pipe, GBT_CHARGER_ERROR, 10), 5, 0.011);
    assert_int_equal(pipe.charger.error, GBT_CAUSE_NO_BST);
    assert_near(pipe_until(&pipe, GBT_CHARGER_FAILED, 10), 2.5, 0.011); /* nothing to begin again */
    assert_missed(offsetof(struct gbt_cem, bst));
    assert_int_equal(pipe.charger.stop, GBT_CAUSE_CONDITION);

    pipe_charge(&pipe, 0.5);
    pipe.drop = GBT_BIT(GBT_BSD);
    pipe_event(&pipe, GBT_EVENT_STOP, GBT_CAUSE_CONDITION);
    assert_near(pipe_until(&pipe, GBT_CHARGER_ERROR, 20), 10, 0.011);
    assert_int_equal(pipe.charger.error, GBT_CAUSE_NO_BSD);
    (void)pipe_until(&pipe, GBT_CHARGER_FAILED, 10);
    assert_missed(offsetof(struct gbt_cem, bsd));

    pipe_charge(&pipe, 0.5); /* a BST that is lost is no harm when BSD comes */
    pipe.drop = GBT_BIT(GBT_BST);
    pipe_event(&pipe, GBT_EVENT_STOP, GBT_CAUSE_CONDITION);
    (void)pipe_until(&pipe, GBT_CHARGER_ENDED, 10);
    assert_int_equal(pipe.charger.error, GBT_CAUSE_NONE);
}

static void without_permission_no_power_flows(void **state)
{
    (void)state;
    pipe_init(&pipe, 0.5);
    pipe.drop = GBT_BIT(GBT_BSM);
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    (void)pipe_until(&pipe, GBT_CHARGER_CHARGING, 5);
    assert_near(pipe_until(&pipe, GBT_CHARGER_ERROR, 10), 5, 0.011);
    assert_int_equal(pipe.charger.error, GBT_CAUSE_NO_BSM);
    assert_near(pipe.max_a, 0, 0);
}

static void the_charger_itself_is_not_ready(void **state)
{
    (void)state;
    pipe_init(&pipe, 0.5);
    pipe.input.insulated = false;
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    assert_near(pipe_until(&pipe, GBT_CHARGER_FAILED, 70), 60, 0.02);
    assert_int_equal(pipe.charger.stop, GBT_CAUSE_NOT_READY);

    pipe_init(&pipe, 0.5);
    pipe.input.ready = false;
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    (void)pipe_until(&pipe, GBT_CHARGER_READY, 2);
    pipe_run(&pipe, 20); /* the pack hears CRO 00 and waits */
    assert_int_equal(pipe.pack.state, GBT_PACK_READY);
    pipe.input.ready = true;
    (void)pipe_until(&pipe, GBT_CHARGER_CHARGING, 1);

    pipe_init(&pipe, 0.5);
    pipe.input.ready = false;
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    (void)pipe_until(&pipe, GBT_CHARGER_READY, 2);
    pipe.cut = true; /* else the pack's own 60 s end first */
    assert_near(pipe_until(&pipe, GBT_CHARGER_FAILED, 70), 60, 0.02);
}

/* The current has to be down 100 ms after a stop: a stuck power stage is a fault. */
static void current_that_does_not_fall_is_seen(void **state)
{
    (void)state;
    static const double AMPS[] = {4.9, 5.1};
    for (int i = 0; i < 2; i++) {
        pipe_charge(&pipe, 0.5);
        pipe_event(&pipe, GBT_EVENT_STOP, GBT_CAUSE_CONDITION);
        struct gbt_charger_input input = pipe.input;
        const struct gbt_event event = {.kind = GBT_EVENT_TIME, .input = &input};
        input.current_a = AMPS[i];
        gbt_charger_step(&pipe.charger, &event, pipe.now_us + 99000);
        assert_false(pipe.charger.current_late);
        gbt_charger_step(&pipe.charger, &event, pipe.now_us + 100000);
        assert_int_equal(pipe.charger.current_late, i);
    }
}

static void the_pack_misses_the_charger(void **state)
{
    (void)state;
    static const struct {
        uint32_t drop;
        bool live; /* from charging on */
        bool stop; /* stopped by the station */
        size_t field;
    } CASES[] = {{GBT_BIT(GBT_CRM), false, false, offsetof(struct gbt_bem, crm_unidentified)},
                 {GBT_BIT(GBT_CML), false, false, offsetof(struct gbt_bem, cts_cml)},
                 {GBT_BIT(GBT_CRO), false, false, offsetof(struct gbt_bem, cro)},
                 {GBT_BIT(GBT_CCS), true, false, offsetof(struct gbt_bem, ccs)},
                 {GBT_BIT(GBT_CSD), true, true, offsetof(struct gbt_bem, csd)}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        if (CASES[i].live) {
            pipe_charge(&pipe, 0.5);
        } else {
            pipe_init(&pipe, 0.5);
            pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
        }
        pipe.drop = CASES[i].drop;
        if (CASES[i].stop)
            pipe_event(&pipe, GBT_EVENT_STOP, GBT_CAUSE_CONDITION);
        for (int steps = 0; pipe.pack.state != GBT_PACK_ERROR; steps++) {
            assert_true(steps < 4000);
            pipe_step(&pipe);
        }
        pipe_run(&pipe, 0.05);
        assert_int_equal(((const uint8_t *)&pipe.bem)[CASES[i].field], GBT_STATE_SET);
        assert_false(pipe.charger.output.on);
    }
}

static void the_pack_hears_no_cst(void **state)
{
    (void)state;
    pipe_charge(&pipe, 0.5);
    pipe.drop = GBT_BIT(GBT_CST);
    pipe.battery.hot = true;
    pipe_run(&pipe, 4.9);
    assert_int_equal(pipe.pack.state, GBT_PACK_STOPPING);
    pipe_run(&pipe, 0.3);
    assert_int_equal(pipe.pack.state, GBT_PACK_ERROR);
    assert_int_equal(pipe.bem.cst, GBT_STATE_SET);
}

/* The pack's BEM ends charging at once; the next attempt begins by itself. */
static void the_pack_reports_its_time_out(void **state)
{
    (void)state;
    pipe_charge(&pipe, 0.5);
    pipe.drop = GBT_BIT(GBT_CCS);
    assert_near(pipe_until(&pipe, GBT_CHARGER_ERROR, 2), 1, 0.06);
    assert_int_equal(pipe.charger.error, GBT_CAUSE_PACK_ERROR);
    assert_int_equal(pipe.charger.bem.ccs, GBT_STATE_SET);
    assert_false(pipe.charger.output.on);
    assert_false(pipe.seen & GBT_BIT(GBT_CEM)); /* the charger missed nothing */
    pipe.drop = 0;
    (void)pipe_until(&pipe, GBT_CHARGER_CHARGING, 5);
}

/* What BSM says decides (table 20, note): every status, every value. */
static void statuses_of_the_pack_decide(void **state)
{
    (void)state;
    static const struct {
        uint8_t byte6, byte7;
        enum gbt_charger_state wanted;
    } CASES[] = {
        {0x00, 0xD0, GBT_CHARGER_CHARGING},   {0x00, 0xC0, GBT_CHARGER_PAUSED},
        {0x01, 0xD0, GBT_CHARGER_STATISTICS}, {0x02, 0xD0, GBT_CHARGER_STATISTICS},
        {0x04, 0xD0, GBT_CHARGER_STATISTICS}, {0x08, 0xD0, GBT_CHARGER_STATISTICS},
        {0x10, 0xD0, GBT_CHARGER_STATISTICS}, {0x20, 0xD0, GBT_CHARGER_CHARGING}, /* untrusted */
        {0x40, 0xD0, GBT_CHARGER_STATISTICS}, {0x80, 0xD0, GBT_CHARGER_CHARGING},
        {0x00, 0xD1, GBT_CHARGER_STATISTICS}, {0x00, 0xD2, GBT_CHARGER_CHARGING},
        {0x00, 0xD4, GBT_CHARGER_STATISTICS}, {0x00, 0xD8, GBT_CHARGER_CHARGING},
        {0x00, 0xE0, GBT_CHARGER_CHARGING}, /* permission untrusted: as before */
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        pipe_charge(&pipe, 0.5);
        pipe.drop = GBT_BIT(GBT_BSM); /* ours instead */
        const struct canframe frame = {
            .id = 0x181356F4,
            .extended = true,
            .length = 7,
            .data = {0x42, 0x4B, 0x01, 0x4A, 0x1B, CASES[i].byte6, CASES[i].byte7}};
        const struct gbt_event event = {.kind = GBT_EVENT_FRAME, .frame = &frame};
        gbt_charger_step(&pipe.charger, &event, pipe.now_us);
        bool stops = CASES[i].wanted == GBT_CHARGER_STATISTICS;
        assert_int_equal(pipe.charger.output.on, CASES[i].wanted == GBT_CHARGER_CHARGING);
        assert_int_equal(pipe.charger.state, stops ? GBT_CHARGER_STOPPING : CASES[i].wanted);
        if (stops)
            assert_int_equal(pipe.charger.stop, GBT_CAUSE_PACK_FAULT);
    }
}

static void hear(uint32_t id, uint8_t length, const char *data)
{
    struct canframe frame = {.id = id, .extended = true, .length = length};
    const struct gbt_event event = {.kind = GBT_EVENT_FRAME, .frame = &frame};
    memcpy(frame.data, data, length);
    gbt_charger_step(&pipe.charger, &event, pipe.now_us);
}

/* A pack that still ends the last session does not end this one. */
static void what_is_left_of_another_session_does_nothing(void **state)
{
    (void)state;
    pipe_init(&pipe, 0.5);
    pipe.cut = true;
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    hear(0x101956F4, 4, "\x01\x00\x00\xF0"); /* BST */
    hear(0x081E56F4, 4, "\xF0\xF0\xF1\xFC"); /* BEM */
    assert_int_equal(pipe.charger.state, GBT_CHARGER_HANDSHAKE);
    pipe_charge(&pipe, 0.5);
    hear(0x181C56F4, 7, "\x61\x72\x01\x74\x01\x49\x4B"); /* BSD */
    assert_int_equal(pipe.charger.state, GBT_CHARGER_CHARGING);
    pipe.drop = GBT_BIT(GBT_BSD); /* that one does not stand for the one that is missing */
    pipe_event(&pipe, GBT_EVENT_STOP, GBT_CAUSE_CONDITION);
    (void)pipe_until(&pipe, GBT_CHARGER_ERROR, 11);
    assert_int_equal(pipe.charger.error, GBT_CAUSE_NO_BSD);
}

/* No state without a way in or out, and only those moves that the flow charts know. */
static void tables_of_moves_are_whole(void **state)
{
    (void)state;
    const struct machine *machines[] = {&GBT_CHARGER_MACHINE, &GBT_PACK_MACHINE};
    for (size_t m = 0; m < 2; m++) {
        uint32_t reached = 1, before = 0;
        while (reached != before) {
            before = reached;
            for (int from = 0; from < machines[m]->count; from++)
                if (reached >> from & 1)
                    reached |= machines[m]->moves[from];
        }
        assert_int_equal(reached, MACHINE_BIT(machines[m]->count) - 1);
        for (int from = 0; from < machines[m]->count; from++) {
            assert_true(machines[m]->moves[from] != 0);
            assert_false(machine_allows(machines[m], from, from));
        }
    }
    /* power begins from READY or PAUSED only */
    for (int from = 0; from < GBT_CHARGER_STATE_COUNT; from++)
        assert_int_equal(machine_allows(&GBT_CHARGER_MACHINE, from, GBT_CHARGER_CHARGING),
                         from == GBT_CHARGER_READY || from == GBT_CHARGER_PAUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_charger_misses_what_comes_before_charging),
        cmocka_unit_test(the_charger_misses_what_comes_while_charging),
        cmocka_unit_test(the_charger_misses_what_comes_at_the_end),
        cmocka_unit_test(without_permission_no_power_flows),
        cmocka_unit_test(the_charger_itself_is_not_ready),
        cmocka_unit_test(current_that_does_not_fall_is_seen),
        cmocka_unit_test(the_pack_misses_the_charger),
        cmocka_unit_test(the_pack_hears_no_cst),
        cmocka_unit_test(the_pack_reports_its_time_out),
        cmocka_unit_test(statuses_of_the_pack_decide),
        cmocka_unit_test(what_is_left_of_another_session_does_nothing),
        cmocka_unit_test(tables_of_moves_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

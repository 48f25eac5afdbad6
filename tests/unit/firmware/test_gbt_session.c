/* SPDX-License-Identifier: Apache-2.0 */
/* Whole GB/T 27930 sessions, charger and pack over a wire: good ends, stops, pauses, bad wires. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/gbt_pipe.h"

static struct pipe pipe;

static void assert_ended(enum gbt_cause stop)
{
    assert_int_equal(pipe.charger.state, GBT_CHARGER_ENDED);
    assert_int_equal(pipe.pack.state, GBT_PACK_ENDED);
    assert_int_equal(pipe.charger.stop, stop);
    assert_int_equal(pipe.charger.error, GBT_CAUSE_NONE);
    assert_false(pipe.charger.current_late);
}

static void a_full_charge_from_handshake_to_end(void **state)
{
    (void)state;
    pipe_init(&pipe, 0.50);
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    (void)pipe_until(&pipe, GBT_CHARGER_ENDED, 3600);
    assert_ended(GBT_CAUSE_PACK_STOPPED);
    assert_true(pipe.constant_current && pipe.constant_voltage);
    assert_near(pipe.max_a, 40, 1e-9); /* the pack's demand, below its and the charger's limit */
    assert_in_range((int)(pipe.max_cell_v * 1000), 4190, 4200);
    assert_true(pipe.battery.soc > 0.97);
    const uint32_t passed = MACHINE_BIT(GBT_CHARGER_CHARGING) | MACHINE_BIT(GBT_CHARGER_STATISTICS);
    assert_int_equal(pipe.charger_states & passed, passed); /* others pass within one step */
    uint32_t none = GBT_BIT(GBT_BSP) | GBT_BIT(GBT_BEM) | GBT_BIT(GBT_CEM);
    assert_int_equal(pipe.seen, (GBT_BIT(GBT_KIND_COUNT) - 1) & ~none);
    /* both know the same of each other */
    assert_string_equal(pipe.charger.brm.vin, "LTEST000000000001");
    assert_near(pipe.pack.csd.energy_kwh, pipe.energy_kwh, 0.051);
    assert_near(pipe.charger.bsd.soc_percent, pipe.battery.soc * 100, 0.51);
    assert_int_equal(pipe.pack.cst.pack_stopped, GBT_STATE_SET);
    assert_int_equal(pipe.charger.bst.soc_reached, GBT_STATE_SET);
    assert_int_equal(pipe.charger.link.refused + pipe.pack.link.refused, 0);
    assert_int_equal(pipe.charger.attempts, 0);
    /* the next session of the same charger and pack */
    pipe.battery.soc = 0.5;
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    (void)pipe_until(&pipe, GBT_CHARGER_CHARGING, 5);
}

static void the_station_stops_it(void **state)
{
    (void)state;
    pipe_charge(&pipe, 0.5);
    pipe_event(&pipe, GBT_EVENT_STOP, GBT_CAUSE_BY_HAND);
    assert_false(pipe.charger.output.on);
    (void)pipe_until(&pipe, GBT_CHARGER_ENDED, 5);
    assert_ended(GBT_CAUSE_BY_HAND);
    assert_int_equal(pipe.pack.cst.manual, GBT_STATE_SET);
    assert_int_equal(pipe.charger.bst.charger_stopped, GBT_STATE_SET);
}

static void a_fault_of_the_pack_stops_it(void **state)
{
    (void)state;
    pipe_charge(&pipe, 0.5);
    pipe.battery.hot = true;
    pipe_step(&pipe);
    assert_false(pipe.charger.output.on); /* with the frame that says so */
    (void)pipe_until(&pipe, GBT_CHARGER_ENDED, 5);
    assert_ended(GBT_CAUSE_PACK_FAULT);
    assert_int_equal(pipe.charger.bst.pack_hot, GBT_STATE_SET);
}

static void a_fault_of_the_charger_stops_it(void **state)
{
    (void)state;
    pipe_charge(&pipe, 0.5);
    pipe.input.fault = true;
    pipe_step(&pipe);
    assert_false(pipe.charger.output.on);
    (void)pipe_until(&pipe, GBT_CHARGER_ENDED, 5);
    assert_ended(GBT_CAUSE_CHARGER_FAULT);
    assert_int_equal(pipe.pack.cst.fault, GBT_STATE_SET);

    pipe_charge(&pipe, 0.5);
    pipe.input.emergency = true;
    pipe_step(&pipe);
    assert_false(pipe.charger.output.on);
    (void)pipe_until(&pipe, GBT_CHARGER_ENDED, 5);
    assert_ended(GBT_CAUSE_EMERGENCY);
    assert_int_equal(pipe.pack.cst.emergency_stop, GBT_STATE_SET);
}

static void the_pack_pauses_and_goes_on(void **state)
{
    (void)state;
    pipe_charge(&pipe, 0.5);
    pipe.battery.forbids = true;
    (void)pipe_until(&pipe, GBT_CHARGER_PAUSED, 0.3); /* BSM comes every 250 ms */
    assert_false(pipe.charger.output.on);
    pipe_run(&pipe, 10);
    assert_int_equal(pipe.pack.ccs.permit, GBT_PERMIT_NO);
    assert_int_equal(pipe.pack.state, GBT_PACK_CHARGING);
    pipe.battery.forbids = false;
    (void)pipe_until(&pipe, GBT_CHARGER_CHARGING, 0.3);
    assert_true(pipe.charger.output.on);
    pipe.battery.forbids = true;
    (void)pipe_until(&pipe, GBT_CHARGER_PAUSED, 0.3);
    double paused_s = pipe_until(&pipe, GBT_CHARGER_ENDED, 620);
    assert_near(paused_s, 601, 1.1); /* ten minutes, then the end with a second of CSD */
    assert_ended(GBT_CAUSE_PAUSED_LONG);
}

static void a_charger_that_does_not_fit_does_not_begin(void **state)
{
    (void)state;
    pipe_init(&pipe, 0.5);
    pipe.charger.settings.max_voltage_v = 300;
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    (void)pipe_until(&pipe, GBT_CHARGER_FAILED, 5);
    assert_int_equal(pipe.charger.stop, GBT_CAUSE_INCOMPATIBLE);
    assert_near(pipe.max_a, 0, 0);
}

static void a_pack_without_handshake_is_charged(void **state)
{
    (void)state;
    pipe_init(&pipe, 0.5);
    pipe.drop = GBT_BIT(GBT_CHM) | GBT_BIT(GBT_BHM);
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    assert_near(pipe_until(&pipe, GBT_CHARGER_CHARGING, 10), 5, 1);
    assert_true(pipe.charger.link.dialects & GBT_DIALECT(NO_HANDSHAKE));
}

/* Identity, charge and voltage stay fresh for hours, the pack's contactors stay open. */
static void a_held_charger_only_recognises(void **state)
{
    (void)state;
    pipe_init(&pipe, 0.5);
    pipe.input.hold = true;
    pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
    (void)pipe_until(&pipe, GBT_CHARGER_IDENTIFIED, 2);
    int64_t newest_us = pipe.now_us;
    for (int i = 0; i < 360000; i++) { /* an hour */
        pipe_step(&pipe);
        for (int kind = 0; kind < GBT_KIND_COUNT; kind++)
            newest_us = pipe.charger.link.heard_us[kind] > newest_us
                            ? pipe.charger.link.heard_us[kind]
                            : newest_us;
        assert_true(pipe.now_us - newest_us < 600000);
    }
    assert_int_equal(pipe.charger.attempts, 0);
    assert_int_equal(pipe.charger.error, GBT_CAUSE_NONE);
    assert_near(pipe.charger.bcp.soc_percent, 50, 0.06);
    const uint32_t passed = MACHINE_BIT(GBT_PACK_RECOGNITION) | MACHINE_BIT(GBT_PACK_PARAMETERS) |
                            MACHINE_BIT(GBT_PACK_HANDSHAKE) | MACHINE_BIT(GBT_PACK_IDLE);
    assert_int_equal(pipe.pack_states & ~passed, 0);
    assert_int_equal(pipe.seen & GBT_BIT(GBT_BRO), 0);
    pipe.input.hold = false; /* somebody wants to charge */
    assert_true(pipe_until(&pipe, GBT_CHARGER_CHARGING, 5) < 2);
}

static void a_cut_wire_stops_in_a_second_and_heals(void **state)
{
    (void)state;
    pipe_charge(&pipe, 0.5);
    pipe.cut = true;
    assert_near(pipe_until(&pipe, GBT_CHARGER_ERROR, 2), 1, 0.06);
    assert_false(pipe.charger.output.on);
    assert_int_equal(pipe.charger.error, GBT_CAUSE_NO_BCL);
    pipe_run(&pipe, 1);
    assert_int_equal(pipe.pack.state, GBT_PACK_ERROR);
    assert_int_equal(pipe.bem.ccs, GBT_STATE_SET);
    assert_int_equal(pipe.cem.bcl, GBT_STATE_SET);
    pipe.cut = false;
    (void)pipe_until(&pipe, GBT_CHARGER_CHARGING, 6);
    assert_int_equal(pipe.charger.attempts, 1);
    pipe_run(&pipe, 1);
    assert_true(pipe.charger.output.on);
}

static void after_three_attempts_somebody_has_to_look(void **state)
{
    (void)state;
    pipe_charge(&pipe, 0.5);
    pipe.cut = true;
    /* BCL 1 s, then four times 2.5 s of CEM and three times 5 s without BRM */
    assert_near(pipe_until(&pipe, GBT_CHARGER_FAILED, 40), 1 + 4 * 2.5 + 3 * 5, 0.2);
    assert_int_equal(pipe.charger.attempts, 3);
    pipe.cut = false;
    pipe_run(&pipe, 60);
    assert_int_equal(pipe.charger.state, GBT_CHARGER_FAILED);
    pipe_event(&pipe, GBT_EVENT_RESET, GBT_CAUSE_NONE);
    assert_int_equal(pipe.charger.state, GBT_CHARGER_IDLE);
}

/* Whatever is lost: power flows only while both sides talk, and the session ends or heals. */
static void lost_frames_never_leave_power_on(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 24; seed++) {
        pipe_init(&pipe, 0.97);
        pipe.battery.end_a = 20; /* a short one */
        pipe.random = seed;
        pipe.loss_ppm = seed % 3 == 0 ? 150000 : seed % 3 == 1 ? 10000 : 40000;
        pipe_event(&pipe, GBT_EVENT_START, GBT_CAUSE_NONE);
        for (int i = 0; i < 9000 && pipe.charger.state != GBT_CHARGER_ENDED &&
                        pipe.charger.state != GBT_CHARGER_FAILED;
             i++) {
            pipe_step(&pipe);
            int64_t bcl_us = pipe.charger.link.heard_us[GBT_BCL];
            if (pipe.charger.output.on)
                assert_true(pipe.now_us - bcl_us <= 1050000);
        }
        assert_false(pipe.charger.output.on);
        assert_true(pipe.charger.state == GBT_CHARGER_ENDED ||
                    pipe.charger.state == GBT_CHARGER_FAILED);
        assert_true(pipe.max_cell_v <= 4.2 + 1e-6);
        assert_true(seed % 3 == 0 || pipe.charger.state == GBT_CHARGER_ENDED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_charge_from_handshake_to_end),
        cmocka_unit_test(the_station_stops_it),
        cmocka_unit_test(a_fault_of_the_pack_stops_it),
        cmocka_unit_test(a_fault_of_the_charger_stops_it),
        cmocka_unit_test(the_pack_pauses_and_goes_on),
        cmocka_unit_test(a_charger_that_does_not_fit_does_not_begin),
        cmocka_unit_test(a_pack_without_handshake_is_charged),
        cmocka_unit_test(a_held_charger_only_recognises),
        cmocka_unit_test(a_cut_wire_stops_in_a_second_and_heals),
        cmocka_unit_test(after_three_attempts_somebody_has_to_look),
        cmocka_unit_test(lost_frames_never_leave_power_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

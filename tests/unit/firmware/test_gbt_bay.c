/* SPDX-License-Identifier: Apache-2.0 */
/* One bay of the profile gbt27930 by itself: what names a pack, what its faults become, which time
 * it gives, what it does when attempts are used up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/gbt_bay_rig.h"
#include <stdio.h>
#include <string.h>

static void what_names_a_pack(void **state)
{
    (void)state;
    static const struct {
        const char *maker;
        int64_t number;
        const char *vin;
        enum can_bid bid;
        const char *name;
    } CASES[] = {
        {"KLIE", 1, "", CAN_BID_SERIAL, "KLIE-1"},
        {"A B/", 12, "", CAN_BID_SERIAL, "AB-12"},
        {"", 12, "", CAN_BID_SERIAL, "12"},
        {"", 12, "LVIN1", CAN_BID_SERIAL, "LVIN1"}, /* a number alone is a poor name */
        {"KLIE", 0, "LVIN1", CAN_BID_SERIAL, "LVIN1"},
        {"KLIE", -1, "LVIN1", CAN_BID_SERIAL, "LVIN1"}, /* not available */
        {"KLIE", 1, "LVIN1", CAN_BID_VIN, "LVIN1"},
        {"KLIE", 1, "", CAN_BID_VIN, ""},
        {"KLIE", -1, "", CAN_BID_SERIAL, ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct gbt_brm brm = {.pack_number = CASES[i].number};
        char name[IO_ID_SIZE];
        (void)snprintf(brm.maker, sizeof brm.maker, "%s", CASES[i].maker);
        (void)snprintf(brm.vin, sizeof brm.vin, "%s", CASES[i].vin);
        gbt_bay_name(&brm, CASES[i].bid, name);
        assert_string_equal(name, CASES[i].name);
    }
}

/* --- faults of BSM and BST --- */

static void insulation(struct gbt_message *message)
{
    if (message->kind == GBT_BSM)
        message->bsm.insulation = GBT_STATE_SET;
}

static void cell_low(struct gbt_message *message)
{
    if (message->kind == GBT_BSM)
        message->bsm.cell_voltage = 2;
}

static void too_much_current(struct gbt_message *message)
{
    if (message->kind == GBT_BSM)
        message->bsm.current = GBT_STATE_SET;
}

static void soc_low(struct gbt_message *message)
{
    if (message->kind == GBT_BSM)
        message->bsm.soc = 2;
}

static void soc_high(struct gbt_message *message)
{
    if (message->kind == GBT_BSM)
        message->bsm.soc = 1;
}

static void untrusted(struct gbt_message *message)
{
    if (message->kind == GBT_BSM)
        message->bsm.insulation = message->bsm.temperature = GBT_STATE_UNTRUSTED;
}

static void relay(struct gbt_message *message)
{
    if (message->kind == GBT_BST)
        message->bst.relay = GBT_STATE_SET;
}

static void faults_stay_until_the_pack_is_taken_out(void **state)
{
    (void)state;
    static const struct {
        void (*bend)(struct gbt_message *message);
        bool stops; /* the pack ends by itself: BST */
        uint32_t faults;
    } CASES[] = {{insulation, false, GBT_BAY_FAULT_INSULATION},
                 {cell_low, false, GBT_BAY_FAULT_CELL_LOW},
                 {too_much_current, false, GBT_BAY_FAULT_CURRENT},
                 {soc_low, false, GBT_BAY_FAULT_SOC_LOW},
                 {relay, true, GBT_BAY_FAULT_RELAY}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        charge();
        bend = CASES[i].bend;
        battery.finished = CASES[i].stops;
        struct io_pack reading = run(0.3);
        assert_int_equal(reading.faults, CASES[i].faults);
        assert_false(reading.permit);
        assert_near(reading.request_a, 0, 0);
        assert_true(GBT_BAY_PROFILE.take_alarm(&bay));
        assert_false(GBT_BAY_PROFILE.take_alarm(&bay)); /* once */
        want(false, false);
        bend = NULL;
        battery.finished = false;
        reading = run(60);
        assert_int_equal(reading.faults, CASES[i].faults);
        station.here = false;
        reading = run(1);
        assert_int_equal(reading.faults, 0);
        assert_int_equal(reading.at_us, 0);
        assert_string_equal(reading.bid, "");
        station.here = true;
        reading = run(8); /* the same one, in the middle of a session: it answers no CHM for 5 s */
        assert_true(reading.permit);
    }
}

static void a_fault_told_after_the_stations_stop_counts(void **state)
{
    (void)state;
    charge();
    bend = relay;
    want(true, false);
    const struct io_pack reading = run(3);
    assert_int_equal(reading.faults, GBT_BAY_FAULT_RELAY);
    charge();
    want(true, false); /* and without one there is none */
    assert_int_equal(run(3).faults, 0);
}

static void what_is_no_fault(void **state)
{
    (void)state;
    charge();
    bend = untrusted; /* the state before stands */
    struct io_pack reading = run(5);
    assert_true(reading.permit && reading.request_a > 0);
    bend = soc_high; /* it wants no more */
    reading = run(1);
    assert_int_equal(reading.faults, 0);
    assert_true(reading.permit);
    assert_near(reading.request_a, 0, 0);
    reading = run(30); /* and is not begun anew while the core still asks */
    assert_int_equal(bay.charger.charging_us, GBT_NEVER);
    assert_true(now_us - reading.at_us < 700000);
}

/* --- time --- */

static void the_contactor_comes_before_CRO_AA(void **state)
{
    (void)state;
    begin();
    (void)run(2);
    station.request.contactor = true; /* asked for, not closed */
    (void)run(10);
    assert_int_equal(bay.charger.state, GBT_CHARGER_READY);
    assert_int_equal(pack.state, GBT_PACK_READY);
    station.contactor_closed = station.request.charger_on = true;
    (void)run(1);
    assert_int_equal(bay.charger.state, GBT_CHARGER_CHARGING);
}

static void a_contactor_that_does_not_close_is_given_up(void **state)
{
    (void)state;
    begin();
    (void)run(2);
    station.request.contactor = true;
    (void)run(57);
    assert_int_equal(bay.charger.state, GBT_CHARGER_READY);
    struct io_pack reading = run(6); /* 60 s: CRO AA of tables 15, 16 */
    assert_int_equal(bay.charger.state, GBT_CHARGER_FAILED);
    assert_false(reading.permit);
    want(false, false);
    reading = run(40); /* the pack needs half a minute of its own */
    assert_true(reading.permit);
    assert_string_equal(reading.bid, "ABCD-5");
}

static void attempts_are_used_up_and_begun_again(void **state)
{
    (void)state;
    charge();
    int64_t cut_us = now_us;
    cut = true;
    struct io_pack reading = run(0.9);
    assert_true(reading.permit);
    reading = run(0.2); /* BCL 1 s */
    assert_false(reading.permit);
    assert_true(reading.at_us <= cut_us);
    assert_near(reading.request_a, 0, 0);
    while (bay.charger.state != GBT_CHARGER_FAILED && now_us - cut_us < 60000000)
        (void)run(0.1);
    assert_int_equal(bay.charger.attempts, 3);
    assert_near((double)(now_us - cut_us) / 1e6, 1 + 4 * 2.5 + 3 * 5, 0.5);
    int64_t failed_us = now_us;
    while (bay.charger.state == GBT_CHARGER_FAILED && now_us - failed_us < 60000000)
        (void)run(0.1);
    assert_near((double)(now_us - failed_us), (double)GBT_BAY_RETRY_US, 2e5);
    cut = false;
    want(false, false);
    reading = run(40);
    assert_string_equal(reading.bid, "ABCD-5");
    assert_true(reading.permit);
    assert_true(now_us - reading.at_us < 700000);
}

static void a_reading_is_as_old_as_its_message(void **state)
{
    (void)state;
    charge();
    struct io_pack reading = run(1);
    assert_true(now_us - reading.at_us <= 60000); /* BCL comes every 50 ms */
    const int64_t *heard_us = bay.charger.link.heard_us;
    bay.charger.link.heard_us[GBT_BCL] = now_us - 700000;
    GBT_BAY_PROFILE.read(&bay, now_us, &reading);
    assert_int_equal(now_us - reading.at_us, 700000);
    bay.charger.link.heard_us[GBT_BCL] = now_us;
    bay.charger.link.heard_us[GBT_BCS] = now_us - 4700000; /* good for 4 s longer */
    GBT_BAY_PROFILE.read(&bay, now_us, &reading);
    assert_int_equal(now_us - reading.at_us, 700000);
    bay.charger.link.heard_us[GBT_BCS] = now_us - 1000000;
    bay.charger.link.heard_us[GBT_BSM] = now_us - 4900000;
    GBT_BAY_PROFILE.read(&bay, now_us, &reading);
    assert_int_equal(now_us - reading.at_us, 900000);
    assert_true(heard_us[GBT_BCL] == now_us);
}

static void energy_is_counted_by_the_packs_own_words(void **state)
{
    (void)state;
    charge();
    double before_kwh = run(0.1).energy_added_kwh;
    const struct io_pack reading = run(360);
    assert_near(reading.energy_added_kwh - before_kwh, 330 * 20 * 0.1 / 1000, 0.001);
    want(true, false); /* orderly end: the statistics say the charger's count */
    (void)run(3);
    assert_near(pack.csd.energy_kwh, 0.7, 0.051);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_names_a_pack),
        cmocka_unit_test(faults_stay_until_the_pack_is_taken_out),
        cmocka_unit_test(a_fault_told_after_the_stations_stop_counts),
        cmocka_unit_test(what_is_no_fault),
        cmocka_unit_test(the_contactor_comes_before_CRO_AA),
        cmocka_unit_test(a_contactor_that_does_not_close_is_given_up),
        cmocka_unit_test(attempts_are_used_up_and_begun_again),
        cmocka_unit_test(a_reading_is_as_old_as_its_message),
        cmocka_unit_test(energy_is_counted_by_the_packs_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

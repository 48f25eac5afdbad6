/* SPDX-License-Identifier: Apache-2.0 */
/* Charging ends: every condition of rule 3, faults of charger and contactor, the wait after. */
#include "station_fixture.h"

static char text[512];

/* One bay with a pack at `soc`, charging for a few seconds if it is below target. */
static void charging(struct fixture *f, double soc_percent)
{
    fixture_init(f, 2);
    const struct io_pack pack = fixture_pack("P-1", soc_percent);
    fixture_put(f, 1, &pack);
    fixture_run(f, 3);
}

/* Ways to lose a condition of rule 3, and how fast the charger is off then. */
static void stale_pack(struct fixture *f)
{
    f->bays[0].pack_silent = true;
}
static void stale_sensors(struct fixture *f)
{
    f->bays[0].frozen = true;
}
static void no_permit(struct fixture *f)
{
    f->in.bays[0].pack.permit = false;
}
static void other_pack(struct fixture *f)
{
    TEXT_SET(f->in.bays[0].pack.bid, "P-2");
    f->in.bays[0].pack.soc_percent = 99; /* a full one, else it would be charged anew */
}
static void pack_fault(struct fixture *f)
{
    f->in.bays[0].pack.faults = 1;
}
static void hot_pack(struct fixture *f)
{
    f->in.bays[0].pack.temp_max_c = 60;
}
static void broken_sensor(struct fixture *f)
{
    f->in.bays[0].pack.temp_min_c = NAN;
}
static void cell_high(struct fixture *f)
{
    f->in.bays[0].pack.cell_max_v = 4.28;
}
static void bay_sensor(struct fixture *f)
{
    f->in.bays[0].temp_c = NAN;
}
static void charger_fault(struct fixture *f)
{
    f->in.bays[0].charger.fault = true;
}
static void charger_offline(struct fixture *f)
{
    f->in.bays[0].charger.online = false;
}
static void water(struct fixture *f)
{
    f->in.water = true;
}
static void ambient(struct fixture *f)
{
    f->in.ambient_c = 200;
}
static void smoke(struct fixture *f)
{
    f->in.bays[0].smoke = true;
}
static void neighbour_smoke(struct fixture *f)
{
    f->in.bays[1].smoke = true;
}
static void station_smoke(struct fixture *f)
{
    f->in.smoke = true;
}
static void emergency(struct fixture *f)
{
    f->in.emergency_stop = true;
}
static void safe_mode(struct fixture *f)
{
    f->station.safe_mode = true;
}
static void storage(struct fixture *f)
{
    f->station.storage_fault = true;
}
static void no_pack(struct fixture *f)
{
    f->in.bays[0].present = false;
}
static void station_stale(struct fixture *f)
{
    f->station_silent = true;
}

static void losing_any_condition_stops_charging(void **state)
{
    (void)state;
    static struct fixture f;
    static const struct {
        const char *name;
        void (*lose)(struct fixture *);
        double within_s;
        const char *outcome;
    } CASES[] = {
        {"stale_pack", stale_pack, 1.3, "failed"},
        {"stale_sensors", stale_sensors, 5.3, "failed"},
        {"no_permit", no_permit, 0.1, "failed"},
        {"other_pack", other_pack, 0.1, "failed"},
        {"pack_fault", pack_fault, 0.1, "failed"},
        {"hot_pack", hot_pack, 0.1, "failed"},
        {"broken_sensor", broken_sensor, 0.1, "failed"},
        {"cell_high", cell_high, 0.1, "failed"},
        {"bay_sensor", bay_sensor, 0.1, "failed"},
        {"charger_fault", charger_fault, 0.1, "failed"},
        {"charger_offline", charger_offline, 0.1, "failed"},
        {"water", water, 0.1, "failed"},
        {"ambient", ambient, 0.1, "failed"},
        {"smoke", smoke, 0.1, "failed"},
        {"neighbour_smoke", neighbour_smoke, 0.2, "failed"},
        {"station_smoke", station_smoke, 0.1, "failed"},
        {"emergency", emergency, 0.1, "failed"},
        {"safe_mode", safe_mode, 0.1, "cancelled"},
        {"storage", storage, 0.1, "cancelled"},
        {"no_pack", no_pack, 0.1, "failed"},
        {"station_stale", station_stale, 5.3, "failed"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        charging(&f, 50);
        assert_true(f.out.bays[0].charger_on);
        CASES[i].lose(&f);
        fixture_run(&f, CASES[i].within_s);
        if (f.out.bays[0].charger_on)
            fail_msg("%s does not stop charging in %g s", CASES[i].name, CASES[i].within_s);
        fixture_run(&f, 1); /* the current fell, so does the contactor */
        if (f.out.bays[0].contactor)
            fail_msg("%s leaves the contactor closed", CASES[i].name);
        char expected[128];
        snprintf(expected, sizeof expected, "requested authorized in_progress %s",
                 CASES[i].outcome);
        if (!text_equal(fixture_sessions(&f, 1, text, sizeof text), expected))
            fail_msg("%s: session went %s", CASES[i].name, text);
        fixture_free(&f);
    }
}

static void stale_charger_frames_stop_charging(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 50);
    for (int i = 0; i < 13; i++) { /* the fixture refreshes the charger: take it back each time */
        int64_t at_us = f.in.bays[0].charger.at_us;
        f.now_us += FIXTURE_STEP_US;
        f.in.now_us = f.in.at_us = f.in.bays[0].at_us = f.in.bays[1].at_us = f.now_us;
        f.in.bays[0].pack.at_us = f.now_us;
        f.in.bays[0].charger.at_us = at_us;
        station_step(&f.station, &f.in, &f.out, &f.actions);
        fixture_collect(&f);
        assert_int_equal(f.out.bays[0].charger_on, i < 10);
    }
    fixture_free(&f);
}

static void a_failed_charge_waits_longer_each_time(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 50);
    int64_t waits_s[6];
    for (int i = 0; i < 6; i++) {
        f.in.bays[0].pack.permit = false;
        fixture_until_bay(&f, 1, BAY_IDLE, 5);
        f.in.bays[0].pack.permit = true;
        int64_t from_us = f.now_us;
        fixture_until_bay(&f, 1, BAY_CHARGING, 2000);
        waits_s[i] = (f.now_us - from_us + 500000) / 1000000;
        fixture_run(&f, 2);
    }
    const int64_t expected[] = {60, 120, 240, 480, 960, 960};
    for (int i = 0; i < 6; i++)
        assert_in_range(waits_s[i], expected[i] - 1, expected[i] + 1);
    fixture_free(&f);
}

static void a_hot_pack_waits_until_it_is_cool(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 50);
    f.in.bays[0].pack.temp_max_c = 61;
    fixture_until_bay(&f, 1, BAY_IDLE, 2);
    assert_true(fixture_fault(&f, FAULT_OverTemperature, 1));
    assert_true(f.out.bays[0].fan);
    f.in.bays[0].pack.temp_max_c = 55;
    fixture_run(&f, 300);
    assert_int_equal(f.station.bays[0].state, BAY_IDLE);
    f.in.bays[0].pack.temp_max_c = 49;
    fixture_until_bay(&f, 1, BAY_CHARGING, 5);
    fixture_free(&f);
}

static void a_charger_without_current_is_faulty(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 50);
    f.bays[0].charger_dead = true;
    fixture_run(&f, 59);
    assert_int_equal(f.station.bays[0].state, BAY_CHARGING);
    fixture_until_bay(&f, 1, BAY_IDLE, 3);
    assert_true(fixture_fault(&f, FAULT_ChargerNoCurrent, 1));
    fixture_free(&f);
    /* a pack that asks for none is full, whatever it counts */
    charging(&f, 94);
    f.in.bays[0].pack.request_a = 0;
    fixture_until_bay(&f, 1, BAY_IDLE, 70);
    assert_false(fixture_fault(&f, FAULT_ChargerNoCurrent, 1));
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized in_progress completed");
    fixture_run(&f, 300);
    assert_int_equal(f.station.bays[0].state, BAY_IDLE);
    fixture_free(&f);
}

static void a_contactor_that_does_not_follow_is_a_latched_fault(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1);
    const struct io_pack pack = fixture_pack("P-1", 50);
    fixture_put(&f, 1, &pack);
    f.bays[0].contactor_stuck = true;
    fixture_run(&f, 1);
    assert_int_equal(f.station.bays[0].state, BAY_FAULT);
    assert_true(fixture_fault(&f, FAULT_ContactorFault, 1));
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text), "requested authorized failed");
    fixture_free(&f);
    charging(&f, 50); /* welded */
    f.bays[0].contactor_stuck = true;
    f.in.bays[0].pack.permit = false;
    fixture_until_bay(&f, 1, BAY_FAULT, 2);
    assert_false(f.out.bays[0].contactor);
    f.bays[0].contactor_stuck = false;
    fixture_run(&f, 60);
    assert_int_equal(f.station.bays[0].state, BAY_FAULT);
    station_request_reset(&f.station, 1, f.now_us, &f.actions);
    fixture_until_bay(&f, 1, BAY_IDLE, 2);
    fixture_free(&f);
}

static void current_after_a_stop_is_reported_and_cut(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 50);
    f.in.bays[0].pack.permit = false;
    fixture_step(&f);
    assert_false(f.out.bays[0].charger_on);
    for (int i = 0; i < 3; i++) {
        f.now_us += FIXTURE_STEP_US;
        f.in.now_us = f.in.at_us = f.in.bays[0].at_us = f.now_us;
        f.in.bays[0].pack.at_us = f.in.bays[0].charger.at_us = f.now_us;
        f.in.bays[0].charger.dc_a = 80; /* it does not listen */
        station_step(&f.station, &f.in, &f.out, &f.actions);
        fixture_collect(&f);
    }
    assert_true(fixture_fault(&f, FAULT_CurrentAfterStop, 1));
    assert_false(f.out.bays[0].contactor);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losing_any_condition_stops_charging),
        cmocka_unit_test(stale_charger_frames_stop_charging),
        cmocka_unit_test(a_failed_charge_waits_longer_each_time),
        cmocka_unit_test(a_hot_pack_waits_until_it_is_cool),
        cmocka_unit_test(a_charger_without_current_is_faulty),
        cmocka_unit_test(a_contactor_that_does_not_follow_is_a_latched_fault),
        cmocka_unit_test(current_after_a_stop_is_reported_and_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

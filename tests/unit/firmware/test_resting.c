/* SPDX-License-Identifier: Apache-2.0 */
/* Packs whose bus tells cells and temperatures only while they are charged, and no health at all
 * (GB/T 27930): they are identified, charged, kept at rest and handed out like the others. */
#include "station_fixture.h"

static struct fixture f;

static struct io_pack *pack(void)
{
    return &f.in.bays[0].pack;
}

static void rest(void)
{
    pack()->resting = true;
    pack()->temp_max_c = pack()->temp_min_c = pack()->cell_max_v = pack()->cell_min_v = NAN;
    pack()->request_v = pack()->request_a = NAN;
}

static void tell(double temp_min_c, double temp_max_c)
{
    *pack() = fixture_pack("P-1", pack()->soc_percent);
    pack()->temp_min_c = temp_min_c;
    pack()->temp_max_c = temp_max_c;
}

static void resting(double soc_percent)
{
    const struct io_pack battery = fixture_pack("P-1", soc_percent);
    fixture_init(&f, 2);
    fixture_put(&f, 1, &battery);
    rest();
    fixture_until_bay(&f, 1, soc_percent < 95 ? BAY_CHARGING : BAY_READY, 5);
}

static void unknown_temperatures_at_rest_are_no_alarm(void **state)
{
    (void)state;
    resting(97);
    fixture_run(&f, 60);
    assert_int_equal(f.station.bays[0].state, BAY_READY);
    assert_int_equal(f.station.faults.count, 0);
    pack()->resting = false; /* but from a pack that says it has them */
    fixture_step(&f);
    assert_true(fixture_fault(&f, FAULT_OverTemperature, 1));
    fixture_free(&f);
}

static void nothing_is_asked_for_before_the_pack_tells(void **state)
{
    (void)state;
    resting(50);
    for (int i = 0; i < 100; i++) {
        fixture_step(&f);
        assert_near(f.out.bays[0].charge_a, 0, 0);
    }
    assert_int_equal(f.station.bays[0].charge.phase, CHARGE_RUNNING);
    tell(20, 25);
    fixture_run(&f, 1);
    assert_near(f.out.bays[0].charge_a, 100, 0);
    fixture_free(&f);
}

static void a_pack_that_tells_that_it_is_cold_or_hot_stops(void **state)
{
    (void)state;
    char text[512];
    static const double CASES[][2] = {{-1, 5}, {40, 51}};
    for (size_t i = 0; i < 2; i++) {
        resting(50);
        fixture_run(&f, 1);
        tell(CASES[i][0], CASES[i][1]);
        fixture_run(&f, 1);
        assert_int_equal(f.station.bays[0].state, BAY_IDLE);
        assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                            "requested authorized in_progress failed");
        rest();
        fixture_until_bay(&f, 1, BAY_CHARGING, 70); /* the next try after charge_retry_s */
        tell(10, 20);
        fixture_run(&f, 5);
        assert_near(f.out.bays[0].charge_a, 100, 0);
        tell(-1, 51); /* while it charges the limits of the beginning do not count */
        fixture_run(&f, 1);
        assert_int_equal(f.station.bays[0].state, BAY_CHARGING);
        fixture_free(&f);
    }
}

static void a_hot_pack_that_falls_silent_gets_another_try(void **state)
{
    (void)state;
    resting(50);
    tell(20, 61);
    fixture_step(&f);
    assert_true(f.station.bays[0].charge.hot);
    fixture_run(&f, 1);
    rest();
    fixture_until_bay(&f, 1, BAY_CHARGING, 70);
    assert_false(f.station.bays[0].charge.hot);
    fixture_free(&f);
}

static void handed_out(const char *bid)
{
    fixture_run(&f, 60);
    assert_non_null(fixture_completion(&f));
    assert_string_equal(f.carried.bid, bid);
}

static void a_pack_of_unknown_health_is_handed_out_last(void **state)
{
    (void)state;
    fixture_stocked(&f);
    f.in.bays[1].pack.soh_percent = NAN;
    f.in.bays[2].pack.soh_percent = 71;
    assert_null(fixture_swap(&f, "c", ""));
    handed_out("P-1");
    fixture_free(&f);

    fixture_stocked(&f);
    for (int i = 0; i < 4; i++)
        f.in.bays[i].pack.soh_percent = NAN;
    f.in.bays[2].pack.cycles = 5;
    assert_null(fixture_swap(&f, "c", ""));
    handed_out("P-3"); /* the least used */
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_temperatures_at_rest_are_no_alarm),
        cmocka_unit_test(nothing_is_asked_for_before_the_pack_tells),
        cmocka_unit_test(a_pack_that_tells_that_it_is_cold_or_hot_stops),
        cmocka_unit_test(a_hot_pack_that_falls_silent_gets_another_try),
        cmocka_unit_test(a_pack_of_unknown_health_is_handed_out_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

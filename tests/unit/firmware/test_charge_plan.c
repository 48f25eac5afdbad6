/* SPDX-License-Identifier: Apache-2.0 */
/* Charging by configuration: who gets how much of the power cap, and who charges when. */
#include "station_fixture.h"

#include "core/share.h"

static uint64_t seed = 1;
static char text[512];

static double draw(double most)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 40) / (double)(1 << 24) * most;
}

/* --- sharing --- */

static void shares_are_max_min_fair(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        double wants[IO_BAYS_MAX], gives[IO_BAYS_MAX], again[IO_BAYS_MAX], sum = 0, wanted = 0;
        int count = 1 + (int)draw(IO_BAYS_MAX - 1);
        double total = draw(400);
        for (int i = 0; i < count; i++) {
            wants[i] = draw(1) < 0.3 ? 0 : draw(40);
            wanted += wants[i];
        }
        share_fairly(wants, count, total, gives);
        share_fairly(wants, count, total, again);
        assert_memory_equal(gives, again, (size_t)count * sizeof *gives);
        double least_unsatisfied = INFINITY, most = 0;
        for (int i = 0; i < count; i++) {
            sum += gives[i];
            assert_true(gives[i] >= 0 && gives[i] <= wants[i] + 1e-9);
            /* nobody is below the equal share unless he has all he wants */
            assert_true(gives[i] >= fmin(wants[i], total / count) - 1e-9);
            if (gives[i] < wants[i] - 1e-9)
                least_unsatisfied = fmin(least_unsatisfied, gives[i]);
            most = fmax(most, gives[i]);
        }
        assert_true(sum <= total + 1e-9);
        assert_true(sum >= fmin(total, wanted) - 1e-6); /* nothing is left that somebody wants */
        assert_true(most <= least_unsatisfied + 1e-9);  /* who wants more has the largest share */
    }
}

static void odd_numbers_share_nothing(void **state)
{
    (void)state;
    const double wants[] = {NAN, -5, 10, INFINITY};
    double gives[4];
    share_fairly(wants, 4, 12, gives);
    assert_near(gives[0], 0, 0);
    assert_near(gives[1], 0, 0);
    assert_near(gives[2], 6, 1e-9);
    assert_near(gives[3], 6, 1e-9);
    share_fairly(wants, 4, -1, gives);
    assert_near(gives[2] + gives[3], 0, 0);
}

static void stock(struct fixture *f, int slot, double soc_percent)
{
    char bid[16];
    snprintf(bid, sizeof bid, "P-%d", slot);
    const struct io_pack pack = fixture_pack(bid, soc_percent);
    fixture_put(f, slot, &pack);
}

/* Power that bays take from the mains; the fixture's chargers are 95 % efficient. */
static double mains_kw(const struct fixture *f)
{
    double sum = 0;
    for (int i = 0; i < f->in.bay_count; i++)
        sum += f->in.bays[i].charger.ac_kw;
    return sum;
}

static void what_one_cannot_use_the_others_get(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 3);
    for (int slot = 1; slot <= 3; slot++)
        stock(&f, slot, 50);
    f.station.settings.power_cap_kw = 60;
    f.in.bays[0].pack.request_a = 20; /* 7.2 kW are all that it wants */
    fixture_run(&f, 4);
    assert_near(f.out.bays[0].charge_a, 20, 1e-9);
    double left_kw = (60 * 0.94 - 7.2) / 2;
    assert_near(f.out.bays[1].charge_a, left_kw * 1000 / 360, 1e-6);
    assert_near(f.out.bays[2].charge_a, left_kw * 1000 / 360, 1e-6);
    assert_near(mains_kw(&f), 60, 1);
    fixture_free(&f);
}

/* Real chargers follow within seconds, not at once. */
static void follow_slowly(struct fixture *f, double last_a[])
{
    for (int i = 0; i < f->in.bay_count; i++) {
        struct io_charger *charger = &f->in.bays[i].charger;
        last_a[i] += fmax(fmin(charger->dc_a - last_a[i], 4), -4);
        charger->dc_a = last_a[i];
        charger->ac_kw = last_a[i] * 360 / 1000 / 0.95;
    }
}

/* Packs come, change their minds and leave, the cap moves down and up: what flows stays below. */
static void the_cap_is_never_exceeded(void **state)
{
    (void)state;
    static struct fixture f;
    static double last_a[IO_BAYS_MAX];
    fixture_init(&f, 8);
    memset(last_a, 0, sizeof last_a);
    f.station.settings.power_cap_kw = 80;
    double cap_kw = 80;
    int charged = 0;
    for (int second = 0; second < 900; second++) {
        int slot = 1 + (int)draw(7.999);
        struct io_pack *pack = &f.in.bays[slot - 1].pack;
        if (second % 20 == 0 && !f.in.bays[slot - 1].present)
            stock(&f, slot, 20);
        else if (draw(1) < 0.1 && f.in.bays[slot - 1].present)
            pack->request_a = draw(150);
        for (int i = 0; i < 10; i++) {
            fixture_plant_step(&f);
            follow_slowly(&f, last_a);
            station_step(&f.station, &f.in, &f.out, &f.actions);
            fixture_collect(&f);
            assert_true(mains_kw(&f) <= cap_kw + 1e-6);
        }
        f.event_count = 0;
        for (int i = 0; i < 8; i++) {
            f.in.bays[i].pack.soc_percent = fmin(f.in.bays[i].pack.soc_percent, 60);
            charged += f.out.bays[i].charge_a > 1;
        }
    }
    assert_true(charged > 3000);
    fixture_free(&f);
}

/* A dead charger is found also where the cap leaves less than the pack wants. */
static void a_cap_hides_no_dead_charger(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 2);
    stock(&f, 1, 50);
    stock(&f, 2, 50);
    f.station.settings.power_cap_kw = 20;
    f.bays[0].charger_dead = true;
    fixture_run(&f, 80);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized in_progress failed");
    assert_false(fixture_fault(&f, FAULT_ChargerNoCurrent, 2));
    fixture_free(&f);
}

/* A command for next to nothing is obeyed, one for nothing is none. */
static void a_tiny_command_is_no_full_pack(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1);
    stock(&f, 1, 96);
    fixture_run(&f, 2);
    struct station_session_request request = {true, 1, "mine", 99, 0};
    assert_string_equal(station_request_session(&f.station, &f.in, &request, &f.actions),
                        "Malformed");
    request.power_kw = 0.2;
    assert_null(station_request_session(&f.station, &f.in, &request, &f.actions));
    fixture_run(&f, 200);
    assert_int_equal(f.station.bays[0].state, BAY_CHARGING);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized in_progress");
    fixture_free(&f);
}

/* Held back by the cap for long is no fault of the charger and no full pack. */
static void a_tiny_share_is_no_fault(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 4);
    for (int slot = 1; slot <= 4; slot++)
        stock(&f, slot, 50);
    f.station.settings.power_cap_kw = 0.5; /* a third of an ampere each */
    fixture_run(&f, 200);
    for (int slot = 1; slot <= 4; slot++) {
        assert_int_equal(f.station.bays[slot - 1].state, BAY_CHARGING);
        assert_false(fixture_fault(&f, FAULT_ChargerNoCurrent, slot));
    }
    fixture_free(&f);
}

/* --- windows --- */

#define MONDAY_US INT64_C(1795392000000000) /* 2026-11-23T00:00:00Z */
#define AT(day, hour, minute)                                                                      \
    (MONDAY_US + (((day)*INT64_C(24) + (hour)) * 60 + (minute)) * INT64_C(60000000))

static bool open_at(const char *windows, int64_t at_us)
{
    struct windows parsed;
    const char *why = NULL;
    assert_int_equal(windows_parse(windows, &parsed, &why), 0);
    return windows_open(&parsed, at_us);
}

static void windows_open_and_close(void **state)
{
    (void)state;
    static const char night[] = "mon-fri 22:00-06:00, sat+sun 0:00-24:00";
    assert_false(open_at(night, AT(0, 5, 59))); /* Sunday's night is not in it */
    assert_true(open_at(night, AT(0, 22, 0)));
    assert_true(open_at(night, AT(1, 5, 59)));
    assert_false(open_at(night, AT(1, 6, 0)));
    assert_false(open_at(night, AT(1, 21, 59)));
    assert_true(open_at(night, AT(5, 5, 59))); /* Friday's night, and Saturday anyway */
    assert_true(open_at(night, AT(6, 12, 0)));
    assert_true(open_at("utc+02:00 22:00-06:00", AT(2, 20, 0)));
    assert_false(open_at("utc+02:00 22:00-06:00", AT(2, 19, 59)));
    assert_false(open_at("utc+02:00 22:00-06:00", AT(2, 4, 0)));
    assert_true(open_at("utc-05:30 mon 00:00-01:00", AT(0, 5, 30)));
    assert_false(open_at("utc-05:30 mon 00:00-01:00", AT(0, 6, 30)));
    assert_true(open_at("utc+10:00 mon 00:00-01:00", AT(-1, 14, 30))); /* Sunday in UTC */
    assert_true(open_at("", AT(2, 12, 0)));
    assert_true(open_at("22:00-06:00", INT64_C(43200000000))); /* 1970: the clock is not set */
}

static void windows_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"x",
                                      "22:00",
                                      "22:00-22:00",
                                      "22:00-25:00",
                                      "22:60-23:00",
                                      "mon22:00-23:00",
                                      "xyz 22:00-23:00",
                                      "22:00-23:00;",
                                      "22:00-23:00,",
                                      ",22:00-23:00",
                                      "22:00-23:00=0.12",
                                      "utc 22:00-23:00",
                                      "utc+15:00 22:00-23:00",
                                      "utc+2 22:00-23:00",
                                      "0:00-0:01,0:02-0:03,0:04-0:05,0:06-0:07,0:08-0:09,0:10-0:11,"
                                      "0:12-0:13,0:14-0:15,0:16-0:17,0:18-0:19,0:20-0:21,0:22-0:23,"
                                      "0:24-0:25,0:26-0:27,0:28-0:29,0:30-0:31,0:32-0:33"};
    struct windows windows = {.count = 7}, before = windows;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        const char *why = NULL;
        assert_int_equal(windows_parse(BAD[i], &windows, &why), -1);
        assert_non_null(strstr(why, "charge_windows"));
        assert_memory_equal(&windows, &before, sizeof windows);
    }
}

static void set(struct fixture *f, const char *key, const char *value)
{
    const char *why = NULL;
    assert_int_equal(settings_set(&f->station.settings, key, value, &why), 0);
}

static int count_charging(const struct fixture *f)
{
    int count = 0;
    for (int i = 0; i < f->station.bay_count; i++)
        count += f->station.bays[i].state == BAY_CHARGING;
    return count;
}

/* The fixture's clock stands in a Saturday forenoon; skew moves it to where the test wants it. */
static void move_clock(struct fixture *f, int64_t at_us)
{
    f->station.skew_us = at_us - f->now_us;
}

static void automatic_charging_waits_for_its_window(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 3);
    for (int slot = 1; slot <= 3; slot++)
        stock(&f, slot, 50);
    set(&f, "charge_windows", "\"22:00-06:00\"");
    move_clock(&f, AT(0, 12, 0));
    fixture_run(&f, 30);
    assert_int_equal(count_charging(&f), 0);
    /* A command knows no windows. */
    struct station_session_request request = {true, 2, "mine", NAN, NAN};
    assert_null(station_request_session(&f.station, &f.in, &request, &f.actions));
    fixture_run(&f, 30);
    assert_int_equal(f.station.bays[1].state, BAY_CHARGING);
    assert_int_equal(count_charging(&f), 1);
    move_clock(&f, AT(0, 22, 0));
    fixture_run(&f, 3);
    assert_int_equal(count_charging(&f), 3);
    /* At its end what began by itself stops, reported, and goes on in the next as a new session. */
    move_clock(&f, AT(1, 6, 0));
    fixture_run(&f, 3);
    assert_int_equal(count_charging(&f), 1);
    assert_int_equal(f.station.bays[1].state, BAY_CHARGING);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized in_progress cancelled");
    assert_string_equal(f.events[f.event_count - 1].data.session.reason,
                        "outside the charge windows");
    fixture_run(&f, 100);
    assert_int_equal(count_charging(&f), 1);
    move_clock(&f, AT(1, 22, 0));
    fixture_run(&f, 3);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized in_progress cancelled requested authorized "
                        "in_progress");
    fixture_free(&f);
}

static void a_low_stock_charges_outside_too(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 6);
    const double socs[] = {97, 50, 80, 80.4, 30, 20}; /* one is READY */
    for (int slot = 1; slot <= 6; slot++)
        stock(&f, slot, socs[slot - 1]);
    set(&f, "charge_windows", "\"22:00-06:00\"");
    set(&f, "min_ready", "3");
    move_clock(&f, AT(0, 12, 0));
    fixture_run(&f, 5);
    assert_int_equal(count_charging(&f), 2); /* two are missing: the fullest, the lower slot */
    assert_int_equal(f.station.bays[2].state, BAY_CHARGING);
    assert_int_equal(f.station.bays[3].state, BAY_CHARGING);
    f.in.bays[1].pack.soc_percent = 90; /* no change of mind for those that charge */
    fixture_run(&f, 5);
    assert_int_equal(f.station.bays[1].state, BAY_IDLE);
    f.in.bays[2].pack.permit = false; /* one cannot charge any more: the next takes its place */
    fixture_run(&f, 5);
    assert_int_equal(f.station.bays[1].state, BAY_CHARGING);
    assert_int_equal(count_charging(&f), 2);
    for (int slot = 2; slot <= 4; slot++)
        f.in.bays[slot - 1].pack.soc_percent = 96;
    fixture_run(&f, 30);
    assert_int_equal(count_charging(&f), 0); /* 1, 2 and 4 are READY: enough */
    assert_int_equal(f.station.bays[4].state, BAY_IDLE);
    fixture_free(&f);
}

/* A pack on CiA 418 that does not say how full it is never charges by itself: it must not keep the
 * place of one that could. */
static void a_pack_of_unknown_charge_is_no_candidate(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 2);
    stock(&f, 1, NAN);
    stock(&f, 2, 50);
    set(&f, "charge_windows", "\"22:00-06:00\"");
    set(&f, "min_ready", "1");
    move_clock(&f, AT(0, 12, 0));
    fixture_run(&f, 5);
    assert_int_equal(f.station.bays[0].state, BAY_IDLE);
    assert_int_equal(f.station.bays[1].state, BAY_CHARGING);
    fixture_free(&f);
}

/* --- sessions --- */

static void every_way_of_a_session_is_told(void **state)
{
    (void)state;
    static struct fixture f;
    /* never started: the contactor does not close */
    fixture_init(&f, 1);
    stock(&f, 1, 50);
    f.bays[0].contactor_stuck = true;
    fixture_run(&f, 5);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text), "requested authorized failed");
    fixture_free(&f);
    /* stopped before anything flowed */
    fixture_init(&f, 1);
    stock(&f, 1, 96);
    fixture_run(&f, 2);
    struct station_session_request request = {true, 1, "mine", 99, 20};
    assert_null(station_request_session(&f.station, &f.in, &request, &f.actions));
    request.start = false;
    assert_null(station_request_session(&f.station, &f.in, &request, &f.actions));
    fixture_run(&f, 5);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized cancelled");
    /* refused: there is no session, the answer says so */
    request = (struct station_session_request){true, 1, "other", 50, NAN};
    assert_string_equal(station_request_session(&f.station, &f.in, &request, &f.actions),
                        "BatterySoC");
    fixture_run(&f, 5);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized cancelled");
    fixture_free(&f);
    /* it fails on its way */
    fixture_init(&f, 1);
    stock(&f, 1, 50);
    fixture_run(&f, 3);
    f.in.bays[0].charger.fault = true;
    fixture_run(&f, 5);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized in_progress failed");
    fixture_free(&f);
}

static void a_maximum_below_the_target_does_not_fit(void **state)
{
    (void)state;
    struct station_settings settings;
    const char *why = NULL;
    settings_default(&settings);
    assert_int_equal(settings_check(&settings, &why), 0);
    assert_int_equal(settings_set(&settings, "max_soc", "80", &why), 0);
    assert_int_equal(settings_check(&settings, &why), -1);
    assert_string_equal(why, "max_soc must not be below target_soc: send both");
    assert_int_equal(settings_set(&settings, "target_soc", "80", &why), 0);
    assert_int_equal(settings_check(&settings, &why), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_max_min_fair),
        cmocka_unit_test(odd_numbers_share_nothing),
        cmocka_unit_test(what_one_cannot_use_the_others_get),
        cmocka_unit_test(the_cap_is_never_exceeded),
        cmocka_unit_test(a_cap_hides_no_dead_charger),
        cmocka_unit_test(a_tiny_command_is_no_full_pack),
        cmocka_unit_test(a_tiny_share_is_no_fault),
        cmocka_unit_test(windows_open_and_close),
        cmocka_unit_test(windows_that_are_none_are_refused),
        cmocka_unit_test(automatic_charging_waits_for_its_window),
        cmocka_unit_test(a_low_stock_charges_outside_too),
        cmocka_unit_test(a_pack_of_unknown_charge_is_no_candidate),
        cmocka_unit_test(every_way_of_a_session_is_told),
        cmocka_unit_test(a_maximum_below_the_target_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

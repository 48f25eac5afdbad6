/* SPDX-License-Identifier: Apache-2.0 */
/* Charging: sessions, set-points, every condition of rule 3, samples at each transition. */
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

static void a_session_runs_from_request_to_completion(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 94);
    assert_int_equal(f.station.bays[0].state, BAY_CHARGING);
    fixture_until_bay(&f, 1, BAY_READY, 300);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized in_progress completed");
    const struct message_charge_session *end = &f.events[f.event_count - 1].data.session;
    assert_string_equal(end->session, "0badcafe-1");
    assert_string_equal(end->bid, "P-1");
    assert_string_equal(end->reason, "target reached");
    assert_near(end->energy_kwh, 0.53, 0.01); /* one percent of 53 kWh */
    assert_false(f.out.bays[0].contactor);
    assert_true(f.in.bays[0].pack.soc_percent >= 95);
    fixture_run(&f, 600); /* and it rests */
    assert_int_equal(f.station.bays[0].state, BAY_READY);
    assert_int_equal(f.station.session_counter, 1);
    fixture_free(&f);
}

static void set_points_are_the_lowest_of_all_limits(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 50);
    const struct io_bay_request *request = &f.out.bays[0];
    assert_near(request->charge_v, 400, 0); /* the pack's wish */
    assert_near(request->charge_a, 100, 0); /* the pack's wish, 36 kW */
    f.in.bays[0].pack.request_a = 200;
    fixture_step(&f);
    assert_near(request->charge_a, 40000 / 360.0, 0.001); /* the bay's 40 kW */
    f.station.bays[0].rating.max_a = 80;
    f.station.bays[0].rating.max_v = 390;
    fixture_step(&f);
    assert_near(request->charge_a, 80, 0);
    assert_near(request->charge_v, 390, 0);
    f.station.settings.power_cap_kw = 18;
    fixture_step(&f);
    assert_near(request->charge_a, 18000 * 0.94 / 360.0, 0.001); /* of the mains, so less here */
    f.in.bays[0].pack.cell_max_v = 4.235; /* 15 mV below the limit of NMC: half the current */
    fixture_step(&f);
    assert_near(request->charge_a, 40, 0.01);
    f.in.bays[0].pack.cell_max_v = 4.25;
    fixture_step(&f);
    assert_near(request->charge_a, 0, 0);
    f.in.bays[0].pack.cell_max_v = 4;
    f.in.bays[0].pack.request_a = NAN; /* who asks for nothing gets nothing */
    fixture_step(&f);
    assert_near(request->charge_a, 0, 0);
    fixture_free(&f);
}

static void bays_share_the_power_cap(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 3);
    f.station.settings.power_cap_kw = 36;
    for (int i = 1; i <= 3; i++) {
        char bid[] = "P-0";
        bid[2] = (char)('0' + i);
        const struct io_pack pack = fixture_pack(bid, 50);
        fixture_put(&f, i, &pack);
    }
    fixture_run(&f, 3);
    for (int i = 0; i < 3; i++)
        assert_near(f.out.bays[i].charge_a, 12000 * 0.94 / 360.0, 0.001);
    fixture_free(&f);
}

static void a_cold_pack_does_not_begin(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1);
    struct io_pack pack = fixture_pack("P-1", 50);
    pack.temp_min_c = -1;
    fixture_put(&f, 1, &pack);
    fixture_run(&f, 10);
    assert_int_equal(f.station.bays[0].state, BAY_IDLE);
    f.in.bays[0].pack.temp_min_c = 1;
    fixture_until_bay(&f, 1, BAY_CHARGING, 1);
    fixture_free(&f);
}

static void commands_start_and_stop_sessions(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 96);
    struct station_session_request request = {true, 1, "mine", 99, 20};
    assert_null(station_request_session(&f.station, &f.in, &request, &f.actions));
    fixture_run(&f, 2);
    assert_int_equal(f.station.bays[0].state, BAY_CHARGING);
    assert_string_equal(f.station.bays[0].charge.session, "mine");
    assert_near(f.out.bays[0].charge_a, 20000 / 360.0, 0.01);
    assert_string_equal(station_request_session(&f.station, &f.in, &request, &f.actions),
                        "Repeated");
    request.session = "other";
    assert_string_equal(station_request_session(&f.station, &f.in, &request, &f.actions), "Busy");
    request.slot = 2;
    assert_string_equal(station_request_session(&f.station, &f.in, &request, &f.actions),
                        "BatteryUnknown");
    request.slot = 3;
    assert_string_equal(station_request_session(&f.station, &f.in, &request, &f.actions),
                        "Malformed");
    struct station_session_request stop = {false, 1, "wrong", NAN, NAN};
    assert_string_equal(station_request_session(&f.station, &f.in, &stop, &f.actions),
                        "BatteryUnknown");
    stop.session = "mine";
    assert_null(station_request_session(&f.station, &f.in, &stop, &f.actions));
    fixture_until_bay(&f, 1, BAY_READY, 2);
    assert_string_equal(fixture_sessions(&f, 1, text, sizeof text),
                        "requested authorized in_progress cancelled");
    request = (struct station_session_request){true, 1, "", 90, NAN};
    assert_string_equal(station_request_session(&f.station, &f.in, &request, &f.actions),
                        "BatterySoC");
    f.station.safe_mode = true;
    request.target_soc_percent = 99;
    assert_string_equal(station_request_session(&f.station, &f.in, &request, &f.actions),
                        "SafetyLock");
    fixture_free(&f);
}

static void a_stopped_pack_is_not_charged_again_by_itself(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 50);
    struct station_session_request stop = {false, 1, "", NAN, NAN};
    assert_null(station_request_session(&f.station, &f.in, &stop, &f.actions));
    fixture_run(&f, 600);
    assert_int_equal(f.station.bays[0].state, BAY_IDLE);
    struct station_session_request start = {true, 1, "", NAN, NAN};
    assert_null(station_request_session(&f.station, &f.in, &start, &f.actions));
    fixture_until_bay(&f, 1, BAY_CHARGING, 1);
    assert_string_equal(f.station.bays[0].charge.session, "0badcafe-2");
    fixture_free(&f);
}

/* --- samples --- */

static void snapshot(const struct fixture *f, struct message_battery *battery)
{
    struct message message;
    message_init(&message, MESSAGE_STATION_INFO);
    assert_int_equal(station_snapshot(&f->station, &f->in, &message, NULL), 0);
    assert_int_equal(message.data.station_info.battery_count, 1);
    *battery = message.data.station_info.batteries[0];
    message_free(&message);
}

/* Steps until a transition; the sample is what the engine would send then. */
static void next_sample(struct fixture *f, struct message_battery *battery)
{
    int before = f->transitions;
    for (int i = 0; i < 36000 && f->transitions == before; i++)
        fixture_step(f);
    assert_true(f->transitions > before);
    snapshot(f, battery);
}

static void there_is_a_sample_at_every_transition(void **state)
{
    (void)state;
    static struct fixture f;
    struct message_battery sample;
    fixture_init(&f, 1);
    const struct io_pack pack = fixture_pack("P-1", 94);
    fixture_put(&f, 1, &pack);
    do /* verification, request */
        next_sample(&f, &sample);
    while (!sample.session[0]);
    assert_string_equal(sample.session, "0badcafe-1"); /* the first: charging, nothing added */
    assert_int_equal(sample.charge, TRI_TRUE);
    assert_near(sample.charge_energy_added_kwh, 0, 0);
    assert_near(sample.charger_power_kw, 0, 0);
    assert_near(sample.outside_temp_c, 20, 0);
    assert_int_equal(sample.charger_phases, 3);
    next_sample(&f, &sample); /* the current has reached its set-point */
    assert_near(sample.charger_power_kw, 36 / 0.95, 0.01);
    assert_near(sample.charger_voltage_v, 230, 0);
    assert_near(sample.charger_current_a, 36 / 0.95 * 1000 / 690, 0.01);
    double added = sample.charge_energy_added_kwh;
    next_sample(&f, &sample); /* last before the switch-off: the power still flows */
    assert_int_equal(sample.charge, TRI_TRUE);
    assert_near(sample.charger_power_kw, 36 / 0.95, 0.01);
    assert_true(sample.charge_energy_added_kwh > added);
    added = sample.charge_energy_added_kwh;
    next_sample(&f, &sample); /* and after */
    assert_int_equal(sample.charge, TRI_FALSE);
    assert_string_equal(sample.session, "0badcafe-1");
    assert_near(sample.charger_power_kw, 0, 0);
    assert_true(sample.charge_energy_added_kwh >= added);
    fixture_step(&f);
    snapshot(&f, &sample);
    assert_string_equal(sample.session, "");
    assert_true(isnan(sample.charge_energy_added_kwh));
    fixture_free(&f);
}

static void a_cut_shows_both_sides_too(void **state)
{
    (void)state;
    static struct fixture f;
    struct message_battery sample;
    charging(&f, 50);
    f.in.emergency_stop = true;
    next_sample(&f, &sample);
    assert_int_equal(sample.charge, TRI_TRUE);
    assert_string_equal(sample.session, "0badcafe-1");
    assert_true(sample.charger_power_kw > 30);
    next_sample(&f, &sample);
    assert_int_equal(sample.charge, TRI_FALSE);
    assert_string_equal(sample.session, "0badcafe-1");
    assert_near(sample.charger_power_kw, 0, 0);
    fixture_free(&f);
}

static void the_counter_never_falls_in_a_session(void **state)
{
    (void)state;
    static struct fixture f;
    charging(&f, 50);
    f.in.bays[0].pack.energy_added_kwh += 5;
    fixture_run(&f, 1);
    double before = f.station.bays[0].charge.energy_kwh;
    assert_true(before > 5);
    f.in.bays[0].pack.energy_added_kwh = 0; /* its electronics restarted */
    fixture_run(&f, 10);
    double after = f.station.bays[0].charge.energy_kwh;
    assert_true(after > before && after < before + 0.2);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_runs_from_request_to_completion),
        cmocka_unit_test(set_points_are_the_lowest_of_all_limits),
        cmocka_unit_test(bays_share_the_power_cap),
        cmocka_unit_test(a_cold_pack_does_not_begin),
        cmocka_unit_test(commands_start_and_stop_sessions),
        cmocka_unit_test(a_stopped_pack_is_not_charged_again_by_itself),
        cmocka_unit_test(there_is_a_sample_at_every_transition),
        cmocka_unit_test(a_cut_shows_both_sides_too),
        cmocka_unit_test(the_counter_never_falls_in_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

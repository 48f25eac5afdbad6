/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of allowed moves, limits and settings, the choice of a battery. */
#include "station_fixture.h"

#include "core/select.h"
#include "core/session.h"

static void moves_are(const struct machine *machine, const char *const *expected)
{
    char text[512];
    for (int from = 0; from < machine->count; from++) {
        snprintf(text, sizeof text, "%s:", machine_state_name(machine, from));
        for (int to = 0; to < machine->count; to++)
            if (machine_allows(machine, from, to))
                snprintf(text + strlen(text), sizeof text - strlen(text), " %s",
                         machine_state_name(machine, to));
        assert_string_equal(text, expected[from]);
    }
}

static void tables_hold_these_moves(void **state)
{
    (void)state;
    static const char *const BAYS[] = {
        "UNKNOWN: EMPTY OPEN IDENTIFY QUARANTINE FAULT MAINTENANCE ESTOP",
        "EMPTY: UNKNOWN OPENING QUARANTINE FAULT MAINTENANCE ESTOP",
        "OPENING: OPEN CLOSING QUARANTINE FAULT MAINTENANCE ESTOP",
        "OPEN: UNKNOWN CLOSING QUARANTINE FAULT MAINTENANCE ESTOP",
        "CLOSING: EMPTY IDENTIFY QUARANTINE FAULT MAINTENANCE ESTOP",
        "IDENTIFY: UNKNOWN IDLE READY QUARANTINE FAULT MAINTENANCE ESTOP",
        "IDLE: UNKNOWN OPENING CHARGING READY QUARANTINE FAULT MAINTENANCE ESTOP",
        "CHARGING: UNKNOWN IDLE READY QUARANTINE FAULT MAINTENANCE ESTOP",
        "READY: UNKNOWN OPENING IDLE CHARGING RESERVED QUARANTINE FAULT MAINTENANCE ESTOP",
        "RESERVED: UNKNOWN OPENING READY QUARANTINE FAULT MAINTENANCE ESTOP",
        "QUARANTINE: UNKNOWN OPENING MAINTENANCE ESTOP",
        "FAULT: UNKNOWN OPENING QUARANTINE MAINTENANCE ESTOP",
        "MAINTENANCE: UNKNOWN ESTOP",
        "ESTOP: UNKNOWN",
    };
    moves_are(&BAY_MACHINE, BAYS);
    static const char *const SESSIONS[] = {
        ": requested",
        "requested: authorized cancelled failed",
        "authorized: in_progress cancelled failed",
        "in_progress: completed cancelled failed",
        "completed: requested",
        "cancelled: requested",
        "failed: requested",
    };
    moves_are(&SESSION_MACHINE, SESSIONS);
    static const char *const PHASES[] = {
        "off: closing",           "closing: off running opening",
        "running: off ramp_down", "ramp_down: off opening",
        "opening: off",
    };
    moves_are(&CHARGE_MACHINE, PHASES);
    static const char *const SWAPS[] = {
        "idle: securing",
        "securing: idle gate_opening ending",
        "gate_opening: idle arriving ending",
        "arriving: idle return_opening dispense_opening ending",
        "return_opening: idle returning ending",
        "returning: idle return_closing ending",
        "return_closing: idle identifying dispense_opening ending",
        "identifying: idle return_opening dispense_opening ending leaving",
        "dispense_opening: idle return_opening dispense_opening offering ending",
        "offering: idle dispense_closing ending",
        "dispense_closing: idle return_opening dispense_opening ending leaving",
        "ending: idle leaving",
        "leaving: idle gate_closing",
        "gate_closing: idle leaving",
    };
    moves_are(&SWAP_MACHINE, SWAPS);
}

static void defaults_are_those_of_the_design(void **state)
{
    (void)state;
    struct station_limits limits;
    limits_default(&limits);
    assert_near(limits.frames_stale_s, 1, 0);
    assert_near(limits.current_stop_s, 0.1, 0);
    assert_near(limits.contactor_s, 0.2, 0);
    assert_near(limits.door_current_a, 1, 0);
    assert_near(limits.lock_s, 2, 0);
    assert_near(limits.door_s, 5, 0);
    assert_near(limits.gate_s, 15, 0);
    assert_near(limits.motion_tries, 3, 0);
    assert_near(limits.arrival_s, 300, 0);
    assert_near(limits.taken_s, 120, 0);
    assert_near(limits.swap_s, 300, 0);
    assert_near(limits.pack_stop_c, 60, 0);
    assert_near(limits.pack_resume_c, 50, 0);
    assert_near(limits.pack_cold_c, 0, 0);
    assert_near(limits.sensor_stale_s, 5, 0);
    assert_near(limits.no_current_s, 60, 0);
    assert_near(limits_cell_max_v(&limits, IO_CHEMISTRY_LFP), 3.65, 0);
    assert_near(limits_cell_max_v(&limits, IO_CHEMISTRY_NMC), 4.25, 0);
    assert_near(limits_cell_max_v(&limits, IO_CHEMISTRY_LTO), 2.85, 0);
    assert_near(limits_cell_max_v(&limits, IO_CHEMISTRY_UNKNOWN), 2.85, 0);
}

static void settings_take_only_sensible_values(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        int code;
    } CASES[] = {
        {"target_soc", "80", 0},
        {"target_soc", "9", -1},
        {"target_soc", "101", -1},
        {"target_soc", "\"80\"", -1},
        {"target_soc", "", -1},
        {"target_soc", "nan", -1},
        {"max_soc", "90.5", 0},
        {"min_soh", "60", 0},
        {"power_cap_kw", "-1", -1},
        {"power_cap_kw", "120", 0},
        {"soc_hysteresis", "51", -1},
        {"resume_charge", "\"auto\"", 0},
        {"resume_charge", "\"x\"", -1},
        {"swap_order", "\"in-out\"", 0},
        {"swap_order", "out-in", 0},
        {"swap_order", "\"out\"", -1},
        {"swap_order", "\"", -1},
        {"swap_order", "", -1},
        {"locked.1", "[\"P-1\",\"P-2\"]", 0},
        {"locked.16", "[]", 0},
        {"locked.1", "\"P-1\"", -1},
        {"locked.1", "[1]", -1},
        {"locked.1", "[\"\"]", -1},
        {"locked.0", "[]", 1},
        {"locked.17", "[]", 1},
        {"locked.1x", "[]", 1},
        {"min_ready", "3", 0},
        {"min_ready", "65", -1},
        {"charge_windows", "\"mon-fri 22:00-06:00, sat+sun 00:00-24:00\"", 0},
        {"charge_windows", "\"\"", 0},
        {"charge_windows", "\"22:00\"", -1},
        {"charge_windows", "7", -1},
        {"charge_windows", "[]", -1},
        {"price", "0.25", 1},
        {"", "1", 1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct station_settings settings, before;
        const char *why = NULL;
        settings_default(&settings);
        before = settings;
        int code = settings_set(&settings, CASES[i].key, CASES[i].value, &why);
        assert_int_equal(code, CASES[i].code);
        if (code)
            assert_memory_equal(&settings, &before, sizeof settings);
        if (code < 0)
            assert_non_null(strstr(why, CASES[i].key));
    }
}

/* One rule a row: what is changed about which pack, which slot is chosen then. */
static void the_best_ready_battery_is_chosen(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    struct core_step step = {&f.station, &f.in, &f.actions};
    struct select_wish wish = {"", "r", "CAR-1", NAN, 0};
    assert_int_equal(select_ready(&step, &wish), 2); /* healthiest */
    f.in.bays[1].pack.soh_percent = 95.9;            /* the same whole percent as the others */
    f.in.bays[2].pack.cycles = 99;
    assert_int_equal(select_ready(&step, &wish), 3); /* least used */
    f.in.bays[2].pack.cycles = 100;
    assert_int_equal(select_ready(&step, &wish), 1); /* lowest slot */
    wish.rated_v = 48;
    assert_int_equal(select_ready(&step, &wish), 0); /* wrong type */
    f.in.bays[2].pack.rated_v = 50;
    assert_int_equal(select_ready(&step, &wish), 3);
    wish.rated_v = NAN;
    for (int i = 0; i < 3; i++)
        f.in.bays[i].pack.soh_percent = 60;
    assert_int_equal(select_ready(&step, &wish), 0); /* below min_soh */
    wish.battery = "P-1";
    assert_string_equal(select_refusal(&step, &wish), "BatterySoHLow");
    wish.battery = "P-4";
    assert_string_equal(select_refusal(&step, &wish), "BatterySoC");
    wish.battery = "P-9";
    assert_string_equal(select_refusal(&step, &wish), "BatteryUnknown");
    assert_int_equal(select_free_bay(&step), 5);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_hold_these_moves),
        cmocka_unit_test(defaults_are_those_of_the_design),
        cmocka_unit_test(settings_take_only_sensible_values),
        cmocka_unit_test(the_best_ready_battery_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

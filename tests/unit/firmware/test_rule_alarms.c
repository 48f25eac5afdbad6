/* SPDX-License-Identifier: Apache-2.0 */
/* Rules 1, 5 and 7 of the hardware model, broken on the simulated plant: alarms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "firmware/rule_case.h"

#define STRIKES "when charging bay=3 after=7.333: "

static bool outputs_safe_and_loud(const struct rule_rig *rig)
{
    return plant_outputs_safe(rig) && rig->world->requests.siren;
}

static bool smoke_reaction(const struct rule_rig *rig)
{
    return outputs_safe_and_loud(rig) && rig->world->requests.exhaust;
}

/* Rule 5: all chargers off, power cut, exhaust on, the suspect bay (1) shut. */
static bool thermal_reaction(const struct rule_rig *rig)
{
    const struct io_requests *asked = &rig->world->requests;
    bool on = asked->charge_enable || !asked->exhaust || !asked->siren;
    for (int i = 0; i < 4; i++)
        on |= asked->bays[i].charger_on;
    return !on && rig_bay(rig, 1)->state == BAY_QUARANTINE && rig->world->bays[0].door == 0 &&
           rig->world->bays[0].lock == 1;
}

static bool bay_3_is_out(const struct rule_rig *rig)
{
    return plant_no_current(rig) && rig_bay(rig, 3)->state == BAY_FAULT;
}

static const struct rule_case CASES[] = {
    {.rule = "1: emergency stop, outputs safe within 50 ms",
     .script = STRIKES "emergency_stop for=20",
     .reacted = outputs_safe_and_loud,
     .most_s = 0.05,
     .fault = FAULT_EmergencyStop,
     .holds_s = 60}, /* latched */
    {.rule = "1: smoke in the station, outputs safe within 50 ms",
     .script = STRIKES "smoke for=20",
     .reacted = smoke_reaction,
     .most_s = 0.05,
     .fault = FAULT_Smoke,
     .holds_s = 60},
    {.rule = "1: residual current, outputs safe within 50 ms",
     .script = STRIKES "residual_current for=20",
     .reacted = outputs_safe_and_loud,
     .most_s = 0.05,
     .fault = FAULT_ResidualCurrent,
     .holds_s = 60},
    {.rule = "1: emergency stop while a door opens",
     .script = "when door_opening bay=4 after=1.017: emergency_stop",
     .swap = true,
     .reacted = outputs_safe_and_loud,
     .most_s = 0.05,
     .fault = FAULT_EmergencyStop,
     .holds_s = 60,
     .reason = "interrupted: emergency"},
    {.rule = "1: emergency stop while the gate opens",
     .script = "when gate_opening after=2.213: emergency_stop",
     .swap = true,
     .reacted = outputs_safe_and_loud,
     .most_s = 0.05,
     .fault = FAULT_EmergencyStop,
     .holds_s = 60,
     .reason = "interrupted: emergency"},
    {.rule = "1, default: current at most 5 A 100 ms after an emergency stop",
     .script = STRIKES "emergency_stop",
     .reacted = plant_no_current,
     .most_s = 0.15,
     .fault = FAULT_EmergencyStop},
    {.rule = "5: smoke in a bay, all chargers off within 50 ms",
     .script = STRIKES "smoke bay=1 for=20",
     .reacted = thermal_reaction,
     .most_s = 0.05,
     .fault = FAULT_ThermalEvent,
     .slot = 1,
     .holds_s = 120}, /* latched: a person resets it */
    {.rule = "5: a pack that heats by more than 1 K/s for 3 s",
     .script = STRIKES "hot_cell bay=1 value=1.3 for=10",
     .reacted = thermal_reaction,
     .least_s = 3,
     .most_s = 5,
     .fault = FAULT_ThermalEvent,
     .slot = 1,
     .holds_s = 120},
    {.rule = "7: station inputs stale for 5 s are an emergency",
     .script = STRIKES "station_silent",
     .reacted = plant_outputs_safe,
     .least_s = 5,
     .most_s = 5.2,
     .fault = FAULT_StationSensorStale,
     .holds_s = 30},
    {.rule = "7: bay inputs stale for 5 s take the bay out",
     .script = STRIKES "sensors_frozen bay=3",
     .reacted = bay_3_is_out,
     .least_s = 4.9,
     .most_s = 5.3,
     .fault = FAULT_SensorStale,
     .slot = 3,
     .holds_s = 30},
    {.rule = "7: open circuit of the bay's temperature sensor",
     .script = STRIKES "bay_temp bay=3",
     .reacted = bay_3_is_out,
     .most_s = 0.3,
     .fault = FAULT_BayTemperature,
     .slot = 3,
     .holds_s = 30},
    {.rule = "7: short circuit of the bay's temperature sensor",
     .script = STRIKES "bay_temp bay=3 value=126",
     .reacted = bay_3_is_out,
     .most_s = 0.3,
     .fault = FAULT_BayTemperature,
     .slot = 3,
     .holds_s = 30},
    {.rule = "7: ambient temperature out of range stops all charging",
     .script = STRIKES "ambient value=-41",
     .reacted = plant_no_current,
     .most_s = 0.3,
     .fault = FAULT_SensorImplausible,
     .holds_s = 30},
    {.rule = "7: pack temperature out of range",
     .script = STRIKES "pack_temp bay=3 value=-60",
     .reacted = plant_no_current,
     .most_s = 0.3,
     .fault = FAULT_OverTemperature,
     .slot = 3,
     .holds_s = 30},
    {.rule = "7: state of charge outside 0 to 100 %",
     .script = STRIKES "pack_soc bay=3",
     .reacted = plant_no_current,
     .most_s = 0.3,
     .fault = FAULT_PackImplausible,
     .slot = 3,
     .holds_s = 30},
    {.rule = "3: water stops all charging",
     .script = STRIKES "water",
     .reacted = plant_no_current,
     .most_s = 0.3,
     .fault = FAULT_Water,
     .holds_s = 30},
    {.rule = "3: without mains nothing is asked to charge",
     .script = STRIKES "mains_lost",
     .reacted = plant_no_current,
     .most_s = 0.3,
     .fault = FAULT_MainsLost,
     .holds_s = 30},
};

static void alarms_have_their_reaction_in_time(void **state)
{
    (void)state;
    rule_check_all(CASES);
}

/* 0.8 K/s is no event, however long; nor is 2 K/s for two seconds. */
static void slow_or_short_heating_is_no_thermal_event(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL,
             "at 20: hot_cell bay=1 value=0.8 for=20\nat 120: hot_cell bay=2 value=2 for=2\n");
    rig_start(&rig);
    for (int i = 0; i < 150; i++) {
        rig_run(&rig, 1);
        assert_false(rig_has(&rig, FAULT_ThermalEvent, 1) || rig_has(&rig, FAULT_ThermalEvent, 2));
    }
    rig_close(&rig);
}

/* Rule 5: manual reset only, and only with its cause gone; then the station serves again. */
static void a_person_ends_a_latched_alarm(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        enum fault_code fault;
        int slot;
    } ALARMS[] = {{"at 20: smoke bay=1 for=60\n", FAULT_ThermalEvent, 1},
                  {"at 20: smoke for=60\n", FAULT_Smoke, 0},
                  {"at 20: emergency_stop for=60\n", FAULT_EmergencyStop, 0},
                  {"at 20: residual_current for=60\n", FAULT_ResidualCurrent, 0}};
    for (size_t i = 0; i < sizeof ALARMS / sizeof *ALARMS; i++) {
        static struct rule_rig rig;
        rig_open(&rig, NULL, ALARMS[i].script);
        rig_start(&rig);
        rig_run(&rig, 40);
        assert_true(rig_has(&rig, ALARMS[i].fault, ALARMS[i].slot));
        engine_acknowledge(rig.engine);
        rig_run(&rig, 10);
        assert_true(rig_has(&rig, ALARMS[i].fault, ALARMS[i].slot)); /* it still smokes */
        rig_run(&rig, 600);
        assert_true(rig_has(&rig, ALARMS[i].fault, ALARMS[i].slot));
        engine_acknowledge(rig.engine);
        rig_run(&rig, 100);
        assert_false(rig_has(&rig, ALARMS[i].fault, ALARMS[i].slot));
        assert_true(plant_charges(&rig));
        rig_swap(&rig, "c1", "VEH-1", "");
        rig_run(&rig, 400);
        assert_string_equal(rig.outcome, "done");
        rig_close(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alarms_have_their_reaction_in_time),
        cmocka_unit_test(slow_or_short_heating_is_no_thermal_event),
        cmocka_unit_test(a_person_ends_a_latched_alarm),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

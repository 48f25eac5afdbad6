/* SPDX-License-Identifier: Apache-2.0 */
/* Rule 3 of the hardware model and the defaults of charging, broken on the simulated plant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "firmware/rule_case.h"

#define STRIKES "when charging bay=3 after=7.333: "
#define LFP     "nmc:97 lfp:98 lfp:50 empty"

static bool session_failed(const struct rule_rig *rig)
{
    return rig_bay(rig, 3)->charge.status == SESSION_FAILED && plant_no_current(rig);
}

static bool pack_is_out(const struct rule_rig *rig)
{
    return rig_bay(rig, 3)->state == BAY_FAULT && plant_no_current(rig);
}

static bool in_quarantine(const struct rule_rig *rig)
{
    return rig_bay(rig, 3)->state == BAY_QUARANTINE && plant_no_current(rig);
}

static bool charger_fault_told(const struct rule_rig *rig)
{
    return rig_has(rig, FAULT_ChargerSilent, 3) && plant_no_current(rig);
}

static bool bay_3_is_idle(const struct rule_rig *rig)
{
    return rig_bay(rig, 3)->state == BAY_IDLE && plant_no_current(rig);
}

static void lfp_only(struct engine_options *options)
{
    options->chemistries = UINT32_C(1) << IO_CHEMISTRY_LFP;
}

static const struct rule_case CASES[] = {
    {.rule = "3, default: charger frames older than 1 s stop charging",
     .script = STRIKES "charger_silent bay=3",
     .reacted = plant_no_current,
     .least_s = 1,
     .most_s = 1.4,
     .fault = FAULT_COUNT,
     .holds_s = 60},
    {.rule = "7: a charger silent for 5 s is a fault",
     .script = STRIKES "charger_silent bay=3",
     .reacted = charger_fault_told,
     .least_s = 5,
     .most_s = 5.3,
     .fault = FAULT_ChargerSilent,
     .slot = 3,
     .holds_s = 60},
    {.rule = "3: a charger without power",
     .script = STRIKES "charger_offline bay=3",
     .reacted = session_failed,
     .most_s = 0.5,
     .fault = FAULT_COUNT,
     .holds_s = 60},
    {.rule = "3, default: pack frames older than 1 s stop charging",
     .script = STRIKES "pack_silent bay=3",
     .reacted = plant_no_current,
     .least_s = 1,
     .most_s = 1.4,
     .fault = FAULT_COUNT,
     .holds_s = 60},
    {.rule = "7: a pack silent for 5 s takes its bay out",
     .script = STRIKES "pack_silent bay=3",
     .reacted = pack_is_out,
     .least_s = 5,
     .most_s = 5.3,
     .fault = FAULT_PackSilent,
     .slot = 3,
     .holds_s = 60},
    {.rule = "3: the bus of all bays is off",
     .script = STRIKES "bus_off",
     .reacted = plant_no_current,
     .least_s = 1,
     .most_s = 1.4,
     .fault = FAULT_COUNT,
     .holds_s = 60},
    {.rule = "3: the charger reports a fault",
     .script = STRIKES "charger_fault bay=3",
     .reacted = session_failed,
     .most_s = 0.5,
     .fault = FAULT_ChargerFault,
     .slot = 3,
     .holds_s = 60},
    {.rule = "default: charger online without current for 60 s",
     .script = STRIKES "charger_dead bay=3",
     .reacted = session_failed,
     .least_s = 60,
     .most_s = 61,
     .fault = FAULT_ChargerNoCurrent,
     .slot = 3},
    {.rule = "3: the pack does not permit charging any more",
     .script = STRIKES "no_permit bay=3",
     .reacted = session_failed,
     .most_s = 0.5,
     .fault = FAULT_COUNT,
     .holds_s = 60},
    {.rule = "3: it is not the identified pack",
     .script = STRIKES "wrong_serial bay=3",
     .reacted = plant_no_current,
     .most_s = 0.4,
     .fault = FAULT_COUNT},
    {.rule = "3: a chemistry that is not permitted",
     .script = "at 0: water for=1",
     .reacted = in_quarantine,
     .most_s = 5,
     .fault = FAULT_PackType,
     .slot = 3,
     .holds_s = 60,
     .tune = lfp_only},
    {.rule = "default: a pack of 60 °C stops charging",
     .script = STRIKES "pack_temp bay=3 value=60",
     .reacted = session_failed,
     .most_s = 0.4,
     .fault = FAULT_OverTemperature,
     .slot = 3,
     .holds_s = 60},
    {.rule = "default: a pack below 0 °C is not charged",
     .script = "at 0: pack_temp bay=3 value=-0.5",
     .reacted = bay_3_is_idle,
     .most_s = 5,
     .fault = FAULT_COUNT,
     .holds_s = 120},
    {.rule = "default: an NMC cell above 4.25 V stops charging",
     .script = STRIKES "cell_voltage bay=3 value=4.28",
     .reacted = session_failed,
     .most_s = 0.4,
     .fault = FAULT_CellOverVoltage,
     .slot = 3,
     .holds_s = 60},
    {.rule = "default: an LFP cell above 3.65 V stops charging",
     .script = STRIKES "cell_voltage bay=3 value=3.68",
     .packs = LFP,
     .reacted = session_failed,
     .most_s = 0.4,
     .fault = FAULT_CellOverVoltage,
     .slot = 3,
     .holds_s = 60},
    {.rule = "default: at the cell's limit nothing is asked for",
     .script = STRIKES "cell_voltage bay=3 value=3.651",
     .packs = LFP,
     .reacted = plant_no_current,
     .most_s = 0.4,
     .fault = FAULT_COUNT,
     .holds_s = 30},
};

static void charging_ends_in_time_when_a_condition_is_lost(void **state)
{
    (void)state;
    rule_check_all(CASES);
}

/* Stops at 60 °C, does not resume at 55, resumes below 50. */
static void a_hot_pack_waits_until_it_is_cool(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL,
             "at 30: pack_temp bay=3 value=61 for=20\nat 50: pack_temp bay=3 value=51 for=400\n");
    rig_start(&rig);
    rig_run(&rig, 29);
    assert_true(plant_charges(&rig));
    rig_run(&rig, 2);
    for (int i = 0; i < 410; i++, rig_run(&rig, 1))
        assert_true(plant_no_current(&rig));
    rig_run(&rig, 60);
    assert_true(plant_charges(&rig));
    rig_close(&rig);
}

/* Cold is refused at the beginning; what is charging already warms itself. */
static void a_cold_pack_that_charges_goes_on(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL, "at 30: pack_temp bay=3 value=-2 for=60\n");
    rig_start(&rig);
    rig_run(&rig, 60);
    assert_true(plant_charges(&rig));
    rig_close(&rig);
}

/* A failed charge comes back as a new session, later and later; a fault that ended lets it. */
static void charging_comes_back_as_a_new_session(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL, "at 30: bus_off for=20\n");
    rig_start(&rig);
    rig_run(&rig, 29);
    char first[65];
    snprintf(first, sizeof first, "%s", rig_bay(&rig, 3)->charge.session);
    assert_true(plant_charges(&rig));
    rig_run(&rig, 15);
    assert_true(plant_no_current(&rig));
    rig_run(&rig, 100);
    assert_true(plant_charges(&rig));
    assert_string_not_equal(rig_bay(&rig, 3)->charge.session, first);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charging_ends_in_time_when_a_condition_is_lost),
        cmocka_unit_test(a_hot_pack_waits_until_it_is_cool),
        cmocka_unit_test(a_cold_pack_that_charges_goes_on),
        cmocka_unit_test(charging_comes_back_as_a_new_session),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: raised and cleared with time, latched, coalesced; and their table for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "core/fault.h"
#include "core/fault_list.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static struct station_limits limits;
static struct faults faults;
static struct station_actions actions;

static int set_up(void **state)
{
    (void)state;
    limits_default(&limits);
    memset(&faults, 0, sizeof faults);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    actions_free(&actions);
    return 0;
}

static void set(enum fault_code code, int slot, bool cause, double at_s)
{
    fault_set(&faults, code, slot, cause, limits_us(at_s), &limits, &actions);
}

static void a_fault_has_a_beginning_and_an_end(void **state)
{
    (void)state;
    set(FAULT_Water, 0, true, 1);
    assert_int_equal(actions.count, 1);
    assert_true(actions.events[0].data.fault.active && actions.intent_changed);
    set(FAULT_Water, 0, false, 2);
    set(FAULT_Water, 0, false, 6.9);
    assert_true(fault_active(&faults, FAULT_Water, 0)); /* held for 5 s */
    set(FAULT_Water, 0, false, 7);
    assert_int_equal(actions.count, 2);
    const struct message_fault *end = &actions.events[1].data.fault;
    assert_false(end->active);
    assert_int_equal(end->count, 1);
    assert_int_equal(end->since.us, 1000000);
    assert_string_equal(end->code, "Water");
    assert_string_equal(end->severity, "error");
    assert_int_equal(end->bay, MESSAGE_ABSENT);
    assert_int_equal(faults.count, 0);
}

/* Cause for 1 s, gone for 6 s, again and again for an hour: longer gone than the hold time. */
static void a_flapping_fault_is_one_with_a_count(void **state)
{
    (void)state;
    double at_s = 1;
    for (; at_s < 3600; at_s += 7) {
        set(FAULT_SensorStale, 2, true, at_s);
        for (int i = 1; i <= 6; i++)
            set(FAULT_SensorStale, 2, false, at_s + i);
    }
    assert_int_equal(actions.count, 3); /* begun, ended once, begun again, and that is it */
    assert_true(fault_active(&faults, FAULT_SensorStale, 2));
    assert_true(faults.list[0].count > 500);
    set(FAULT_SensorStale, 2, false, at_s + 290);
    assert_true(fault_active(&faults, FAULT_SensorStale, 2));
    set(FAULT_SensorStale, 2, false, at_s + 301);
    assert_int_equal(actions.count, 4);
    assert_false(fault_active(&faults, FAULT_SensorStale, 2));
    /* calm for longer than that: it begins anew; another bay's was never the same */
    set(FAULT_SensorStale, 2, true, at_s + 700);
    set(FAULT_SensorStale, 3, true, at_s + 700);
    assert_int_equal(faults.list[0].count, 1);
    assert_int_equal(faults.list[1].count, 1);
}

static void a_latched_fault_needs_a_person(void **state)
{
    (void)state;
    set(FAULT_ThermalEvent, 3, true, 1);
    fault_reset(&faults, -1, 2000000, &actions); /* the cause is still there */
    assert_true(fault_active(&faults, FAULT_ThermalEvent, 3));
    set(FAULT_ThermalEvent, 3, false, 3);
    set(FAULT_ThermalEvent, 3, false, 900);
    assert_true(fault_active(&faults, FAULT_ThermalEvent, 3));
    fault_reset(&faults, 2, 900000000, &actions); /* another bay's */
    assert_true(fault_active(&faults, FAULT_ThermalEvent, 3));
    fault_reset(&faults, 3, 900000000, &actions);
    assert_false(fault_active(&faults, FAULT_ThermalEvent, 3));
    assert_int_equal(actions.count, 2);
}

/* A person has mended what flapped: the bay need not wait five minutes. */
static void a_reset_ends_what_is_only_held(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        set(FAULT_SensorStale, 1, i % 2 == 0, i);
    set(FAULT_Water, 0, true, 8);
    fault_reset(&faults, -1, 8000000, &actions);
    assert_false(fault_active(&faults, FAULT_SensorStale, 1));
    assert_true(fault_active(&faults, FAULT_Water, 0));
    set(FAULT_SensorStale, 1, true, 9);
    assert_int_equal(faults.list[1].count, 1); /* and it counts anew */
}

static void is_sentence(const char *text)
{
    size_t length = strlen(text);
    if (length < 8 || !isupper((unsigned char)text[0]) || !strchr(".?", text[length - 1]))
        fail_msg("not a sentence: %s", text);
}

static void every_row_says_what_a_person_needs(void **state)
{
    (void)state;
    for (int code = 0; code < FAULT_COUNT; code++) {
        const struct fault_kind *kind = fault_kind((enum fault_code)code);
        bool severe = strcmp(kind->severity, "critical") == 0;
        assert_true(severe || strcmp(kind->severity, "error") == 0 ||
                    strcmp(kind->severity, "warning") == 0);
        assert_int_equal(fault_find(kind->name), code);
        is_sentence(kind->cause);
        is_sentence(kind->does);
        is_sentence(kind->check);
        /* An emergency is the station's; a bay's suspect pack is the bay's. */
        assert_true(kind->effect != FAULT_EMERGENCY || kind->of == FAULT_OF_STATION);
        assert_true(kind->effect != FAULT_QUARANTINES || kind->of == FAULT_OF_BAY);
    }
}

/* hardware.md: emergency stop, smoke and thermal events are latched; what does not move is, too. */
static void latched_are_those_that_need_a_person(void **state)
{
    (void)state;
    static const char *const LATCHED[] = {
        "EmergencyStop", "Smoke",          "ResidualCurrent",    "GateFault",
        "ThermalEvent",  "PackType",       "DuplicateSerial",    "LockFault",
        "DoorFault",     "ContactorFault", "CurrentUncontrolled"};
    int count = 0;
    for (int code = 0; code < FAULT_COUNT; code++)
        count += fault_is_latched((enum fault_code)code);
    assert_int_equal(count, sizeof LATCHED / sizeof *LATCHED);
    for (size_t i = 0; i < sizeof LATCHED / sizeof *LATCHED; i++)
        assert_true(fault_is_latched(fault_find(LATCHED[i])));
}

static void the_page_is_the_table(void **state)
{
    (void)state;
    struct strbuf page = STRBUF_INIT, shipped = STRBUF_INIT;
    fault_list(&page);
    FILE *in = fopen(SOURCE_DIR "/docs/faults.md", "r");
    assert_non_null(in);
    char part[4096];
    for (size_t got = 0; (got = fread(part, 1, sizeof part, in)) > 0;)
        strbuf_append(&shipped, part, got);
    (void)fclose(in);
    assert_string_equal(strbuf_text(&shipped), strbuf_text(&page));
    strbuf_free(&page);
    strbuf_free(&shipped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_fault_has_a_beginning_and_an_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flapping_fault_is_one_with_a_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_latched_fault_needs_a_person, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reset_ends_what_is_only_held, set_up, tear_down),
        cmocka_unit_test(every_row_says_what_a_person_needs),
        cmocka_unit_test(latched_are_those_that_need_a_person),
        cmocka_unit_test(the_page_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

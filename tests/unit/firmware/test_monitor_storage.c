/* SPDX-License-Identifier: Apache-2.0 */
/* What comes while the journal has no space, and could not be stored: it is stored later. */
#include "firmware/monitor_fixture.h"

/* The results said from here on, "type outcome lane;" each, until there has been time to store. */
static const char *results(struct fixture *fx, char *to, size_t size)
{
    size_t used = 0;
    pass(fx, 80 * SECOND);
    to[0] = '\0';
    for (cJSON *result; (result = said(fx, 19)) != NULL;)
        used += (size_t)snprintf(to + used, size - used, "%d %s %s;",
                                 (int)number_at(result, "data.type"),
                                 text_at(result, "data.outcome"), text_at(result, "lane"));
    return to;
}

/* The swap is under way: "refused" would be a lie, and its command must not stay open. */
static void test_an_accepted_swap_is_not_called_refused(void **state)
{
    struct fixture *fx = ready(state);
    char text[256];
    order(fx, 1, "{\"user\":\"u\",\"vehicle\":\"v\"}", "c1");
    cJSON *request = asked(fx, "charge_request");
    journal_memory_set_full(fx->store, true);
    answer(fx, "charge_response", request, NULL);
    assert_string_equal(results(fx, text, sizeof(text)), "");
    journal_memory_set_full(fx->store, false);
    assert_string_equal(results(fx, text, sizeof(text)), "1 accepted event;");
}

static void test_a_refusal_and_a_reservation_are_stored_later(void **state)
{
    struct fixture *fx = ready(state);
    char text[256];
    order(fx, 1, "{\"user\":\"u\",\"vehicle\":\"v\"}", "c1");
    cJSON *request = asked(fx, "charge_request");
    order(fx, 37, "{\"requestId\":\"r\",\"user\":\"u\",\"until\":\"2026-11-21T10:00:00Z\"}", "c2");
    cJSON *reserve = asked(fx, "reserve_request");
    assert_non_null(reserve);
    journal_memory_set_full(fx->store, true);
    answer(fx, "charge_response", request, "NoBatteryAvailable");
    answer(fx, "reserve_response", reserve, NULL);
    journal_memory_set_full(fx->store, false);
    assert_string_equal(results(fx, text, sizeof(text)), "1 refused telemetry;37 done event;");
    struct journal_command open;
    assert_int_equal(fx->journal.ops->next_open_command(fx->journal.self, 0, &open, NULL),
                     ERR_NOT_FOUND);
}

static void go_offline(struct fixture *fx, const char *id)
{
    order(fx, 4, "{\"seconds\":10}", id);
    pass(fx, 8 * SECOND);
    assert_true(fx->offline);
}

static void come_back(struct fixture *fx)
{
    pass(fx, 12 * SECOND);
    assert_false(fx->offline);
    broker_up(fx);
}

static void test_both_of_two_disconnections_end(void **state)
{
    struct fixture *fx = ready(state);
    char text[256];
    go_offline(fx, "c1");
    journal_memory_set_full(fx->store, true);
    come_back(fx); /* the end cannot be stored */
    journal_memory_set_full(fx->store, false);
    fx->journal.ops->recover(fx->journal.self);
    go_offline(fx, "c2");
    come_back(fx);
    (void)results(fx, text, sizeof(text));
    assert_non_null(strstr(text, "4 done event;"));
    assert_non_null(strstr(strstr(text, "4 done event;") + 1, "4 done event;"));
}

static void test_acknowledged_rows_go_when_there_is_space(void **state)
{
    struct fixture *fx = ready(state);
    struct journal_totals totals;
    fx->acks = false;
    engine_event(fx, 1, 1, "A");
    pass(fx, 2 * SECOND);
    journal_memory_set_full(fx->store, true);
    bridge_takes_all(fx);
    pass(fx, SECOND);
    fx->journal.ops->totals(fx->journal.self, &totals);
    assert_true(totals.rows[0] > 0);
    broker_down(fx); /* nobody says it again */
    journal_memory_set_full(fx->store, false);
    pass(fx, 70 * SECOND);
    struct journal_row row;
    while (fx->journal.ops->next_row(fx->journal.self, LANE_EVENT, 0, 0, &row, NULL) == 0 &&
           strstr(row.payload, "\"code\":\"A\""))
        fail_msg("the row is still there: %.*s", (int)row.length, row.payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MONITOR_TEST(test_an_accepted_swap_is_not_called_refused),
        MONITOR_TEST(test_a_refusal_and_a_reservation_are_stored_later),
        MONITOR_TEST(test_both_of_two_disconnections_end),
        MONITOR_TEST(test_acknowledged_rows_go_when_there_is_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

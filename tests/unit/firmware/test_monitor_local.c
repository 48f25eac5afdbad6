/* SPDX-License-Identifier: Apache-2.0 */
/* The authorisation list in the monitor's journal, and swaps that a driver's token starts. */
#include "monitor_fixture.h"

#include "monitor/authlist.h"

/* One page of a list as a command with an id. */
static void push(struct fixture *fx, int64_t version, int64_t page, int64_t pages,
                 const char *tokens, const char *id)
{
    char data[512];
    snprintf(data, sizeof data,
             "{\"version\":%" PRId64 ",\"page\":%" PRId64 ",\"pages\":%" PRId64 ",\"tokens\":[%s]}",
             version, page, pages, tokens);
    order(fx, 40, data, id);
}

/* "VERSION COUNT" of the echo in a fresh STATION_INFO; "" when there is none. */
static const char *echo(struct fixture *fx)
{
    static char text[64];
    look_away(fx);
    order(fx, 2, NULL, NULL);
    const cJSON *info = said(fx, 0);
    assert_non_null(info);
    const cJSON *entry = at(info, "data.station.config.auth_list");
    text[0] = '\0';
    if (entry)
        snprintf(text, sizeof text, "%" PRId64 " %" PRId64, number_at(entry, "version"),
                 number_at(entry, "value"));
    pass(fx, 2 * SECOND);
    look_away(fx);
    return text;
}

static void present(struct fixture *fx, const char *token, const char *vehicle)
{
    static int number;
    engine_says(fx,
                "{\"type\":\"token_presented\",\"message_id\":\"token-%d\",\"token\":\"%s\","
                "\"vehicle_id\":\"%s\"}",
                ++number, token, vehicle);
    pass(fx, 10000);
}

/* Whether the station would let this token swap; leaves no swap behind. */
static bool lets(struct fixture *fx, const char *token)
{
    look_away(fx);
    present(fx, token, "");
    cJSON *request = asked(fx, "charge_request");
    if (request)
        answer(fx, "charge_response", request, "Busy");
    pass(fx, 2 * SECOND);
    look_away(fx);
    return request != NULL;
}

static void test_a_list_is_in_force_when_all_pages_are_there(void **state)
{
    struct fixture *fx = ready(state);
    assert_false(lets(fx, "ANNA"));
    assert_string_equal(echo(fx), "");
    push(fx, 7, 2, 3, "\"BEA\"", "p2");
    assert_result(fx, 40, "done", "1 of 3 pages of version 7", "event");
    push(fx, 7, 1, 3, "\"ANNA\",\"ADA\"", "p1");
    assert_result(fx, 40, "done", "2 of 3 pages of version 7", "event");
    assert_false(lets(fx, "ANNA"));
    push(fx, 7, 1, 3, "\"ANNA\",\"ADA\"", "p1-again"); /* harmless */
    assert_result(fx, 40, "done", "stored before", "event");
    push(fx, 7, 3, 3, "", "p3");
    assert_result(fx, 40, "done", "version 7 with 3 tokens is in force", "event");
    assert_true(lets(fx, "ANNA"));
    assert_true(lets(fx, "BEA"));
    assert_false(lets(fx, "anna"));
    assert_false(lets(fx, ""));
    assert_string_equal(echo(fx), "7 3");
}

static void test_only_a_newer_list_replaces(void **state)
{
    struct fixture *fx = ready(state);
    push(fx, 7, 1, 1, "\"ANNA\"", "a");
    assert_result(fx, 40, "done", "version 7 with 1 tokens is in force", "event");
    push(fx, 6, 1, 1, "\"EVA\"", "b");
    assert_result(fx, 40, "done", "not newer", "event");
    push(fx, 7, 1, 1, "\"EVA\"", "c");
    assert_result(fx, 40, "done", "not newer", "event");
    push(fx, 9, 1, 2, "\"BEA\"", "d"); /* a newer one is being gathered: 8 comes too late */
    assert_result(fx, 40, "done", "1 of 2 pages of version 9", "event");
    push(fx, 8, 1, 1, "\"EVA\"", "e");
    assert_result(fx, 40, "done", "not newer", "event");
    assert_true(lets(fx, "ANNA")); /* until it is complete, the old list holds */
    assert_false(lets(fx, "EVA"));
    push(fx, 10, 1, 1, "\"CLEO\"", "f"); /* overtakes the one that never became complete */
    assert_result(fx, 40, "done", "version 10 with 1 tokens is in force", "event");
    assert_false(lets(fx, "ANNA"));
    assert_true(lets(fx, "CLEO"));
    push(fx, 11, 1, 1, "", "g"); /* nobody */
    assert_result(fx, 40, "done", "version 11 with 0 tokens is in force", "event");
    assert_false(lets(fx, "CLEO"));
    assert_string_equal(echo(fx), "11 0");
}

static void test_bad_pages_are_refused_with_a_reason(void **state)
{
    struct fixture *fx = ready(state);
    push(fx, 7, 0, 2, "\"ANNA\"", "a");
    assert_result(fx, 40, "refused", "Malformed: page 0, pages are numbered from 1 to 2",
                  "telemetry");
    push(fx, 7, 3, 2, "\"ANNA\"", "b");
    assert_result(fx, 40, "refused", "Malformed: page 3, pages are numbered from 1 to 2",
                  "telemetry");
    push(fx, 7, 1, 1025, "\"ANNA\"", "c");
    assert_result(fx, 40, "refused", "Malformed: 1025 pages, allowed are 1 to 1024", "telemetry");
    push(fx, 7, 1, 2, "\"ANNA\"", "d");
    assert_result(fx, 40, "done", "1 of 2 pages of version 7", "event");
    push(fx, 7, 2, 3, "\"BEA\"", "e");
    assert_result(fx, 40, "refused", "Malformed: version 7 has 2 pages, this one says 3",
                  "telemetry");
    push(fx, 7, 2, 2, "\"BEA\"", "f");
    assert_result(fx, 40, "done", "version 7 with 2 tokens is in force", "event");
}

/* Kills at every page, also of the list that replaces another; then it goes on. */
static void test_a_restart_interrupts_nothing(void **state)
{
    struct fixture *fx = ready(state);
    for (int version = 1; version <= 3; version++) {
        for (int page = 1; page <= 4; page++) {
            char tokens[64], id[32], said_then[64];
            snprintf(tokens, sizeof tokens, "\"T-%d-%d\"", version, page);
            snprintf(id, sizeof id, "v%d-p%d", version, page);
            push(fx, version, page, 4, tokens, id);
            if (page < 4)
                snprintf(said_then, sizeof said_then, "%d of 4 pages of version %d", page, version);
            else
                snprintf(said_then, sizeof said_then, "version %d with 4 tokens is in force",
                         version);
            assert_result(fx, 40, "done", said_then, "event");
            fx_restart(fx, true);
            engine_up(fx);
            broker_up(fx);
            pass(fx, 12 * SECOND);
            look_away(fx);
            char old[32], fresh[32];
            snprintf(old, sizeof old, "T-%d-1", version - 1);
            snprintf(fresh, sizeof fresh, "T-%d-1", version);
            assert_int_equal(lets(fx, old), version > 1 && page < 4);
            assert_int_equal(lets(fx, fresh), page == 4);
        }
    }
}

/* A full disk refuses and leaves the old list and what was gathered. */
static void test_a_full_disk_changes_nothing(void **state)
{
    struct fixture *fx = ready(state);
    push(fx, 1, 1, 1, "\"ANNA\"", "a");
    push(fx, 2, 1, 2, "\"BEA\"", "b");
    pass(fx, 2 * SECOND);
    look_away(fx);
    journal_memory_set_full(fx->store, true);
    push(fx, 2, 2, 2, "\"CLEO\"", "c");
    journal_memory_set_full(fx->store, false);
    pass(fx, 2 * SECOND);
    const cJSON *result = said(fx, 19);
    assert_string_equal(text_at(result, "data.reason"), "StorageFault");
    pass(fx, 130 * SECOND); /* the reserve is back */
    assert_true(lets(fx, "ANNA"));
    push(fx, 2, 2, 2, "\"CLEO\"", "d");
    assert_result(fx, 40, "done", "version 2 with 2 tokens is in force", "event");
    assert_true(lets(fx, "BEA"));
    assert_true(lets(fx, "CLEO"));
    assert_false(lets(fx, "ANNA"));
}

static void test_no_token_is_stored_as_it_is(void **state)
{
    struct fixture *fx = ready(state);
    char text[4096];
    push(fx, 1, 1, 1, "\"SECRET-CARD\"", "a");
    pass(fx, 2 * SECOND);
    assert_int_equal(
        fx->journal.ops->get_value(fx->journal.self, "auth.1.1", text, sizeof text, NULL), 0);
    assert_int_equal(strlen(text), 2 + 32); /* "1 " and one hash */
    assert_null(strstr(text, "SECRET"));
    push(fx, 2, 1, 1, "\"OTHER\"", "b"); /* the old list's hashes are wiped */
    pass(fx, 2 * SECOND);
    assert_int_equal(
        fx->journal.ops->get_value(fx->journal.self, "auth.1.1", text, sizeof text, NULL), 0);
    assert_string_equal(text, "");
}

/* --- the largest list, straight into the journal --- */

static int take(struct authlist *list, const struct journal *journal,
                const struct message_auth_list *page, char said[MESSAGE_TEXT_SIZE], struct err *err)
{
    struct authlist next = {0};
    assert_int_equal(journal->ops->begin(journal->self, true, err), 0);
    int rc = authlist_take(list, journal, page, &next, said, err);
    if (rc == 0) {
        assert_int_equal(journal->ops->commit(journal->self, err), 0);
        authlist_adopt(list, &next);
    } else {
        journal->ops->rollback(journal->self);
        authlist_free(&next);
    }
    return rc;
}

static void test_a_hundred_thousand_tokens(void **state)
{
    struct fixture *fx = *state;
    struct authlist list;
    struct err err = {0};
    char said_then[MESSAGE_TEXT_SIZE];
    enum { PER_PAGE = 4000 };
    struct message_auth_list page = {.version = 5, .pages = 26};
    page.tokens = calloc(PER_PAGE, sizeof *page.tokens);
    assert_int_equal(authlist_load(&list, &fx->journal, &err), 0);
    for (int number = 1; number <= 26; number++) {
        page.page = number;
        page.token_count = number <= 25 ? PER_PAGE : 1; /* 100 001 of them */
        for (size_t i = 0; i < page.token_count; i++)
            snprintf(page.tokens[i], sizeof page.tokens[i], "RFID-%d-%zu", number, i);
        int rc = take(&list, &fx->journal, &page, said_then, &err);
        assert_int_equal(rc, number <= 25 ? 0 : ERR_REFUSED);
    }
    assert_string_equal(err.text, "Malformed: a list of 100001 tokens, at most 100000 are kept");
    page.token_count = 0;
    assert_int_equal(take(&list, &fx->journal, &page, said_then, &err), 0);
    assert_int_equal(list.count, 100000);
    authlist_free(&list);
    assert_int_equal(authlist_load(&list, &fx->journal, &err), 0); /* and after a restart */
    assert_int_equal(list.count, 100000);
    assert_true(authlist_has(&list, &fx->journal, "RFID-1-0"));
    assert_true(authlist_has(&list, &fx->journal, "RFID-25-3999"));
    assert_false(authlist_has(&list, &fx->journal, "RFID-26-0"));
    authlist_free(&list);
    free(page.tokens);
}

/* --- local start --- */

static void complete(struct fixture *fx, int64_t seq, const char *name, const char *outcome)
{
    engine_says(fx,
                "{\"type\":\"charge_completion\",\"message_id\":\"e\",\"boot\":1,\"seq\":%" PRId64
                ",\"time\":%" PRId64 ",\"age_ms\":0,\"command\":\"%s\",\"request_id\":\"r\","
                "\"outcome\":\"%s\",\"reason\":\"\"}",
                seq, fx_wall(fx), name, outcome);
}

static void test_a_token_starts_a_swap_without_the_cloud(void **state)
{
    struct fixture *fx = ready(state);
    push(fx, 1, 1, 1, "\"ANNA\"", "a");
    pass(fx, 2 * SECOND);
    broker_down(fx);
    look_away(fx);
    present(fx, "ANNA", "V-7");
    cJSON *request = asked(fx, "charge_request");
    assert_non_null(request);
    assert_string_equal(text_at(request, "driver_id"), "ANNA");
    assert_string_equal(text_at(request, "vehicle_id"), "V-7");
    const char *id = text_at(request, "request_id");
    assert_memory_equal(id, "local-01234567-1-", 17);
    assert_memory_equal(text_at(request, "presented"), "token-", 6);
    answer(fx, "charge_response", request, NULL);
    complete(fx, 1, text_at(request, "command"), "done");
    assert_null(said(fx, 19));
    broker_up(fx); /* later the cloud hears of it, once */
    pass(fx, 2 * SECOND);
    cJSON *accepted = said(fx, 19);
    assert_string_equal(text_at(accepted, "data.outcome"), "accepted");
    assert_string_equal(text_at(accepted, "data.command"), id);
    assert_int_equal(number_at(accepted, "data.type"), 1);
    assert_result(fx, 1, "done", "", "event");
    pass(fx, 60 * SECOND);
    assert_null(said(fx, 19));
}

static void test_who_is_not_listed_is_refused(void **state)
{
    struct fixture *fx = ready(state);
    push(fx, 1, 1, 1, "\"ANNA\"", "a");
    pass(fx, 2 * SECOND);
    look_away(fx);
    present(fx, "EVA", "");
    assert_null(asked(fx, "charge_request"));
    fx->to_engine.seen = 0;
    const cJSON *told = NULL;
    for (const cJSON *next; (next = asked(fx, "token_response"));)
        told = next;
    assert_string_equal(text_at(told, "status"), "refused");
    assert_string_equal(text_at(told, "reason"), "Unauthorized");
    assert_result(fx, 1, "refused", "Unauthorized", "telemetry");
    char longer[80];
    memset(longer, 'A', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_false(lets(fx, longer));
}

/* Codes cannot be tried out; somebody who is on the list may be wrong now and then. */
static void test_a_reader_that_is_tried_out_rests(void **state)
{
    struct fixture *fx = ready(state);
    push(fx, 1, 1, 1, "\"ANNA\"", "a");
    pass(fx, 2 * SECOND);
    for (int i = 0; i < 4; i++)
        assert_false(lets(fx, "0000"));
    assert_true(lets(fx, "ANNA")); /* counts anew */
    for (int i = 0; i < 4; i++)
        assert_false(lets(fx, "0000"));
    pass(fx, 61 * SECOND); /* and so it does after a minute */
    for (int i = 0; i < 4; i++)
        assert_false(lets(fx, "0000"));
    assert_true(lets(fx, "ANNA"));
    for (int i = 0; i < 5; i++)
        assert_false(lets(fx, "0000"));
    look_away(fx);
    present(fx, "ANNA", "");
    assert_null(asked(fx, "charge_request"));
    assert_result(fx, 1, "refused", "Busy", "telemetry");
    pass(fx, 20 * SECOND);
    assert_false(lets(fx, "ANNA"));
    pass(fx, 10 * SECOND);
    assert_true(lets(fx, "ANNA"));
}

static void test_what_the_engine_refuses_is_refused(void **state)
{
    struct fixture *fx = ready(state);
    push(fx, 1, 1, 1, "\"ANNA\"", "a");
    pass(fx, 2 * SECOND);
    look_away(fx);
    present(fx, "ANNA", "");
    answer(fx, "charge_response", asked(fx, "charge_request"), "NoBatteryAvailable");
    assert_result(fx, 1, "refused", "NoBatteryAvailable", "telemetry");
}

/* Identities never come twice, killed or stopped; what was under way ends as any other command. */
static void test_identities_are_unique_over_restarts(void **state)
{
    struct fixture *fx = ready(state);
    char seen[12][80];
    push(fx, 1, 1, 1, "\"ANNA\"", "a");
    for (int i = 0; i < 12; i++) {
        look_away(fx);
        present(fx, "ANNA", "");
        cJSON *request = asked(fx, "charge_request");
        assert_non_null(request);
        snprintf(seen[i], sizeof seen[i], "%s", text_at(request, "request_id"));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
        if (i % 3 != 2) {
            answer(fx, "charge_response", request, "Busy");
            continue;
        }
        answer(fx, "charge_response", request, NULL);
        fx_restart(fx, i % 2 == 0);
        engine_up(fx);
        broker_up(fx);
        pass(fx, 30 * SECOND); /* the engine does not know it any more */
        struct journal_command closed;
        assert_int_equal(fx->journal.ops->find_command(fx->journal.self, seen[i], &closed, NULL),
                         0);
        assert_string_equal(closed.outcome, "failed");
        assert_string_equal(closed.reason, "interrupted");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MONITOR_TEST(test_a_list_is_in_force_when_all_pages_are_there),
        MONITOR_TEST(test_only_a_newer_list_replaces),
        MONITOR_TEST(test_bad_pages_are_refused_with_a_reason),
        MONITOR_TEST(test_a_restart_interrupts_nothing),
        MONITOR_TEST(test_a_full_disk_changes_nothing),
        MONITOR_TEST(test_no_token_is_stored_as_it_is),
        MONITOR_TEST(test_a_hundred_thousand_tokens),
        MONITOR_TEST(test_a_token_starts_a_swap_without_the_cloud),
        MONITOR_TEST(test_who_is_not_listed_is_refused),
        MONITOR_TEST(test_a_reader_that_is_tried_out_rests),
        MONITOR_TEST(test_what_the_engine_refuses_is_refused),
        MONITOR_TEST(test_identities_are_unique_over_restarts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

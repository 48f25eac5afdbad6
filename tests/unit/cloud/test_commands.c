/* SPDX-License-Identifier: Apache-2.0 */
/* The record of commands: matching of results, outcomes only forward, repeats, expiry. */
#include "cloud/support.h"

#include "base/clock.h"
#include "crypto/digest.h"
#include "stations/commands.h"

static const struct commands_limits LIMITS = {.expire_us = 60 * CLOCK_US_PER_SECOND,
                                              .accepted_expire_us = 900 * CLOCK_US_PER_SECOND};

struct fixture {
    struct store *store;
    struct commands *commands;
    int64_t now_us; /* both clocks */
};

static void begin(struct fixture *fixture)
{
    struct err err = {0};
    *fixture = (struct fixture){.store = must_open(STORE_MEMORY, STORE_WRITE)};
    assert_int_equal(commands_new(&fixture->commands, fixture->store, &LIMITS, 0, &err), 0);
}

static void end(struct fixture *fixture)
{
    commands_free(fixture->commands);
    store_close(fixture->store);
}

static void see(struct fixture *fixture, const char *payload)
{
    struct message message;
    enum message_quality quality;
    struct err err = {0};
    if (message_decode(payload, strlen(payload), &message, &quality, &err) < 0)
        fail_msg("%s", err.text);
    if (commands_seen(fixture->commands, &message, payload, strlen(payload), fixture->now_us,
                      fixture->now_us, &err) < 0)
        fail_msg("%s", err.text);
    message_free(&message);
}

static struct commands_outcome hear(struct fixture *fixture, const char *device, const char *id,
                                    const char *digest, const char *outcome)
{
    struct message_command_result result = {.type = 1};
    (void)snprintf(result.command, sizeof result.command, "%s", id);
    (void)snprintf(result.digest, sizeof result.digest, "%s", digest);
    (void)snprintf(result.outcome, sizeof result.outcome, "%s", outcome);
    (void)snprintf(result.reason, sizeof result.reason, "because");
    struct commands_outcome meant;
    struct err err = {0};
    if (commands_result(fixture->commands, device, &result, fixture->now_us, fixture->now_us,
                        &meant, &err) < 0)
        fail_msg("%s", err.text);
    return meant;
}

static void outcomes_only_go_forward(void **state)
{
    (void)state;
    static const char *const ALL[] = {"sent", "accepted", "refused", "done", "failed", "expired"};
    /* Rows: from; columns: to, in the order of ALL. */
    static const bool MAY[6][6] = {
        {false, true, true, true, true, true},      {false, false, false, true, true, true},
        {false, false, false, false, false, false}, {false, false, false, false, false, false},
        {false, false, false, false, false, false}, {false, false, true, true, true, false},
    };
    for (int from = 0; from < 6; from++)
        for (int to = 0; to < 6; to++)
            assert_int_equal(commands_may_move(ALL[from], ALL[to]), MAY[from][to]);
}

#define CHARGE                                                                                     \
    "{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"u1\",\"vehicle\":\"v1\"},"               \
    "\"time\":\"2026-11-21\"}"
#define CHARGE_WITH_ID                                                                             \
    "{\"device\":\"1231\",\"type\":1,\"id\":\"c-1\",\"data\":{\"user\":\"u1\",\"vehicle\":\"v1\"," \
    "\"requestId\":\"r-9\"},\"time\":\"2026-11-21\"}"

static void result_finds_its_command_by_id(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    see(&fixture, CHARGE_WITH_ID);
    assert_query_text(fixture.store, "SELECT outcome FROM command", "sent");
    assert_query_text(fixture.store, "SELECT issued_by FROM command", "u1");
    assert_query_text(fixture.store, "SELECT payload FROM command", CHARGE_WITH_ID);
    struct commands_outcome meant = hear(&fixture, "1231", "c-1", "0000000000000000", "accepted");
    assert_true(meant.changed);
    meant = hear(&fixture, "1231", "c-1", "0000000000000000", "done");
    assert_true(meant.changed);
    assert_string_equal(meant.request_id, "r-9");
    /* Re-emitted results and later ones change nothing. */
    assert_false(hear(&fixture, "1231", "c-1", "0000000000000000", "accepted").changed);
    assert_false(hear(&fixture, "1231", "c-1", "0000000000000000", "failed").changed);
    assert_query_text(fixture.store, "SELECT outcome || closed_at FROM command", "done0");
    assert_int_equal(query_integer(fixture.store, "SELECT count(*) FROM command"), 1);
    end(&fixture);
}

static void result_finds_its_command_by_digest_newest_open_first(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    char digest[17];
    digest_short(CHARGE, strlen(CHARGE), digest);
    see(&fixture, CHARGE);
    see(&fixture, CHARGE); /* within 10 s: the same command */
    assert_int_equal(query_integer(fixture.store, "SELECT count(*) FROM command"), 1);
    fixture.now_us = 11 * CLOCK_US_PER_SECOND;
    see(&fixture, CHARGE);
    assert_int_equal(query_integer(fixture.store, "SELECT count(*) FROM command"), 2);
    struct commands_outcome meant = hear(&fixture, "1231", "", digest, "failed");
    assert_string_equal(meant.request_id, digest);
    assert_query_text(fixture.store, "SELECT group_concat(outcome) FROM command", "sent,failed");
    (void)hear(&fixture, "1231", "", digest, "done");
    assert_query_text(fixture.store, "SELECT group_concat(outcome) FROM command", "done,failed");
    /* Another station's result with this digest is no answer to it: it makes a row of its own. */
    (void)hear(&fixture, "9", "", digest, "refused");
    assert_query_text(fixture.store, "SELECT device || outcome FROM command WHERE id = 3",
                      "9refused");
    end(&fixture);
}

static void result_without_command_makes_its_row(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct commands_outcome meant = hear(&fixture, "1231", "x-1", "00112233445566aa", "done");
    assert_true(meant.changed);
    assert_string_equal(meant.request_id, "x-1");
    assert_query_text(fixture.store, "SELECT message_id || outcome || type || digest FROM command",
                      "x-1done100112233445566aa");
    end(&fixture);
}

static void first_answer_closes_a_question_to_everybody(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    see(&fixture, "{\"device\":\"*\",\"type\":2,\"id\":\"all\",\"time\":\"2026-11-21\"}");
    (void)hear(&fixture, "1231", "all", "", "done");
    (void)hear(&fixture, "77", "all", "", "done");
    assert_query_text(fixture.store, "SELECT group_concat(device || outcome) FROM command",
                      "*done");
    end(&fixture);
}

static void silence_expires_and_the_station_knows_better(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    see(&fixture, CHARGE_WITH_ID);
    see(&fixture, "{\"device\":\"1231\",\"type\":3,\"id\":\"c-2\",\"time\":\"2026-11-21\"}");
    (void)hear(&fixture, "1231", "c-2", "", "accepted");
    struct err err = {0};
    fixture.now_us = LIMITS.expire_us - 1;
    assert_int_equal(commands_tick(fixture.commands, fixture.now_us, fixture.now_us, &err), 0);
    assert_query_text(fixture.store, "SELECT group_concat(outcome) FROM command", "sent,accepted");
    /* A rollback in between forgets nothing of what was waited. */
    assert_int_equal(commands_forget(fixture.commands, fixture.now_us, &err), 0);
    fixture.now_us = LIMITS.expire_us;
    assert_int_equal(commands_tick(fixture.commands, fixture.now_us, fixture.now_us, &err), 0);
    assert_query_text(fixture.store, "SELECT group_concat(outcome) FROM command",
                      "expired,accepted");
    (void)hear(&fixture, "1231", "c-1", "", "accepted");
    assert_query_text(fixture.store, "SELECT group_concat(outcome) FROM command",
                      "expired,accepted");
    (void)hear(&fixture, "1231", "c-1", "", "done");
    fixture.now_us = LIMITS.accepted_expire_us;
    assert_int_equal(commands_tick(fixture.commands, fixture.now_us, fixture.now_us, &err), 0);
    assert_query_text(fixture.store, "SELECT group_concat(outcome) FROM command", "done,expired");
    end(&fixture);
}

static void waiting_begins_anew_with_the_bridge(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    see(&fixture, CHARGE_WITH_ID);
    commands_free(fixture.commands);
    struct err err = {0};
    int64_t start_us = 1000 * CLOCK_US_PER_SECOND;
    assert_int_equal(commands_new(&fixture.commands, fixture.store, &LIMITS, start_us, &err), 0);
    assert_int_equal(commands_tick(fixture.commands, start_us, start_us, &err), 0);
    assert_query_text(fixture.store, "SELECT outcome FROM command", "sent");
    start_us += LIMITS.expire_us;
    assert_int_equal(commands_tick(fixture.commands, start_us, start_us, &err), 0);
    assert_query_text(fixture.store, "SELECT outcome FROM command", "expired");
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_only_go_forward),
        cmocka_unit_test(result_finds_its_command_by_id),
        cmocka_unit_test(result_finds_its_command_by_digest_newest_open_first),
        cmocka_unit_test(result_without_command_makes_its_row),
        cmocka_unit_test(first_answer_closes_a_question_to_everybody),
        cmocka_unit_test(silence_expires_and_the_station_knows_better),
        cmocka_unit_test(waiting_begins_anew_with_the_bridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

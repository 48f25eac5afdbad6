/* SPDX-License-Identifier: Apache-2.0 */
/* The decision about a command, as a table: payload, circumstances, verdict. */
#include "monitor/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* 2026-11-21T08:00:00Z */
#define NOW    INT64_C(1795248000000000)
#define SECOND INT64_C(1000000)

enum { RETAINED = 1, OTHER_TOPIC = 2, STRICT = 4 };

struct row {
    const char *payload;
    enum command_verdict verdict;
    const char *reason;
    unsigned flags;
};

#define ASK(device, time)                                                                          \
    "{\"device\":\"" device                                                                        \
    "\",\"type\":1,\"data\":{\"user\":\"1234\",\"vehicle\":\"1234\"},\"time\":" time "}"
#define INFO(device, time) "{\"device\":\"" device "\",\"type\":2,\"time\":" time "}"
#define ACK                                                                                        \
    "{\"device\":\"1231\",\"type\":32,\"data\":{\"journal\":\"ab\",\"boot\":1,\"event\":1,"        \
    "\"telemetry\":2}}"

static const struct row ROWS[] = {
    /* the requirement's own messages */
    {ASK("1231", "\"2016-2-1\""), COMMAND_REFUSED, "Stale", 0},
    {ASK("1231", "\"2026-11-21\""), COMMAND_PASSED, "", 0},
    {INFO("1231", "\"2016-2-1\""), COMMAND_REFUSED, "Stale", 0},
    {INFO("1231", "\"2026-11-21\""), COMMAND_PASSED, "", 0},
    /* dates: a day more or less, unless strict */
    {ASK("1231", "\"2026-11-20\""), COMMAND_PASSED, "", 0},
    {ASK("1231", "\"2026-11-22\""), COMMAND_PASSED, "", 0},
    {ASK("1231", "\"2026-11-19\""), COMMAND_REFUSED, "Stale", 0},
    {ASK("1231", "\"2026-11-23\""), COMMAND_REFUSED, "Stale", 0},
    {ASK("1231", "\"2026-11-21\""), COMMAND_REFUSED, "Stale", STRICT},
    {ASK("1231", "\"2026-11-21T08:00:10Z\""), COMMAND_PASSED, "", STRICT},
    /* exact times: 30 s either way */
    {ASK("1231", "\"2026-11-21T07:59:30Z\""), COMMAND_PASSED, "", 0},
    {ASK("1231", "\"2026-11-21T07:59:29.9Z\""), COMMAND_REFUSED, "Stale", 0},
    {ASK("1231", "\"2026-11-21T08:00:30Z\""), COMMAND_PASSED, "", 0},
    {ASK("1231", "\"2026-11-21T08:00:30.1Z\""), COMMAND_REFUSED, "Stale", 0},
    {ASK("1231", "1795248000000"), COMMAND_PASSED, "", 0},
    {ASK("1231", "\"2026-11-21T09:00:05+01:00\""), COMMAND_PASSED, "", 0},
    {"{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"a\",\"vehicle\":\"b\"}}",
     COMMAND_REFUSED, "Stale", 0},
    /* ttl of SERVER_ASK_CHARGE */
    {"{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"a\",\"vehicle\":\"b\",\"ttl\":5},"
     "\"time\":\"2026-11-21T07:59:54Z\"}",
     COMMAND_REFUSED, "Stale", 0},
    {"{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"a\",\"vehicle\":\"b\",\"ttl\":600},"
     "\"time\":\"2026-11-21T07:51:00Z\"}",
     COMMAND_PASSED, "", 0},
    /* retained: even when it is fresh */
    {ASK("1231", "\"2026-11-21\""), COMMAND_REFUSED, "Retained", RETAINED},
    {ASK("1231", "\"2016-2-1\""), COMMAND_REFUSED, "Retained", RETAINED},
    /* for me? */
    {ASK("1232", "\"2026-11-21\""), COMMAND_NOT_MINE, "", 0},
    {ASK("1232", "\"2026-11-21\""), COMMAND_NOT_MINE, "", RETAINED},
    {INFO("*", "\"2026-11-21\""), COMMAND_PASSED, "", 0},
    {ASK("*", "\"2026-11-21\""), COMMAND_NOT_MINE, "", 0},
    {"{\"device\":\"*\",\"type\":3,\"time\":\"2026-11-21\"}", COMMAND_NOT_MINE, "", 0},
    {"{\"device\":\"1231\",\"type\":0,\"data\":{\"battery\":{}},\"time\":\"2026-11-21\"}",
     COMMAND_NOT_MINE, "", 0}, /* what stations say is no command */
    /* malformed, unreadable, unsupported */
    {"{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"a\"},\"time\":\"2026-11-21\"}",
     COMMAND_REFUSED, "Malformed", 0},
    {"{\"device\":\"1231\",\"type\":1,\"time\":\"2026-11-21\"}", COMMAND_REFUSED, "Malformed", 0},
    {"{\"device\":\"1231\",\"type\":3,\"data\":{\"mode\":\"now\"},\"time\":\"2026-11-21\"}",
     COMMAND_REFUSED, "Malformed", 0},
    {"{\"device\":\"1231\",\"type\":77,\"time\":\"2026-11-21\"}", COMMAND_REFUSED, "Unsupported",
     0},
    {"{\"device\":\"1231\",\"type\":2,\"v\":2,\"time\":\"2026-11-21\"}", COMMAND_REFUSED,
     "Unsupported", 0},
    {"{\"device\":\"1232\",\"type\":77}", COMMAND_NOT_MINE, "", 0},
    {"", COMMAND_UNREADABLE, "", 0},
    {"hello", COMMAND_UNREADABLE, "", 0},
    {"{\"device\":\"1231\",\"type\":1", COMMAND_UNREADABLE, "", 0},
    {"{\"device\":\"1231\",\"device\":\"1231\",\"type\":2}", COMMAND_UNREADABLE, "", 0},
    {"{\"type\":2,\"time\":\"2026-11-21\"}", COMMAND_UNREADABLE, "", 0},
    {"{\"device\":\"1231\",\"type\":2,\"time\":\"someday\"}", COMMAND_UNREADABLE, "", 0},
    /* the bridge's side of the journal: on this station's topic only */
    {ACK, COMMAND_ACK, "", 0},
    {ACK, COMMAND_NOT_MINE, "", OTHER_TOPIC},
    {ACK, COMMAND_NOT_MINE, "", RETAINED},
    {"{\"device\":\"1231\",\"type\":32,\"data\":{}}", COMMAND_NOT_MINE, "", 0},
};

static void judge(const struct row *row, struct message *message,
                  struct command_judgement *judgement)
{
    struct command_rules rules = {
        .device = "1231", .ttl_us = 30 * SECOND, .strict_time = (row->flags & STRICT) != 0};
    command_judge(&rules, row->payload, strlen(row->payload), (row->flags & RETAINED) != 0,
                  (row->flags & OTHER_TOPIC) == 0, NOW, message, judgement);
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct message message;
        struct command_judgement judgement;
        judge(&ROWS[i], &message, &judgement);
        if (judgement.verdict != ROWS[i].verdict || strcmp(judgement.reason, ROWS[i].reason) != 0)
            fail_msg("row %zu, %s: verdict %d %s", i, ROWS[i].payload, (int)judgement.verdict,
                     judgement.reason);
        message_free(&message);
    }
}

static void test_identity(void **state)
{
    (void)state;
    struct message message;
    struct command_judgement judgement;
    struct row row = {.payload = "{\"device\":\"1231\",\"type\":2,\"time\":\"2026-11-21\"}"};
    judge(&row, &message, &judgement);
    assert_int_equal(strlen(judgement.digest), 16);
    assert_string_equal(judgement.identity, judgement.digest);
    message_free(&message);
    row.payload = "{\"device\":\"1231\",\"type\":2,\"time\":\"2026-11-21\",\"id\":\"op-7\"}";
    judge(&row, &message, &judgement);
    assert_string_equal(judgement.identity, "op-7");
    message_free(&message);
}

static void test_repeat(void **state)
{
    (void)state;
    struct journal_command seen = {.seen_wall_us = NOW};
    assert_true(command_is_repeat(&seen, false, NOW + 9 * SECOND));
    assert_false(command_is_repeat(&seen, false, NOW + 10 * SECOND));
    assert_true(command_is_repeat(&seen, false, NOW - 5 * SECOND)); /* the clock was set back */
    assert_false(command_is_repeat(&seen, false, NOW - 3600 * SECOND));
    assert_true(command_is_repeat(&seen, true, NOW + 86400 * SECOND)); /* an id is for ever */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

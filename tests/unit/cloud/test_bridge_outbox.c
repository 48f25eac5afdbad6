/* SPDX-License-Identifier: Apache-2.0 */
/* Acks: coalesced to one a second per device, at once for a resend, newest marks win. */
#include "cloud/support.h"

#include "bridge/outbox.h"

#define SECOND INT64_C(1000000)

static struct outbox *must_make(void)
{
    struct outbox *outbox = NULL;
    struct err err = {0};
    assert_int_equal(outbox_new(&outbox, &err), 0);
    return outbox;
}

static struct message_ack marks(int64_t boot, int64_t event, int64_t telemetry)
{
    return (struct message_ack){
        .journal = "ab", .boot = boot, .event = event, .telemetry = telemetry};
}

static void put(struct outbox *outbox, const char *device, struct message_ack ack)
{
    assert_int_equal(outbox_put_ack(outbox, device, &ack), 0);
}

static void acks_are_coalesced(void **state)
{
    (void)state;
    struct outbox *outbox = must_make();
    struct outbox_ack taken;
    int64_t next;
    put(outbox, "1231", marks(1, 1, 0));
    assert_true(outbox_take_ack(outbox, 0, &taken, &next)); /* the first need not wait */
    assert_string_equal(taken.device, "1231");
    for (int64_t i = 2; i <= 50; i++)
        put(outbox, "1231", marks(1, i, i * 2));
    assert_false(outbox_take_ack(outbox, SECOND - 1, &taken, &next));
    assert_int_equal(next, SECOND);
    put(outbox, "77", marks(3, 9, 9)); /* another device does not wait for this one */
    assert_true(outbox_take_ack(outbox, SECOND - 1, &taken, &next));
    assert_string_equal(taken.device, "77");
    assert_true(outbox_take_ack(outbox, SECOND, &taken, &next));
    assert_int_equal(taken.ack.event, 50);
    assert_int_equal(taken.ack.telemetry, 100);
    assert_false(outbox_take_ack(outbox, 10 * SECOND, &taken, &next));
    assert_int_equal(next, INT64_MAX);
    outbox_free(outbox);
}

static void resend_goes_at_once_and_is_not_forgotten(void **state)
{
    (void)state;
    struct outbox *outbox = must_make();
    struct outbox_ack taken;
    int64_t next;
    put(outbox, "1231", marks(1, 1, 0));
    assert_true(outbox_take_ack(outbox, 0, &taken, &next));
    struct message_ack ask = marks(1, 1, 0);
    ask.resend_event = true;
    put(outbox, "1231", ask);
    put(outbox, "1231", marks(1, 2, 0)); /* newer marks do not take the question back */
    assert_true(outbox_take_ack(outbox, 1, &taken, &next));
    assert_true(taken.ack.resend_event);
    assert_int_equal(taken.ack.event, 2);
    /* Not sent: it comes again, with marks that are newer by then. */
    put(outbox, "1231", marks(1, 3, 0));
    outbox_return_ack(outbox, &taken);
    assert_true(outbox_take_ack(outbox, 2, &taken, &next));
    assert_true(taken.ack.resend_event);
    assert_int_equal(taken.ack.event, 3);
    outbox_free(outbox);
}

static void boots_are_acknowledged_apart(void **state)
{
    (void)state;
    struct outbox *outbox = must_make();
    struct outbox_ack taken;
    int64_t next;
    put(outbox, "1231", marks(1, 7, 0));
    put(outbox, "1231", marks(2, 1, 0));
    assert_true(outbox_take_ack(outbox, 0, &taken, &next));
    assert_int_equal(taken.ack.boot, 1);
    assert_true(outbox_take_ack(outbox, 0, &taken, &next));
    assert_int_equal(taken.ack.boot, 2);
    assert_false(outbox_take_ack(outbox, 0, &taken, &next));
    outbox_free(outbox);
}

static void letters_are_bounded_and_keep_order(void **state)
{
    (void)state;
    struct outbox *outbox = must_make();
    for (int i = 0; i < OUTBOX_LETTERS_MAX + 5; i++) {
        char payload[16];
        int length = snprintf(payload, sizeof payload, "%d", i);
        assert_int_equal(outbox_put_letter(outbox, "alert/x", payload, (size_t)length, 1), 0);
    }
    assert_int_equal(outbox_dropped(outbox), 5);
    struct outbox_letter letter;
    assert_true(outbox_take_letter(outbox, &letter));
    assert_string_equal(letter.payload, "5");
    outbox_return_letter(outbox, &letter);
    assert_null(letter.payload);
    assert_true(outbox_take_letter(outbox, &letter));
    assert_string_equal(letter.payload, "5");
    assert_int_equal(letter.qos, 1);
    outbox_letter_free(&letter);
    assert_true(outbox_take_letter(outbox, &letter));
    assert_string_equal(letter.payload, "6");
    outbox_letter_free(&letter);
    outbox_free(outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acks_are_coalesced),
        cmocka_unit_test(resend_goes_at_once_and_is_not_forgotten),
        cmocka_unit_test(boots_are_acknowledged_apart),
        cmocka_unit_test(letters_are_bounded_and_keep_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

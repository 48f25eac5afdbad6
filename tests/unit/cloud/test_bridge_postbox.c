/* SPDX-License-Identifier: Apache-2.0 */
/* Acks: coalesced to one a second per device, at once for a resend, newest marks win. */
#include "cloud/support.h"

#include "bridge/postbox.h"

#define SECOND INT64_C(1000000)

static struct postbox *must_make(void)
{
    struct postbox *postbox = NULL;
    struct err err = {0};
    assert_int_equal(postbox_new(&postbox, &err), 0);
    return postbox;
}

static struct message_ack marks(int64_t boot, int64_t event, int64_t telemetry)
{
    return (struct message_ack){
        .journal = "ab", .boot = boot, .event = event, .telemetry = telemetry};
}

static void put(struct postbox *postbox, const char *device, struct message_ack ack)
{
    assert_int_equal(postbox_put_ack(postbox, device, &ack), 0);
}

static void acks_are_coalesced(void **state)
{
    (void)state;
    struct postbox *postbox = must_make();
    struct postbox_ack taken;
    int64_t next;
    put(postbox, "1231", marks(1, 1, 0));
    assert_true(postbox_take_ack(postbox, 0, &taken, &next)); /* the first need not wait */
    assert_string_equal(taken.device, "1231");
    for (int64_t i = 2; i <= 50; i++)
        put(postbox, "1231", marks(1, i, i * 2));
    assert_false(postbox_take_ack(postbox, SECOND - 1, &taken, &next));
    assert_int_equal(next, SECOND);
    put(postbox, "77", marks(3, 9, 9)); /* another device does not wait for this one */
    assert_true(postbox_take_ack(postbox, SECOND - 1, &taken, &next));
    assert_string_equal(taken.device, "77");
    assert_true(postbox_take_ack(postbox, SECOND, &taken, &next));
    assert_int_equal(taken.ack.event, 50);
    assert_int_equal(taken.ack.telemetry, 100);
    assert_false(postbox_take_ack(postbox, 10 * SECOND, &taken, &next));
    assert_int_equal(next, INT64_MAX);
    postbox_free(postbox);
}

static void resend_goes_at_once_and_is_not_forgotten(void **state)
{
    (void)state;
    struct postbox *postbox = must_make();
    struct postbox_ack taken;
    int64_t next;
    put(postbox, "1231", marks(1, 1, 0));
    assert_true(postbox_take_ack(postbox, 0, &taken, &next));
    struct message_ack ask = marks(1, 1, 0);
    ask.resend_event = true;
    put(postbox, "1231", ask);
    put(postbox, "1231", marks(1, 2, 0)); /* newer marks do not take the question back */
    assert_true(postbox_take_ack(postbox, 1, &taken, &next));
    assert_true(taken.ack.resend_event);
    assert_int_equal(taken.ack.event, 2);
    /* Not sent: it comes again, with marks that are newer by then. */
    put(postbox, "1231", marks(1, 3, 0));
    postbox_return_ack(postbox, &taken);
    assert_true(postbox_take_ack(postbox, 2, &taken, &next));
    assert_true(taken.ack.resend_event);
    assert_int_equal(taken.ack.event, 3);
    postbox_free(postbox);
}

static void boots_are_acknowledged_apart(void **state)
{
    (void)state;
    struct postbox *postbox = must_make();
    struct postbox_ack taken;
    int64_t next;
    put(postbox, "1231", marks(1, 7, 0));
    put(postbox, "1231", marks(2, 1, 0));
    assert_true(postbox_take_ack(postbox, 0, &taken, &next));
    assert_int_equal(taken.ack.boot, 1);
    assert_true(postbox_take_ack(postbox, 0, &taken, &next));
    assert_int_equal(taken.ack.boot, 2);
    assert_false(postbox_take_ack(postbox, 0, &taken, &next));
    postbox_free(postbox);
}

static void letters_are_bounded_and_keep_order(void **state)
{
    (void)state;
    struct postbox *postbox = must_make();
    for (int i = 0; i < POSTBOX_LETTERS_MAX + 5; i++) {
        char payload[16];
        int length = snprintf(payload, sizeof payload, "%d", i);
        assert_int_equal(postbox_put_letter(postbox, "alert/x", payload, (size_t)length, 1), 0);
    }
    assert_int_equal(postbox_dropped(postbox), 5);
    struct postbox_letter letter;
    assert_true(postbox_take_letter(postbox, &letter));
    assert_string_equal(letter.payload, "5");
    postbox_return_letter(postbox, &letter);
    assert_null(letter.payload);
    assert_true(postbox_take_letter(postbox, &letter));
    assert_string_equal(letter.payload, "5");
    assert_int_equal(letter.qos, 1);
    postbox_letter_free(&letter);
    assert_true(postbox_take_letter(postbox, &letter));
    assert_string_equal(letter.payload, "6");
    postbox_letter_free(&letter);
    postbox_free(postbox);
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

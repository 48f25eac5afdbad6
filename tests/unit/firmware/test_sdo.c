/* SPDX-License-Identifier: Apache-2.0 */
/* SDO transfers of CANopen byte by byte: expedited, in segments, broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cia418/sdo.h"
#include <stdio.h>
#include <string.h>

#define NODE 5

static struct canframe answer_of(const uint8_t bytes[8])
{
    struct canframe frame = {.id = 0x580 + NODE, .length = 8};
    memcpy(frame.data, bytes, 8);
    return frame;
}

static void assert_frame(const struct canframe *frame, uint32_t id, const char *hex)
{
    char text[32] = "";
    for (int i = 0; i < frame->length; i++)
        (void)snprintf(text + 2 * i, sizeof text - 2 * (size_t)i, "%02X", frame->data[i]);
    assert_int_equal(frame->id, id);
    assert_string_equal(text, hex);
}

#define ANSWER(...)                                                                                \
    (frame = answer_of((const uint8_t[8]){__VA_ARGS__}), sdo_on_frame(&client, &frame, now_us))

static void expedited_transfers(void **state)
{
    (void)state;
    struct sdo_client client;
    struct canframe frame;
    int64_t now_us = 1000;
    sdo_init(&client, NODE);
    sdo_upload(&client, 0x6060, 0, now_us);
    assert_true(sdo_next(&client, &frame));
    assert_frame(&frame, 0x605, "4060600000000000");
    assert_false(sdo_next(&client, &frame));
    assert_int_equal(ANSWER(0x43, 0x60, 0x60, 1, 1, 2, 3, 4), SDO_NOTHING); /* another sub-index */
    assert_int_equal(ANSWER(0x60, 0x60, 0x60, 0, 0, 0, 0, 0), SDO_NOTHING); /* of a download */
    assert_int_equal(ANSWER(0x43, 0x60, 0x60, 0, 0x00, 0x90, 0x01, 0x00), SDO_DONE);
    assert_int_equal(client.length, 4);
    assert_int_equal(sdo_number(client.bytes, client.length, false), 0x19000);
    assert_int_equal(ANSWER(0x43, 0x60, 0x60, 0, 0, 0, 0, 0), SDO_NOTHING); /* nobody asked */

    sdo_upload(&client, 0x6010, 0, now_us);
    assert_int_equal(ANSWER(0x4B, 0x10, 0x60, 0, 0xF8, 0xFF, 0xAA, 0xAA), SDO_DONE);
    assert_int_equal(client.length, 2);
    assert_int_equal(sdo_number(client.bytes, client.length, true), -8);
    assert_int_equal(sdo_number(client.bytes, client.length, false), 0xFFF8);

    sdo_download(&client, 0x1017, 0, (const uint8_t[]){0xF4, 0x01}, 2, now_us);
    while (sdo_next(&client, &frame))
        ;
    assert_frame(&frame, 0x605, "2B171000F4010000");
    assert_int_equal(ANSWER(0x60, 0x17, 0x10, 0, 0, 0, 0, 0), SDO_DONE);
}

static void segmented_texts(void **state)
{
    (void)state;
    struct sdo_client client;
    struct canframe frame;
    int64_t now_us = 1000;
    sdo_init(&client, NODE);
    sdo_upload(&client, 0x100A, 0, now_us);
    assert_true(sdo_next(&client, &frame));
    assert_int_equal(ANSWER(0x41, 0x0A, 0x10, 0, 9, 0, 0, 0), SDO_NOTHING);
    assert_true(sdo_next(&client, &frame));
    assert_frame(&frame, 0x605, "6000000000000000");
    assert_int_equal(ANSWER(0x00, 'v', '1', '.', '2', '-', 'b', 'e'), SDO_NOTHING);
    assert_true(sdo_next(&client, &frame));
    assert_frame(&frame, 0x605, "7000000000000000");
    assert_int_equal(ANSWER(0x1B, 't', 'a', 0, 0, 0, 0, 0), SDO_DONE);
    assert_int_equal(client.length, 9);
    assert_memory_equal(client.bytes, "v1.2-beta", 9);
}

static void what_breaks_the_protocol_is_aborted(void **state)
{
    (void)state;
    struct sdo_client client;
    struct canframe frame;
    int64_t now_us = 1000;
    sdo_init(&client, NODE);
    sdo_upload(&client, 0x100A, 0, now_us); /* too long for us */
    assert_true(sdo_next(&client, &frame));
    assert_int_equal(ANSWER(0x41, 0x0A, 0x10, 0, 65, 0, 0, 0), SDO_ABORTED);
    assert_true(sdo_next(&client, &frame));
    assert_frame(&frame, 0x605, "800A100005000405");

    sdo_upload(&client, 0x100A, 0, now_us); /* longer than it said */
    (void)ANSWER(0x40, 0x0A, 0x10, 0, 0, 0, 0, 0);
    enum sdo_event event = SDO_NOTHING;
    for (int i = 0; i < 20 && event == SDO_NOTHING; i++)
        event = ANSWER((uint8_t)(i % 2 ? 0x10 : 0x00), 1, 2, 3, 4, 5, 6, 7);
    assert_int_equal(event, SDO_ABORTED);
    assert_int_equal(client.abort_code, SDO_ABORT_MEMORY);

    sdo_upload(&client, 0x100A, 0, now_us); /* a segment twice */
    (void)ANSWER(0x41, 0x0A, 0x10, 0, 20, 0, 0, 0);
    assert_int_equal(ANSWER(0x00, 1, 2, 3, 4, 5, 6, 7), SDO_NOTHING);
    assert_int_equal(ANSWER(0x00, 1, 2, 3, 4, 5, 6, 7), SDO_ABORTED);
    assert_int_equal(client.abort_code, SDO_ABORT_TOGGLE);

    sdo_upload(&client, 0x6081, 0, now_us); /* the node's own */
    assert_int_equal(ANSWER(0x80, 0x81, 0x60, 0, 0x00, 0x00, 0x02, 0x06), SDO_ABORTED);
    assert_int_equal(client.abort_code, SDO_ABORT_NO_OBJECT);

    sdo_upload(&client, 0x6081, 0, now_us);
    assert_int_equal(sdo_on_time(&client, now_us + SDO_TIMEOUT_US - 1), SDO_NOTHING);
    assert_int_equal(sdo_on_time(&client, now_us + SDO_TIMEOUT_US), SDO_TIMED_OUT);
    assert_int_equal(sdo_on_time(&client, now_us + 10 * SDO_TIMEOUT_US), SDO_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expedited_transfers),
        cmocka_unit_test(segmented_texts),
        cmocka_unit_test(what_breaks_the_protocol_is_aborted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

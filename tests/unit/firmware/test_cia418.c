/* SPDX-License-Identifier: Apache-2.0 */
/* CiA 418: the client's way to a node, and the node's answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cia418/client.h"
#include "cia418/server.h"
#include <string.h>

#define NODE 5

/* --- client and server --- */

static struct cia418_client client;
static struct cia418_server server;
static int64_t now_us;
static bool cut;
static int requests;          /* of the client */
static uint32_t hidden_index; /* object that the node does not have; 0: none */

static const struct cia418_module MODULE = {.vendor = 0x2D2,
                                            .serial_number = 4711,
                                            .type = 0x21,
                                            .capacity_ah = 50,
                                            .max_current_a = 25,
                                            .cells = 16,
                                            .total_ah = 1000,
                                            .serial = "AB-12345.7",
                                            .software = "2.14.0-rc1",
                                            .status = 1,
                                            .temperature = -20,
                                            .voltage = 53 * 1024,
                                            .request = 20 * 16,
                                            .soc_percent = 61};

static void link_begin(void)
{
    now_us = 1000000;
    cut = false;
    requests = 0;
    hidden_index = 0;
    cia418_client_init(&client, NODE, false);
    cia418_server_init(&server, NODE, &MODULE);
}

static void hide(struct canframe *frame)
{
    bool object = frame->id == 0x580 + NODE && frame->data[0] >> 5 == 2 &&
                  (uint32_t)(frame->data[1] | frame->data[2] << 8) == hidden_index;
    if (!hidden_index || !object)
        return;
    const uint8_t NO_OBJECT[] = {0x00, 0x00, 0x02, 0x06};
    frame->data[0] = 0x80;
    memcpy(frame->data + 4, NO_OBJECT, 4);
}

static void link_run(double seconds)
{
    struct canframe frame;
    for (int64_t end_us = now_us + (int64_t)(seconds * 1e6); now_us < end_us; now_us += 10000) {
        cia418_client_on_time(&client, now_us);
        cia418_server_on_time(&server, now_us);
        for (bool any = true; any;) {
            any = false;
            while (cia418_client_next(&client, now_us, &frame)) {
                any = true;
                requests++;
                if (!cut)
                    cia418_server_on_frame(&server, &frame, now_us);
            }
            while (cia418_server_next(&server, &frame)) {
                any = true;
                hide(&frame);
                if (!cut)
                    cia418_client_on_frame(&client, &frame, now_us);
            }
        }
        assert_true(cia418_client_due_us(&client) >= now_us);
    }
}

static int64_t number(enum cia418_object object)
{
    return client.values[object].number;
}

static void a_node_is_met_started_and_read(void **state)
{
    (void)state;
    char serial[CIA418_TEXT_SIZE];
    link_begin();
    link_run(1);
    assert_int_equal(client.state, CIA418_CLIENT_PRESENT);
    assert_int_equal(server.state, CIA418_OPERATIONAL);
    assert_int_equal(server.heartbeat_ms, CIA418_HEARTBEAT_MS);
    assert_int_equal(number(CIA418_DEVICE_TYPE), 418);
    assert_int_equal(number(CIA418_VENDOR), 0x2D2);
    assert_int_equal(number(CIA418_SERIAL_NUMBER), 4711);
    assert_int_equal(number(CIA418_TYPE), 0x21);
    assert_int_equal(number(CIA418_CAPACITY), 50);
    assert_int_equal(number(CIA418_MAX_CURRENT), 25);
    assert_int_equal(number(CIA418_CELLS), 16);
    assert_int_equal(number(CIA418_TOTAL_CHARGE), 1000);
    assert_int_equal(number(CIA418_STATUS), 1);
    assert_int_equal(number(CIA418_TEMPERATURE), -20);
    assert_int_equal(number(CIA418_VOLTAGE), 53 * 1024);
    assert_int_equal(number(CIA418_REQUEST), 320);
    assert_int_equal(number(CIA418_SOC), 61);
    assert_string_equal(client.software, "2.14.0-rc1");
    cia418_client_serial(&client, serial);
    assert_string_equal(serial, "AB-12345.7");
    /* rounds go on, and each value stays fresh */
    for (int i = 0; i < 100; i++) {
        link_run(0.1);
        assert_true(now_us - client.values[CIA418_SOC].heard_us <= CIA418_ROUND_US + 10000);
    }
    server.module.soc_percent = 62;
    link_run(0.3);
    assert_int_equal(number(CIA418_SOC), 62);
}

static void serials_come_in_several_ways(void **state)
{
    (void)state;
    char serial[CIA418_TEXT_SIZE];
    link_begin();
    memcpy(server.module.serial, "\x01\x02\x03\x04\xFF\x00\x00\x00\x00\x00\x00", 12);
    link_run(1);
    cia418_client_serial(&client, serial);
    assert_string_equal(serial, "04030201-000000FF"); /* words, not text */

    link_begin();
    hidden_index = CIA418_INDEX_SERIAL;
    link_run(1);
    cia418_client_serial(&client, serial);
    assert_string_equal(serial, "2D2-4711"); /* vendor and serial number of 1018h */
    server.module.serial_number = 0;
    link_run(0.1);

    link_begin();
    hidden_index = CIA418_INDEX_SERIAL;
    server.module.serial_number = 0;
    link_run(1);
    cia418_client_serial(&client, serial);
    assert_string_equal(serial, "");
}

static void objects_that_are_not_there_are_not_asked_again(void **state)
{
    (void)state;
    link_begin();
    hidden_index = 0x6081;
    link_run(2);
    assert_int_equal(client.state, CIA418_CLIENT_PRESENT);
    assert_true(client.values[CIA418_SOC].missing);
    assert_int_equal(client.values[CIA418_SOC].heard_us, 0);
    hidden_index = 0;
    link_run(2);
    assert_int_equal(client.values[CIA418_SOC].heard_us, 0);
}

static void a_silent_node_is_absent_and_found_again(void **state)
{
    (void)state;
    link_begin();
    link_run(1);
    cut = true;
    link_run(1.3); /* three time-outs of SDO */
    assert_int_equal(client.state, CIA418_CLIENT_ABSENT);
    requests = 0;
    link_run(10);
    assert_in_range(requests, 20, 45); /* a start and a question, at most twice a second */
    cut = false;
    link_run(1);
    assert_int_equal(client.state, CIA418_CLIENT_PRESENT);
}

static void a_restarted_node_is_met_anew(void **state)
{
    (void)state;
    link_begin();
    link_run(1);
    struct cia418_module other = MODULE;
    memset(other.serial, 0, sizeof other.serial);
    memcpy(other.serial, "OTHER", 5);
    cia418_server_init(&server, NODE, &other); /* sends its boot-up message */
    link_run(0.5);
    char serial[CIA418_TEXT_SIZE];
    cia418_client_serial(&client, serial);
    assert_string_equal(serial, "OTHER");
    assert_int_equal(server.state, CIA418_OPERATIONAL);
    server.state = CIA418_PRE; /* somebody else stopped it */
    link_run(1.2);
    assert_int_equal(server.state, CIA418_OPERATIONAL);
}

static void a_heartbeat_that_ends_is_a_loss(void **state)
{
    (void)state;
    link_begin();
    link_run(2);
    int64_t begin_us = now_us;
    server.heartbeat_ms = 0;
    while (client.state == CIA418_CLIENT_PRESENT && now_us - begin_us < 4000000)
        link_run(0.05);
    assert_in_range((now_us - begin_us) / 1000, 1400, 2200);
}

static void the_charger_says_whether_it_gives(void **state)
{
    (void)state;
    link_begin();
    link_run(1);
    assert_int_equal(server.module.charger_status, 0);
    cia418_client_give(&client, true);
    link_run(0.3);
    assert_int_equal(server.module.charger_status, 1);
    server.module.charger_status = 0; /* it is repeated */
    link_run(1.3);
    assert_int_equal(server.module.charger_status, 1);
    cia418_client_give(&client, false);
    link_run(0.3);
    assert_int_equal(server.module.charger_status, 0);
}

static void the_server_refuses_what_it_must(void **state)
{
    (void)state;
    static const struct {
        uint8_t request[8];
        uint32_t code;
    } CASES[] = {
        {{0x40, 0x99, 0x99, 0}, SDO_ABORT_NO_OBJECT},
        {{0x40, 0x81, 0x60, 1}, SDO_ABORT_NO_SUBINDEX},
        {{0x40, 0x20, 0x60, 5}, SDO_ABORT_NO_SUBINDEX},
        {{0x40, 0x18, 0x10, 5}, SDO_ABORT_NO_SUBINDEX},
        {{0x2F, 0x81, 0x60, 0, 9}, SDO_ABORT_READ_ONLY},
        {{0x2F, 0x99, 0x99, 0, 9}, SDO_ABORT_NO_OBJECT},
        {{0x2B, 0x01, 0x60, 0, 9, 9}, SDO_ABORT_LENGTH},
        {{0x21, 0x01, 0x60, 0, 9}, SDO_ABORT_COMMAND},
        {{0x60}, SDO_ABORT_COMMAND},
        {{0xE0}, SDO_ABORT_COMMAND},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct canframe frame = {.id = 0x605, .length = 8};
        link_begin();
        while (cia418_server_next(&server, &frame))
            ; /* its boot-up message */
        frame = (struct canframe){.id = 0x605, .length = 8};
        memcpy(frame.data, CASES[i].request, 8);
        cia418_server_on_frame(&server, &frame, now_us);
        assert_true(cia418_server_next(&server, &frame));
        assert_int_equal(frame.data[0], 0x80);
        assert_int_equal(sdo_number(frame.data + 4, 4, false), CASES[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_is_met_started_and_read),
        cmocka_unit_test(serials_come_in_several_ways),
        cmocka_unit_test(objects_that_are_not_there_are_not_asked_again),
        cmocka_unit_test(a_silent_node_is_absent_and_found_again),
        cmocka_unit_test(a_restarted_node_is_met_anew),
        cmocka_unit_test(a_heartbeat_that_ends_is_a_loss),
        cmocka_unit_test(the_charger_says_whether_it_gives),
        cmocka_unit_test(the_server_refuses_what_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

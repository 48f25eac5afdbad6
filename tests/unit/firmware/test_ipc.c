/* SPDX-License-Identifier: Apache-2.0 */
/* Packets and sockets between engine and monitor. */
#include "ipc/ipc.h"
#include "protocol/message.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int decode(const char *text, struct ipc_packet *packet, struct err *err)
{
    return ipc_decode(text, strlen(text), packet, err);
}

/* One good packet of every type, as the peers write them. */
static const char *const GOOD[IPC_TYPE_COUNT] = {
    [IPC_REGISTER_REQUEST] =
        "{\"type\":\"register_request\",\"message_id\":\"m1\",\"id\":\"1231\",\"location\":\"x\","
        "\"price_per_kwh\":0.2,\"mark\":{\"boot\":0,\"seq\":0}}",
    [IPC_REGISTER_RESPONSE] =
        "{\"type\":\"register_response\",\"message_id\":\"m1\",\"status\":\"accepted\",\"boot\":3,"
        "\"board\":\"sim\",\"fw\":\"0.1.0\",\"bays\":8,\"latitude\":46.5,\"longitude\":6.5,"
        "\"open_command\":\"\"}",
    [IPC_HEALTH_CHECK_REQUEST] = "{\"type\":\"health_check_request\",\"message_id\":\"m2\","
                                 "\"id\":\"1231\",\"timestamp\":1234567890}",
    [IPC_HEALTH_CHECK_RESPONSE] =
        "{\"type\":\"health_check_response\",\"message_id\":\"m2\",\"id\":\"1231\","
        "\"timestamp\":1234567890,\"mode\":\"normal\",\"state\":\"ACTIVE\"}",
    [IPC_STATUS_REQUEST] = "{\"type\":\"status_request\",\"message_id\":\"m3\"}",
    [IPC_STATUS] = "{\"type\":\"status\",\"message_id\":\"e1\",\"time\":1700000000000000,"
                   "\"transition\":true,\"data\":{\"station\":{},\"battery\":[]}}",
    [IPC_CHARGE_REQUEST] =
        "{\"type\":\"charge_request\",\"message_id\":\"m4\",\"cp_id\":\"1231\",\"driver_id\":\"d\","
        "\"vehicle_id\":\"v\",\"request_id\":\"r\",\"command\":\"c\"}",
    [IPC_CHARGE_RESPONSE] = "{\"type\":\"charge_response\",\"message_id\":\"m4\","
                            "\"status\":\"refused\",\"reason\":\"Busy\"}",
    [IPC_SESSION_REQUEST] =
        "{\"type\":\"session_request\",\"message_id\":\"m5\",\"cp_id\":\"1231\",\"action\":"
        "\"start\",\"bay\":2,\"session\":\"s\",\"target_soc\":90,\"power_kw\":3.5,"
        "\"command\":\"c\"}",
    [IPC_SESSION_RESPONSE] =
        "{\"type\":\"session_response\",\"message_id\":\"m5\",\"status\":\"accepted\"}",
    [IPC_RESERVE_REQUEST] =
        "{\"type\":\"reserve_request\",\"message_id\":\"m6\",\"cp_id\":\"1231\",\"action\":"
        "\"cancel\",\"request_id\":\"r\",\"command\":\"c\"}",
    [IPC_RESERVE_RESPONSE] =
        "{\"type\":\"reserve_response\",\"message_id\":\"m6\",\"status\":\"accepted\"}",
    [IPC_CONFIG_REQUEST] =
        "{\"type\":\"config_request\",\"message_id\":\"m7\",\"values\":{\"target_soc\":"
        "{\"version\":2,\"value\":90}}}",
    [IPC_CONFIG_RESPONSE] =
        "{\"type\":\"config_response\",\"message_id\":\"m7\",\"status\":\"accepted\"}",
    [IPC_RESTART_REQUEST] =
        "{\"type\":\"restart_request\",\"message_id\":\"m8\",\"mode\":\"service\"}",
    [IPC_EVENT_ACK] = "{\"type\":\"event_ack\",\"message_id\":\"m9\",\"boot\":1,\"seq\":7}",
    [IPC_EVENT] = "{\"type\":\"event\",\"message_id\":\"e2\",\"boot\":1,\"seq\":7,\"time\":1,"
                  "\"age_ms\":0,\"kind\":17,\"data\":{}}",
    [IPC_CHARGE_COMPLETION] =
        "{\"type\":\"charge_completion\",\"message_id\":\"e3\",\"boot\":1,\"seq\":8,\"time\":1,"
        "\"age_ms\":0,\"command\":\"c\",\"request_id\":\"r\",\"outcome\":\"done\",\"reason\":\"\"}",
    [IPC_TOKEN_PRESENTED] =
        "{\"type\":\"token_presented\",\"message_id\":\"e5\",\"token\":\"CARD-7\","
        "\"vehicle_id\":\"\"}",
    [IPC_TOKEN_RESPONSE] = "{\"type\":\"token_response\",\"message_id\":\"e5\","
                           "\"status\":\"refused\",\"reason\":\"Unauthorized\"}",
    [IPC_FAULT_NOTIFICATION] =
        "{\"type\":\"fault_notification\",\"message_id\":\"e4\",\"id\":\"1231\","
        "\"failure_info\":\"no space\"}",
    [IPC_CONSOLE_REQUEST] = "{\"type\":\"console_request\",\"message_id\":\"c1\","
                            "\"verb\":\"light\",\"on\":true,\"answer\":\"\"}",
    [IPC_CONSOLE_RESPONSE] =
        "{\"type\":\"console_response\",\"message_id\":\"c1\",\"status\":\"refused\","
        "\"reason\":\"SafetyLock\",\"text\":\"the contactor is closed\"}",
};

static void test_every_type_is_read(void **state)
{
    (void)state;
    for (int i = 0; i < IPC_TYPE_COUNT; i++) {
        struct ipc_packet packet;
        struct err err = {0};
        if (decode(GOOD[i], &packet, &err) < 0)
            fail_msg("%s: %s", GOOD[i], err.text);
        assert_int_equal(packet.type, i);
        assert_non_null(strstr(GOOD[i], ipc_type_name(packet.type)));
        ipc_packet_free(&packet);
    }
}

/* Each required field taken away, and given a wrong kind, is refused with a sentence about it. */
static void test_every_required_field_is_required(void **state)
{
    (void)state;
    static const char *const optional[] = {
        "location",  "price_per_kwh", "board",  "fw",      "latitude",
        "longitude", "open_command",  "reason", "session", "target_soc",
        "power_kw",  "request_id",    "on",     "answer",  "text"};
    int checked = 0;
    for (int i = 0; i < IPC_TYPE_COUNT; i++) {
        cJSON *whole = cJSON_Parse(GOOD[i]);
        for (int k = 0; k < cJSON_GetArraySize(whole); k++) {
            cJSON *copy = cJSON_Duplicate(whole, true);
            const char *name = cJSON_GetArrayItem(whole, k)->string;
            bool is_optional = false;
            for (size_t o = 0; o < sizeof(optional) / sizeof(optional[0]); o++)
                is_optional = is_optional || strcmp(optional[o], name) == 0;
            cJSON_DeleteItemFromArray(copy, k);
            char *text = cJSON_PrintUnformatted(copy);
            struct ipc_packet packet;
            struct err err = {0};
            int rc = decode(text, &packet, &err);
            if (!is_optional) {
                assert_int_equal(rc, ERR_PROTOCOL);
                assert_non_null(strstr(err.text, name));
                checked++;
            }
            ipc_packet_free(&packet);
            cJSON_AddItemToObject(copy, name, cJSON_CreateIntArray((const int[]){1}, 1));
            cJSON_free(text);
            text = cJSON_PrintUnformatted(copy);
            assert_int_equal(decode(text, &packet, &err),
                             ERR_PROTOCOL); /* an array is never right */
            cJSON_free(text);
            cJSON_Delete(copy);
        }
        cJSON_Delete(whole);
    }
    assert_true(checked > 50);
}

static void test_bad_packets(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "packet"},
        {"[]", "object"},
        {"{\"type\":\"status_request\"}", "message_id"},
        {"{\"type\":\"status_request\",\"message_id\":\"\"}", "message_id"},
        {"{\"type\":\"status_request\",\"message_id\":\"a\",\"message_id\":\"b\"}", "message_id"},
        {"{\"type\":\"nonsense\",\"message_id\":\"a\"}", "nonsense"},
        {"{\"type\":5,\"message_id\":\"a\"}", "type"},
        {"{\"type\":\"event_ack\",\"message_id\":\"a\",\"boot\":1.5,\"seq\":1}", "boot"},
        {"{\"type\":\"event_ack\",\"message_id\":\"a\",\"boot\":1e300,\"seq\":1}", "boot"},
        {"{\"type\":\"charge_response\",\"message_id\":\"a\",\"status\":\"maybe\"}", "accepted"},
        {"{\"type\":\"register_request\",\"message_id\":\"a\",\"id\":\"x\",\"mark\":{\"boot\":1}}",
         "mark.seq"},
        {"{\"type\":\"status_request\",\"message_id\":\"a\"}x", "packet"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ipc_packet packet;
        struct err err = {0};
        assert_int_equal(decode(cases[i].text, &packet, &err), ERR_PROTOCOL);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.text);
        assert_null(packet.json);
    }
}

static void test_typed_access(void **state)
{
    (void)state;
    struct ipc_packet packet;
    assert_int_equal(decode(GOOD[IPC_SESSION_REQUEST], &packet, NULL), 0);
    assert_string_equal(packet.message_id, "m5");
    assert_string_equal(ipc_text(&packet, "session"), "s");
    assert_string_equal(ipc_text(&packet, "absent"), "");
    assert_int_equal(ipc_integer(&packet, "bay"), 2);
    assert_true(ipc_integer(&packet, "absent") == MESSAGE_ABSENT);
    assert_true(ipc_real(&packet, "power_kw") == 3.5);
    assert_true(isnan(ipc_real(&packet, "absent")));
    ipc_packet_free(&packet);
    assert_int_equal(decode(GOOD[IPC_REGISTER_REQUEST], &packet, NULL), 0);
    assert_int_equal(ipc_integer(&packet, "mark.seq"), 0);
    ipc_packet_free(&packet);
}

static void test_encode(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    cJSON *object = ipc_begin(IPC_EVENT_ACK, "m9");
    cJSON_AddNumberToObject(object, "boot", 9007199254740991.0);
    cJSON_AddNumberToObject(object, "seq", 7);
    assert_int_equal(ipc_encode(object, &text, NULL), 0);
    struct ipc_packet packet;
    assert_int_equal(decode(strbuf_text(&text), &packet, NULL), 0);
    assert_true(ipc_integer(&packet, "boot") == INT64_C(9007199254740991));
    ipc_packet_free(&packet);

    struct err err = {0};
    char *big = malloc(IPC_PACKET_MAX + 1);
    memset(big, 'x', IPC_PACKET_MAX);
    big[IPC_PACKET_MAX] = '\0';
    object = ipc_begin(IPC_RESTART_REQUEST, "m1");
    cJSON_AddStringToObject(object, "mode", big);
    strbuf_clear(&text);
    assert_int_equal(ipc_encode(object, &text, &err), ERR_INVALID);
    free(big);
}

/* Sockets ----------------------------------------------------------------------------------------
 */

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/swapstack-ipc-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/e.sock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    return 0;
}

static void wait_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 10000), 1);
}

static void test_sockets(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf got = STRBUF_INIT;
    struct err err = {0};
    assert_int_equal(ipc_connect(path, &err), ERR_UNAVAILABLE);
    int listening = ipc_listen(path, &err);
    assert_true(listening >= 0);
    assert_int_equal(ipc_accept(listening, &err), ERR_BUSY);
    int client = ipc_connect(path, &err);
    assert_true(client >= 0);
    wait_readable(listening);
    int server = ipc_accept(listening, &err);
    assert_true(server >= 0);

    assert_int_equal(ipc_receive(server, &got, &err), ERR_BUSY);
    assert_int_equal(ipc_send(client, "one", 3, &err), 0);
    assert_int_equal(ipc_send(client, "three", 5, &err), 0);
    wait_readable(server);
    assert_int_equal(ipc_receive(server, &got, &err), 0);
    assert_string_equal(strbuf_text(&got), "one"); /* packets keep their borders */
    assert_int_equal(ipc_receive(server, &got, &err), 0);
    assert_string_equal(strbuf_text(&got), "three");

    char *big = calloc(1, IPC_PACKET_MAX);
    assert_int_equal(ipc_send(client, big, IPC_PACKET_MAX, &err), 0); /* the largest that may be */
    wait_readable(server);
    assert_int_equal(ipc_receive(server, &got, &err), 0);
    assert_int_equal(got.length, IPC_PACKET_MAX);
    int rc, sent = 0;
    while ((rc = ipc_send(client, big, 1024, &err)) == 0)
        sent++;
    assert_int_equal(rc, ERR_BUSY); /* a peer that does not read */
    for (; sent > 0; sent--)
        assert_int_equal(ipc_receive(server, &got, &err), 0);
    free(big);

    close(client);
    wait_readable(server);
    assert_int_equal(ipc_receive(server, &got, &err), ERR_UNAVAILABLE);
    assert_int_equal(ipc_send(server, "x", 1, &err), ERR_UNAVAILABLE);
    close(server);
    close(listening);
}

static void test_stale_socket(void **state)
{
    (void)state;
    struct err err = {0};
    int first = ipc_listen(path, &err);
    assert_true(first >= 0);
    int client = ipc_connect(path, &err);
    assert_int_equal(ipc_listen(path, &err), ERR_EXISTS); /* somebody serves */
    wait_readable(first);
    int server = ipc_accept(first, &err);
    assert_true(server >= 0);
    assert_int_equal(ipc_accept(first, &err), ERR_BUSY); /* and was not disturbed by the question */
    close(first);
    close(server);
    close(client);
    int second = ipc_listen(path, &err); /* left behind, as after kill -9 */
    assert_true(second >= 0);
    close(second);
    unlink(path);
    FILE *file = fopen(path, "we");
    fclose(file);
    assert_int_equal(ipc_listen(path, &err), ERR_EXISTS); /* no socket: not ours to remove */
    char longer[256];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(ipc_listen(longer, &err), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_is_read),
        cmocka_unit_test(test_every_required_field_is_required),
        cmocka_unit_test(test_bad_packets),
        cmocka_unit_test(test_typed_access),
        cmocka_unit_test(test_encode),
        cmocka_unit_test_setup_teardown(test_sockets, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_stale_socket, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoder reads from good messages, and what the encoder does not write. */
#include "shared/check.h"

#include "protocol/message.h"

/* Decodes a text that must be good. The caller frees. */
static struct message good(const char *text)
{
    struct message message;
    enum message_quality quality;
    struct err err = {0};
    if (message_decode(text, strlen(text), &message, &quality, &err) != 0)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(quality, MESSAGE_GOOD);
    return message;
}

static void reads_the_bare_station_info(void **state)
{
    (void)state;
    struct message message =
        good("{\"device\":\"1231\",\"type\":0,\"data\":{\"battery\":{\"bluetooth\":true,"
             "\"charge\":false,\"maxVol\":4.1}},\"time\":\"2016-2-1\"}");
    assert_string_equal(message.device, "1231");
    assert_int_equal(message.type, MESSAGE_STATION_INFO);
    assert_int_equal(message.time.precision, TIMESTAMP_DATE);
    assert_int_equal(message.time.us, 1454284800000000);
    assert_int_equal(message.version, MESSAGE_ABSENT);
    assert_int_equal(message.place.lane, LANE_ABSENT);
    assert_int_equal(message.place.boot, MESSAGE_ABSENT);
    assert_int_equal(message.up_ms, MESSAGE_ABSENT);
    assert_false(message.live);
    const struct message_station_info *info = &message.data.station_info;
    assert_false(info->station.present);
    assert_true(isnan(info->station.latitude));
    assert_int_equal(info->battery_count, 1);
    assert_int_equal(info->batteries[0].slot, 1);
    assert_int_equal(info->batteries[0].bluetooth, TRI_TRUE);
    assert_int_equal(info->batteries[0].charge, TRI_FALSE);
    assert_true(info->batteries[0].max_cell_v == 4.1);
    assert_true(isnan(info->batteries[0].soc_percent));
    assert_int_equal(info->batteries[0].cycles, MESSAGE_ABSENT);
    assert_string_equal(info->batteries[0].bid, "");
    message_free(&message);
}

static void null_is_absent_everywhere(void **state)
{
    (void)state;
    struct message message = good(
        "{\"device\":\"a\",\"type\":0,\"time\":null,\"v\":null,\"lane\":null,\"live\":null,"
        "\"data\":"
        "{\"station\":{\"state\":null,\"counts\":null,\"bays\":null,\"config\":null},"
        "\"battery\":[{\"maxVol\":null,\"charge\":null,\"bid\":null,\"slot\":null,\"errors\":null}]"
        "}}");
    assert_int_equal(message.time.precision, TIMESTAMP_ABSENT);
    assert_true(message.data.station_info.station.present);
    assert_int_equal(message.data.station_info.batteries[0].slot, MESSAGE_ABSENT);
    assert_true(isnan(message.data.station_info.batteries[0].max_cell_v));
    assert_int_equal(message.data.station_info.batteries[0].charge, TRI_ABSENT);
    message_free(&message);
}

static void reads_the_bare_commands(void **state)
{
    (void)state;
    struct message message = good("{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"1234\","
                                  "\"vehicle\":\"1235\"},\"time\":\"2016-2-1\"}");
    assert_string_equal(message.data.ask_charge.user, "1234");
    assert_string_equal(message.data.ask_charge.vehicle, "1235");
    assert_true(isnan(message.data.ask_charge.ttl_s));
    message_free(&message);
    for (int type = 2; type <= 4; type++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"device\":\"1231\",\"type\":%d,\"time\":\"2016-2-1\"}",
                       type);
        message = good(text);
        assert_true(message_type_is_command(message.type));
        assert_true(type == 2 || isnan(message.data.control.seconds));
        message_free(&message);
    }
    message = good("{\"device\":\"*\",\"type\":2}");
    assert_string_equal(message.device, "*");
    message_free(&message);
}

static void whole_numbers_may_have_a_point(void **state)
{
    (void)state;
    struct message message = good("{\"device\":\"a\",\"type\":4.0,\"time\":1795248930123.0,"
                                  "\"data\":{\"seconds\":12.5,\"unknown\":[{}]},\"more\":{}}");
    assert_int_equal(message.type, 4);
    assert_int_equal(message.time.us, 1795248930123000);
    assert_true(message.data.control.seconds == 12.5);
    message_free(&message);
}

static void errors_are_joined(void **state)
{
    (void)state;
    struct message message = good("{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":["
                                  "{\"errors\":[\"E1\",7,2.5]},{\"errors\":\"E9\"},{\"errors\":[]}]"
                                  "}}");
    const struct message_battery *batteries = message.data.station_info.batteries;
    assert_string_equal(batteries[0].errors, "E1,7,2.5");
    assert_string_equal(batteries[1].errors, "E9");
    assert_string_equal(batteries[2].errors, "");
    message_free(&message);
}

static void reads_place_and_marks(void **state)
{
    (void)state;
    struct message message =
        good("{\"device\":\"a\",\"type\":32,\"v\":1,\"journal\":\"00FF\",\"boot\":2,\"lane\":"
             "\"telemetry\",\"seq\":9,\"prev\":7,\"up\":5,\"clock\":\"unsynced\",\"id\":\"x\","
             "\"data\":{\"journal\":\"0a\",\"boot\":3,\"event\":0,\"telemetry\":12,"
             "\"resend\":[\"telemetry\"]}}");
    assert_string_equal(message.place.journal, "00ff");
    assert_int_equal(message.place.boot, 2);
    assert_int_equal(message.place.lane, LANE_TELEMETRY);
    assert_int_equal(message.place.seq, 9);
    assert_int_equal(message.place.prev, 7);
    assert_int_equal(message.up_ms, 5);
    assert_int_equal(message.clock, CLOCK_QUALITY_UNSYNCED);
    assert_string_equal(message.id, "x");
    assert_int_equal(message.data.ack.event, 0);
    assert_int_equal(message.data.ack.telemetry, 12);
    assert_true(message.data.ack.resend_telemetry);
    assert_false(message.data.ack.resend_event);
    message_free(&message);
}

static void config_values_are_compact_json(void **state)
{
    (void)state;
    struct message message =
        good("{\"device\":\"a\",\"type\":34,\"data\":{\"price\":{\"version\":3,\"value\":1.50},"
             "\"mode\":{\"version\":4,\"value\":\"auto\"},\"gone\":null,"
             "\"windows\":{\"version\":5,\"value\":[ {\"from\" : 22} ]}}}");
    const struct message_config *config = &message.data.set_config;
    assert_int_equal(config->count, 3);
    assert_string_equal(config->items[0].key, "price");
    assert_int_equal(config->items[0].version, 3);
    assert_string_equal(config->items[0].value, "1.5");
    assert_string_equal(config->items[1].value, "\"auto\"");
    assert_string_equal(config->items[2].value, "[{\"from\":22}]");
    message_free(&message);
}

static void bad_data_leaves_a_usable_envelope(void **state)
{
    (void)state;
    const char *text = "{\"device\":\"1231\",\"type\":20,\"v\":1,\"journal\":\"ab\",\"boot\":1,"
                       "\"lane\":\"event\",\"seq\":5,\"prev\":4,\"data\":{\"session\":\"s\"}}";
    struct message message;
    enum message_quality quality;
    assert_int_equal(message_decode(text, strlen(text), &message, &quality, NULL), ERR_INVALID);
    assert_int_equal(quality, MESSAGE_ENVELOPE_ONLY);
    assert_string_equal(message.device, "1231");
    assert_int_equal(message.place.seq, 5);
    assert_int_equal(message.place.prev, 4);
    message_free(&message);
}

static void half_read_arrays_are_released(void **state)
{
    (void)state; /* the leak check of ASan is the assertion here, with message_free twice */
    const char *text =
        "{\"device\":\"a\",\"type\":0,\"data\":{\"station\":{\"bays\":[{\"slot\":1}]},"
        "\"battery\":[{\"bid\":\"x\"},{\"soc\":101}]}}";
    struct message message;
    enum message_quality quality;
    assert_int_equal(message_decode(text, strlen(text), &message, &quality, NULL), ERR_INVALID);
    message_free(&message);
    assert_null(message.data.station_info.batteries);
    message_free(&message);
}

static void wrong_messages_are_not_written(void **state)
{
    (void)state;
    struct message message;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    strbuf_append_text(&text, "kept");

    message_init(&message, MESSAGE_STATUS);
    assert_int_equal(message_encode(&message, &text, &err), ERR_INVALID);
    check_sentence(&err, "device: \"\" is not 1 to 64 of");
    memcpy(message.device, "a", 2);
    message.data.status.conn = -1;
    assert_int_equal(message_encode(&message, &text, &err), ERR_INVALID);
    check_sentence(&err, "data.conn: -1 is outside 0..");
    message.data.status.conn = 1;
    memcpy(message.data.status.reason, "\xff", 2);
    assert_int_equal(message_encode(&message, &text, &err), ERR_INVALID);
    check_sentence(&err, "expected UTF-8");
    memset(message.data.status.reason, 'r', sizeof message.data.status.reason);
    assert_int_equal(message_encode(&message, &text, &err), ERR_INVALID);
    check_sentence(&err, "data.reason: the text has no end");
    message.data.status.reason[0] = '\0';
    message.place.lane = LANE_EVENT;
    assert_int_equal(message_encode(&message, &text, &err), ERR_INVALID);
    check_sentence(&err, "journal: it is missing");
    message.place.lane = LANE_ABSENT;
    message.version = 2;
    assert_int_equal(message_encode(&message, &text, &err), ERR_INVALID);
    message.version = 1;
    assert_string_equal(strbuf_text(&text), "kept"); /* a failed message leaves nothing behind */
    assert_int_equal(message_encode(&message, &text, &err), 0);
    assert_string_equal(strbuf_text(&text),
                        "kept{\"device\":\"a\",\"type\":21,\"v\":1,\"data\":{\"online\":false,"
                        "\"conn\":1}}");

    message_init(&message, MESSAGE_CHARGE_SESSION);
    memcpy(message.device, "a", 2);
    assert_int_equal(message_encode(&message, &text, &err), ERR_INVALID);
    check_sentence(&err, "data.session: it is missing");
    message_init(&message, 99);
    assert_int_equal(message_encode(&message, &text, &err), ERR_INVALID);
    check_sentence(&err, "type: 99 is not a known type");
    message_init(&message, MESSAGE_SET_CONFIG);
    memcpy(message.device, "a", 2);
    message.data.set_config.count = 1;
    memcpy(message.data.set_config.items[0].key, "k", 2);
    message.data.set_config.items[0].version = 1;
    memcpy(message.data.set_config.items[0].value, "auto", 5);
    assert_int_equal(message_encode(&message, &text, &err), ERR_INVALID);
    check_sentence(&err, "data.k.value: \"auto\" is no JSON value: byte 0");
}

static void largest_station_fits(void **state)
{
    (void)state;
    struct message message;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    message_init(&message, MESSAGE_STATION_INFO);
    memcpy(message.device, "a", 2);
    struct message_station_info *info = &message.data.station_info;
    info->battery_count = MESSAGE_BAYS_MAX;
    info->batteries = calloc(MESSAGE_BAYS_MAX, sizeof *info->batteries);
    assert_non_null(info->batteries);
    for (size_t i = 0; i < MESSAGE_BAYS_MAX; i++) {
        struct message_battery *battery = &info->batteries[i];
        message_battery_init(battery);
        memset(battery->bid, 'b', sizeof battery->bid - 1);
        memset(battery->errors, 'e', sizeof battery->errors - 1);
        battery->pack_v = battery->pack_a = battery->max_cell_v = 0.1 + 0.2;
    }
    assert_int_equal(message_encode(&message, &text, &err), 0);
    assert_true(text.length < MESSAGE_MAX_BYTES);
    message_free(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_bare_station_info),
        cmocka_unit_test(null_is_absent_everywhere),
        cmocka_unit_test(reads_the_bare_commands),
        cmocka_unit_test(whole_numbers_may_have_a_point),
        cmocka_unit_test(errors_are_joined),
        cmocka_unit_test(reads_place_and_marks),
        cmocka_unit_test(config_values_are_compact_json),
        cmocka_unit_test(bad_data_leaves_a_usable_envelope),
        cmocka_unit_test(half_read_arrays_are_released),
        cmocka_unit_test(wrong_messages_are_not_written),
        cmocka_unit_test(largest_station_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoder accepts and the sentence with which it refuses the rest. */
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

static const struct {
    const char *text;
    enum message_quality quality;
    const char *sentence;
} refused[] = {
    /* nothing to go by */
    {"", MESSAGE_UNREADABLE, "byte 0: the text ends"},
    {"garbage", MESSAGE_UNREADABLE, "byte 0: found 'g', expected a JSON value"},
    {"[]", MESSAGE_UNREADABLE, "message: an array is not an object"},
    {"3", MESSAGE_UNREADABLE, "message: 3 is not an object"},
    {"{}", MESSAGE_UNREADABLE, "device: it is missing"},
    {"{\"device\":1231,\"type\":0}", MESSAGE_UNREADABLE,
     "device: 1231 is not a text of 1 to 64 of A-Za-z0-9._-"},
    {"{\"device\":\"a/b\",\"type\":0}", MESSAGE_UNREADABLE, "device: the text \"a/b\" is not"},
    {"{\"device\":\"\",\"type\":0}", MESSAGE_UNREADABLE, "device: the text \"\" is not"},
    {"{\"device\":\"*\",\"type\":0}", MESSAGE_UNREADABLE, "device: \"*\" can only be told"},
    {"{\"device\":\"a\"}", MESSAGE_UNREADABLE, "type: it is missing"},
    {"{\"device\":\"a\",\"type\":\"0\"}", MESSAGE_UNREADABLE,
     "type: the text \"0\" is not a whole number"},
    {"{\"device\":\"a\",\"type\":0.5}", MESSAGE_UNREADABLE, "type: 0.5 is not a whole number"},
    {"{\"device\":\"a\",\"type\":-1}", MESSAGE_UNREADABLE, "type: -1 is outside 0..65535"},
    {"{\"device\":\"a\",\"type\":true}", MESSAGE_UNREADABLE, "type: true is not a whole number"},
    {"{\"device\":\"a\",\"type\":2,\"type\":2}", MESSAGE_UNREADABLE, "\"type\" is given twice"},
    {"{\"device\":\"a\",\"type\":2,\"time\":\"soon\"}", MESSAGE_UNREADABLE,
     "time: \"soon\" is no time: accepted are"},
    {"{\"device\":\"a\",\"type\":2,\"time\":-5}", MESSAGE_UNREADABLE, "time: -5 is no time"},
    {"{\"device\":\"a\",\"type\":2,\"time\":{}}", MESSAGE_UNREADABLE,
     "time: an object is not a time"},
    {"{\"device\":\"a\",\"type\":2,\"v\":0}", MESSAGE_UNREADABLE, "v: 0 is outside 1..65535"},
    {"{\"device\":\"a\",\"type\":2,\"live\":1}", MESSAGE_UNREADABLE,
     "live: 1 is not true or false"},
    {"{\"device\":\"a\",\"type\":2,\"clock\":\"good\"}", MESSAGE_UNREADABLE,
     "clock: the text \"good\" is not \"synced\" or \"unsynced\""},
    {"{\"device\":\"a\",\"type\":2,\"lane\":\"x\"}", MESSAGE_UNREADABLE,
     "lane: the text \"x\" is not \"event\" or \"telemetry\""},
    {"{\"device\":\"a\",\"type\":2,\"lane\":\"event\"}", MESSAGE_UNREADABLE,
     "journal: it is missing, but lane is given"},
    {"{\"device\":\"a\",\"type\":2,\"lane\":\"event\",\"journal\":\"a\",\"boot\":1}",
     MESSAGE_UNREADABLE, "seq: it is missing, but lane is given"},
    {"{\"device\":\"a\",\"type\":2,\"seq\":1}", MESSAGE_UNREADABLE,
     "seq: without lane it is no place in a journal"},
    {"{\"device\":\"a\",\"type\":2,\"journal\":\"xyz\"}", MESSAGE_UNREADABLE,
     "journal: \"xyz\" is not made of hexadecimal digits"},
    {"{\"device\":\"a\",\"type\":2,\"journal\":\"000000000000000000000000000000000\"}",
     MESSAGE_UNREADABLE, "journal: a text of 33 bytes, at most 32 are allowed"},
    {"{\"device\":\"a\",\"type\":2,\"lane\":\"event\",\"journal\":\"a\",\"boot\":1,\"seq\":4,"
     "\"prev\":4}",
     MESSAGE_UNREADABLE, "prev: 4 is not below seq 4"},
    {"{\"device\":\"a\",\"type\":2,\"lane\":\"event\",\"journal\":\"a\",\"boot\":1,\"seq\":4,"
     "\"live\":true}",
     MESSAGE_UNREADABLE, "live: a journaled message cannot be live"},
    {"{\"device\":\"a\",\"type\":2,\"boot\":0}", MESSAGE_UNREADABLE, "boot: 0 is outside 1.."},
    {"{\"device\":\"a\",\"type\":2,\"up\":1e300}", MESSAGE_UNREADABLE, "up: 1e+300 is outside 0.."},

    /* an envelope, but data that cannot be used */
    {"{\"device\":\"a\",\"type\":5}", MESSAGE_ENVELOPE_ONLY, "type: 5 is not a known type"},
    {"{\"device\":\"a\",\"type\":0,\"v\":2}", MESSAGE_ENVELOPE_ONLY, "v: 2 is a later protocol"},
    {"{\"device\":\"a\",\"type\":0}", MESSAGE_ENVELOPE_ONLY, "data: it is missing"},
    {"{\"device\":\"a\",\"type\":0,\"data\":[]}", MESSAGE_ENVELOPE_ONLY,
     "data: an array is not an object"},
    {"{\"device\":\"a\",\"type\":2,\"data\":7}", MESSAGE_ENVELOPE_ONLY, "data: 7 is not an object"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{}}", MESSAGE_ENVELOPE_ONLY,
     "data: neither station nor battery is there"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":[{},{},{},{\"soc\":140}]}}",
     MESSAGE_ENVELOPE_ONLY, "data.battery[3].soc: 140 is outside 0..100"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":{\"soc\":\"50\"}}}", MESSAGE_ENVELOPE_ONLY,
     "data.battery.soc: the text \"50\" is not a number"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":{\"slot\":0}}}", MESSAGE_ENVELOPE_ONLY,
     "data.battery.slot: 0 is outside 1..64"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":{\"charge\":\"yes\"}}}",
     MESSAGE_ENVELOPE_ONLY, "data.battery.charge: the text \"yes\" is not true or false"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":{\"maxTemp\":-300}}}",
     MESSAGE_ENVELOPE_ONLY, "data.battery.maxTemp: -300 is outside -273..1000"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":{\"errors\":[{}]}}}",
     MESSAGE_ENVELOPE_ONLY, "data.battery.errors: an object is not a text or a number"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":[7]}}", MESSAGE_ENVELOPE_ONLY,
     "data.battery[0]: 7 is not an object"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":\"full\"}}", MESSAGE_ENVELOPE_ONLY,
     "data.battery: the text \"full\" is not an object"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"station\":{\"state\":\"FINE\"}}}",
     MESSAGE_ENVELOPE_ONLY, "data.station.state: \"FINE\" is not one of ACTIVE|CHARGING"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"station\":{\"counts\":{\"empty\":-1}}}}",
     MESSAGE_ENVELOPE_ONLY, "data.station.counts.empty: -1 is outside 0..100000"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"station\":{\"counts\":[]}}}", MESSAGE_ENVELOPE_ONLY,
     "data.station.counts: an array is not an object"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"station\":{\"latitude\":91}}}",
     MESSAGE_ENVELOPE_ONLY, "data.station.latitude: 91 is outside -90..90"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"station\":{\"bays\":[{\"slot\":1},{}]}}}",
     MESSAGE_ENVELOPE_ONLY, "data.station.bays[1].slot: it is missing"},
    {"{\"device\":\"a\",\"type\":0,\"data\":{\"station\":{\"config\":{\"k\":{\"value\":1}}}}}",
     MESSAGE_ENVELOPE_ONLY, "data.station.config.k.version: it is missing"},
    {"{\"device\":\"a\",\"type\":1,\"data\":{\"user\":\"u\"}}", MESSAGE_ENVELOPE_ONLY,
     "data.vehicle: it is missing"},
    {"{\"device\":\"a\",\"type\":1,\"data\":{\"user\":\"\",\"vehicle\":\"v\"}}",
     MESSAGE_ENVELOPE_ONLY, "data.user: it is missing"},
    {"{\"device\":\"a\",\"type\":1,\"data\":{\"user\":12,\"vehicle\":\"v\"}}",
     MESSAGE_ENVELOPE_ONLY, "data.user: 12 is not a text"},
    {"{\"device\":\"a\",\"type\":3,\"data\":{\"mode\":\"hard\"}}", MESSAGE_ENVELOPE_ONLY,
     "data.mode: \"hard\" is not one of service|reboot"},
    {"{\"device\":\"a\",\"type\":4,\"data\":{\"seconds\":-1}}", MESSAGE_ENVELOPE_ONLY,
     "data.seconds: -1 is outside 0.."},
    {"{\"device\":\"a\",\"type\":17,\"data\":{\"event\":\"Load\",\"battery\":{\"bid\":\"b\"}}}",
     MESSAGE_ENVELOPE_ONLY, "data.event: \"Load\" is not one of Off-Load|On-Load|Timeout"},
    {"{\"device\":\"a\",\"type\":17,\"data\":{\"event\":\"On-Load\",\"battery\":{}}}",
     MESSAGE_ENVELOPE_ONLY, "data.battery.bid: it is missing"},
    {"{\"device\":\"a\",\"type\":17,\"data\":{\"event\":\"On-Load\"}}", MESSAGE_ENVELOPE_ONLY,
     "data.battery: it is missing"},
    {"{\"device\":\"a\",\"type\":18,\"data\":{\"code\":\"c\"}}", MESSAGE_ENVELOPE_ONLY,
     "data.active: it is missing"},
    {"{\"device\":\"a\",\"type\":19,\"data\":{\"digest\":\"00\",\"outcome\":\"done\"}}",
     MESSAGE_ENVELOPE_ONLY, "data.digest: 2 hexadecimal digits, at least 16 are wanted"},
    {"{\"device\":\"a\",\"type\":32,\"data\":{\"journal\":\"a\",\"boot\":1,\"resend\":[\"x\"]}}",
     MESSAGE_ENVELOPE_ONLY, "data.resend: \"x\" is not one of event|telemetry"},
    {"{\"device\":\"a\",\"type\":33,\"data\":{\"status\":\"accepted\",\"marks\":[{\"boot\":1}]}}",
     MESSAGE_ENVELOPE_ONLY, "data.marks[0].journal: it is missing"},
    {"{\"device\":\"a\",\"type\":33,\"data\":{\"status\":\"accepted\",\"config\":[]}}",
     MESSAGE_ENVELOPE_ONLY, "data.config: an array is not an object"},
    {"{\"device\":\"a\",\"type\":34,\"data\":{\"k\":{\"version\":1,\"value\":null}}}",
     MESSAGE_ENVELOPE_ONLY, "data.k.value: it is missing"},
    {"{\"device\":\"a\",\"type\":34,\"data\":{\"k\":5}}", MESSAGE_ENVELOPE_ONLY,
     "data.k: 5 is not an object"},
    {"{\"device\":\"a\",\"type\":40,\"data\":{\"version\":1,\"page\":0,\"pages\":1,"
     "\"tokens\":[\"t\",\"\"]}}",
     MESSAGE_ENVELOPE_ONLY, "data.tokens[1]: a text of 0 bytes, allowed are 1 to 64"},
};

static void refuses_with_place_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHECK_COUNT(refused); i++) {
        struct message message;
        enum message_quality quality;
        struct err err = {0};
        const char *text = refused[i].text;
        if (message_decode(text, strlen(text), &message, &quality, &err) != ERR_INVALID)
            fail_msg("%s was accepted", text);
        check_sentence(&err, refused[i].sentence);
        if (quality != refused[i].quality)
            fail_msg("%s: quality %d", text, (int)quality);
        message_free(&message);
    }
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

static void too_many_elements_are_refused(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    strbuf_append_text(&text, "{\"device\":\"a\",\"type\":0,\"data\":{\"battery\":[{}");
    for (int i = 0; i < 64; i++)
        strbuf_append_text(&text, ",{}");
    strbuf_append_text(&text, "]}}");
    struct message message;
    enum message_quality quality;
    struct err err = {0};
    assert_int_equal(message_decode(text.text, text.length, &message, &quality, &err), ERR_INVALID);
    check_sentence(&err, "data.battery: 65 elements, at most 64 are allowed");
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
        cmocka_unit_test(refuses_with_place_and_reason),
        cmocka_unit_test(bad_data_leaves_a_usable_envelope),
        cmocka_unit_test(half_read_arrays_are_released),
        cmocka_unit_test(too_many_elements_are_refused),
        cmocka_unit_test(wrong_messages_are_not_written),
        cmocka_unit_test(largest_station_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

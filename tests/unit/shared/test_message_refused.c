/* SPDX-License-Identifier: Apache-2.0 */
/* The sentence with which the decoder refuses a message, and how much of it may still be used. */
#include "shared/check.h"

#include "protocol/message.h"

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
    {"{\"device\":\"a\",\"type\":2,\"up\":1e300}", MESSAGE_UNREADABLE,
     "up: 1e+300 is outside -9007199254740991.."},

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_with_place_and_reason),
        cmocka_unit_test(too_many_elements_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

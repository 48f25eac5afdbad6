/* SPDX-License-Identifier: Apache-2.0 */
#include "shared/check.h"

#include "protocol/json.h"
#include <math.h>
#include <stdlib.h>

static void accepts_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        " \t\r\n{ } \n",
        "0",
        "-0",
        "-0.5e-3",
        "1E+9",
        "\"\"",
        "true",
        "null",
        "{\"a\":[1,2,{\"b\":null}],\"c\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}",
        "\"\\ud83d\\ude00 \xf0\x9f\x98\x80 \xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf\"",
        "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", /* 16 deep */
        "{\"\":1}",
        "\"\x7f\"",
        "123456789012345678901234567890123456789012345678901234567890", /* 60 characters */
    };
    for (size_t i = 0; i < CHECK_COUNT(texts); i++) {
        struct err err = {0};
        SCOPE_JSON cJSON *root = NULL;
        if (json_parse(texts[i], strlen(texts[i]), &root, &err) != 0)
            fail_msg("%s: %s", texts[i], err.text);
        assert_non_null(root);
    }
}

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"", "byte 0: the text ends, expected a JSON value"},
        {"   ", "byte 3: the text ends"},
        {"{", "byte 1: the text ends, expected a key in quotation marks"},
        {"{\"a\"", "expected :"},
        {"{\"a\":1,}", "byte 7: found '}', expected a key in quotation marks"},
        {"{a:1}", "byte 1: found 'a', expected a key"},
        {"{'a':1}", "byte 1: found ''', expected a key"},
        {"[1,]", "byte 3: found ']', expected a JSON value"},
        {"[1 2]", "byte 3: found '2', expected ',' or ']'"},
        {"{} {}", "byte 3: found '{', expected nothing behind the message"},
        {"{}\x01", "byte 2: found byte 0x01, expected nothing behind"},
        {"\xef\xbb\xbf{}", "byte 0: found byte 0xef, expected a JSON value"},
        {"tru", "byte 0: found 't', expected true"},
        {"nul", "expected null"},
        {"NaN", "expected a JSON value"},
        {"Infinity", "expected a JSON value"},
        {"01", "byte 1: found '1', expected nothing behind"},
        {"+1", "expected a JSON value"},
        {".5", "expected a JSON value"},
        {"1.", "expected a digit"},
        {"1e", "expected a digit"},
        {"-", "expected a digit"},
        {"0x10", "expected nothing behind"},
        {"1e999", "byte 0: the number 1e999 is not finite"},
        {"-1e999", "not finite"},
        {"1234567890123456789012345678901234567890123456789012345678901",
         "byte 0: a number of 61 characters, at most 60"},
        {"\"a", "byte 2: the text ends, expected a character of a string"},
        {"\"\n\"", "byte 1: found byte 0x0a, expected a character of a string"},
        {"\"\\x41\"", "byte 2: found 'x', expected an escape"},
        {"\"\\u00\"", "expected four hexadecimal digits"},
        {"\"\\u00g0\"", "expected four hexadecimal digits"},
        {"\"\\u0000\"", "byte 1: U+0000 is not allowed in a text"},
        {"\"\\ud83d\"", "a high surrogate without its low one"},
        {"\"\\ud83d\\u0041\"", "a high surrogate without its low one"},
        {"\"\\ude00\"", "a low surrogate without its high one"},
        {"\"\xff\"", "byte 1: found byte 0xff, expected UTF-8"},
        {"\"\xc0\xaf\"", "expected UTF-8"},         /* overlong */
        {"\"\xe0\x80\xaf\"", "expected UTF-8"},     /* overlong */
        {"\"\xf0\x80\x80\xaf\"", "expected UTF-8"}, /* overlong */
        {"\"\xed\xa0\x80\"", "expected UTF-8"},     /* surrogate */
        {"\"\xf4\x90\x80\x80\"", "expected UTF-8"}, /* above U+10FFFF */
        {"\"\xc3\"", "expected UTF-8"},             /* cut */
        {"\"\xe2\x82", "expected UTF-8"},           /* cut at the end */
        {"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "byte 16: nesting is deeper than 16"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "the key \"a\" is given twice in one object"},
        {"{\"a\":1,\"\\u0061\":2}", "the key \"a\" is given twice"},
        {"[{\"x\":[{\"b\":1,\"b\":1}]}]", "the key \"b\" is given twice"},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        struct err err = {0};
        cJSON *root = NULL;
        if (json_parse(cases[i].text, strlen(cases[i].text), &root, &err) != ERR_INVALID)
            fail_msg("%s was accepted", cases[i].text);
        assert_null(root);
        check_sentence(&err, cases[i].sentence);
    }
    struct err err = {0};
    assert_int_equal(json_check("\"a\0b\"", 5, &err), ERR_INVALID);
    check_sentence(&err, "byte 2: found byte 0x00");
}

static void bounds_size_and_depth_before_recursing(void **state)
{
    (void)state;
    struct err err = {0};
    char *text = malloc(JSON_MAX_BYTES + 1);
    assert_non_null(text);
    memset(text, '[', JSON_MAX_BYTES + 1);
    assert_int_equal(json_check(text, JSON_MAX_BYTES, &err), ERR_INVALID);
    check_sentence(&err, "byte 16: nesting is deeper than 16");
    assert_int_equal(json_check(text, JSON_MAX_BYTES + 1, &err), ERR_INVALID);
    check_sentence(&err, "262145 bytes: at most 262144 are accepted");
    free(text);
}

static void many_keys_cost_no_more_than_their_bytes(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    strbuf_append_char(&text, '{');
    for (int i = 0; text.length < JSON_MAX_BYTES - 32; i++)
        strbuf_printf(&text, "%s\"%x\":0", i ? "," : "", (unsigned)i);
    size_t without_last = text.length;
    strbuf_append_text(&text, "}");
    struct err err = {0};
    SCOPE_JSON cJSON *root = NULL;
    assert_int_equal(json_parse(text.text, text.length, &root, &err), 0);
    text.length = without_last;
    strbuf_append_text(&text, ",\"7f\":1}");
    cJSON *none = NULL;
    assert_int_equal(json_parse(text.text, text.length, &none, &err), ERR_INVALID);
    check_sentence(&err, "the key \"7f\" is given twice");
}

static void check_number(double number, const char *wanted)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    json_write_number(&text, number);
    assert_string_equal(strbuf_text(&text), wanted);
}

static void writes_numbers_shortly_and_exactly(void **state)
{
    (void)state;
    check_number(0, "0");
    check_number(3, "3");
    check_number(0.1, "0.1");
    check_number(-12.5, "-12.5");
    check_number(0.1 + 0.2, "0.30000000000000004");
    check_number(9007199254740991, "9007199254740991");
    check_number(1e300, "1e+300");
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) { /* any double reads back the same */
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double number, back;
        memcpy(&number, &bits, sizeof number);
        if (!(number - number == 0)) /* NAN and infinities */
            continue;
        SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
        json_write_number(&text, number);
        back = strtod(strbuf_text(&text), NULL);
        assert_memory_equal(&back, &number, sizeof back);
        assert_int_equal(json_check(text.text, text.length, NULL), 0);
    }
}

/* What is written without printf is what printf would write. */
static void writes_decimals_as_printf_does(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 200000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        static const double scales[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e9};
        double scale = scales[bits % 9];
        double number = (double)((int64_t)(bits >> 16) % 1000000000) / scale * (i % 2 ? 1 : -1);
        if (i % 16 == 0) /* a neighbour of a short decimal is none */
            number = nextafter(number, 1e10);
        char wanted[40];
        (void)snprintf(wanted, sizeof wanted, "%.15g", number);
        if (strtod(wanted, NULL) != number)
            (void)snprintf(wanted, sizeof wanted, "%.17g", number);
        if (number != 0) /* a negative zero is nobody's reading */
            check_number(number, wanted);
    }
    check_number(999999999.999999, "999999999.999999");
    check_number(1e9, "1000000000");
    check_number(0.001, "0.001");
    check_number(0.000999, "0.000999");
    check_number(1234.000001, "1234.000001");
    check_number(-0.1234567, "-0.1234567");
}

static void writes_values_in_one_form(void **state)
{
    (void)state;
    const char *text =
        " { \"a\" : [ 1.50 , true , false, null , \"\\u00e9\\n\\\"\" ] , \"b\":{} } ";
    struct err err = {0};
    SCOPE_JSON cJSON *root = NULL;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    assert_int_equal(json_parse(text, strlen(text), &root, &err), 0);
    json_write_value(&out, root);
    assert_string_equal(strbuf_text(&out),
                        "{\"a\":[1.5,true,false,null,\"\xc3\xa9\\u000a\\\"\"],\"b\":{}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_json),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(bounds_size_and_depth_before_recursing),
        cmocka_unit_test(many_keys_cost_no_more_than_their_bytes),
        cmocka_unit_test(writes_numbers_shortly_and_exactly),
        cmocka_unit_test(writes_decimals_as_printf_does),
        cmocka_unit_test(writes_values_in_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The 22 messages of GB/T 27930: tables, round trips, dialects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "firmware/near.h"
#include "gbt27930/print.h"
#include <string.h>

static struct gbt_notes notes;

static struct gbt_message decode(enum gbt_kind kind, const char *hex)
{
    struct gbt_message message;
    struct err err = {0};
    uint8_t bytes[GBT_SIZE_MAX + 8];
    size_t length = strlen(hex) / 2;
    for (size_t i = 0; i < length; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
    if (gbt_decode(gbt_spec(kind), bytes, length, &message, &notes, &err))
        fail_msg("%s: %s", hex, err.text);
    return message;
}

static void assert_encodes(const struct gbt_message *message, const char *hex)
{
    uint8_t bytes[GBT_SIZE_MAX];
    char text[2 * GBT_SIZE_MAX + 1];
    size_t length;
    struct err err = {0};
    if (gbt_encode(message, bytes, &length, &err))
        fail_msg("%s: %s", hex, err.text);
    for (size_t i = 0; i < length; i++)
        (void)snprintf(text + 2 * i, 3, "%02X", bytes[i]);
    assert_string_equal(text, hex);
}

static void identifiers_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t id;
    } IDS[] = {{"CHM", 0x1826F456}, {"BHM", 0x182756F4}, {"CRM", 0x1801F456}, {"BRM", 0x1C0256F4},
               {"BCP", 0x1C0656F4}, {"CTS", 0x1807F456}, {"CML", 0x1808F456}, {"BRO", 0x100956F4},
               {"CRO", 0x100AF456}, {"BCL", 0x181056F4}, {"BCS", 0x1C1156F4}, {"CCS", 0x1812F456},
               {"BSM", 0x181356F4}, {"BMV", 0x1C1556F4}, {"BMT", 0x1C1656F4}, {"BSP", 0x1C1756F4},
               {"BST", 0x101956F4}, {"CST", 0x101AF456}, {"BSD", 0x181C56F4}, {"CSD", 0x181DF456},
               {"BEM", 0x081E56F4}, {"CEM", 0x081FF456}};
    assert_int_equal(sizeof IDS / sizeof IDS[0], GBT_KIND_COUNT);
    for (size_t i = 0; i < GBT_KIND_COUNT; i++) {
        const struct gbt_spec *spec = gbt_find_name(IDS[i].name);
        assert_non_null(spec);
        assert_int_equal(gbt_identifier(spec), IDS[i].id);
        assert_ptr_equal(gbt_find(spec->pgn, spec->sender), spec);
        assert_null(gbt_find(spec->pgn, spec->receiver));
    }
    assert_null(gbt_find_name("XXX"));
}

/* No two fields share a bit, each lies inside its message, choices fit. */
static void the_tables_are_consistent(void **state)
{
    (void)state;
    for (int kind = 0; kind < GBT_KIND_COUNT; kind++) {
        const struct gbt_spec *spec = gbt_spec((enum gbt_kind)kind);
        bool used[GBT_SIZE_MAX * 8] = {false};
        size_t bits = (spec->item_length ? spec->item_length : spec->length) * 8;
        assert_true(spec->least <= spec->length && spec->length <= GBT_SIZE_MAX);
        assert_true(spec->field_count > 0 && spec->field_count <= 32);
        for (size_t i = 0; i < spec->field_count; i++) {
            const struct gbt_field *field = &spec->fields[i];
            assert_true((size_t)field->first_bit + field->bits <= bits);
            for (size_t bit = field->first_bit; bit < (size_t)field->first_bit + field->bits;
                 bit++) {
                if (used[bit])
                    fail_msg("%s: two fields at bit %zu", spec->name, bit);
                used[bit] = true;
            }
            bool coded = field->type == GBT_TYPE_CODE || field->type == GBT_TYPE_STATUS;
            assert_int_equal(field->choices != NULL, coded);
            assert_true(field->type != GBT_TYPE_STATUS || field->bits == 2);
        }
    }
}

static void one_example_of_each_message(void **state)
{
    (void)state;
    static const struct {
        enum gbt_kind kind;
        const char *hex, *text;
    } EXAMPLES[] = {
        {GBT_CHM, "010100", "version minor 1, version major 1"},
        {GBT_BHM, "8E17", "max voltage 603.0 V"},
        {GBT_CRM, "AA01000000313233", "result pack identified, charger number 1, region 123"},
        {GBT_BRM,
         "01010003B400391343415442FFFFFFFF290C1F05000000FF4C53564141414141414141414141414141"
         "0102030405060708",
         NULL},
        {GBT_BCP, "9E01B80B4E008E176ECA032413",
         "max cell 4.14 V, max current -100.0 A, nominal energy 7.8 kWh, max voltage 603.0 V, max "
         "temperature 60 C, SOC 97.0 %, voltage 490.0 V"},
        {GBT_CTS, "36240816051520", "2015-05-16 08:24:36"},
        {GBT_CML, "581BD007D80EA00F",
         "max voltage 700.0 V, min voltage 200.0 V, max current -20.0 A, min current 0.0 A"},
        {GBT_BRO, "AA", "pack ready"},
        {GBT_CRO, "00", "charger not ready"},
        {GBT_BCL, "5217820F02", "wants voltage 597.0 V, current -3.0 A, mode constant current"},
        {GBT_BCS, "2513A00F7311610000",
         "measured voltage 490.1 V, current 0.0 A, max cell 3.71 V, in group 1, SOC 97 %, "
         "remaining 0 min"},
        {GBT_CCS, "2A00A00F0000FDFF",
         "output voltage 4.2 V, current 0.0 A, charging for 0 min, output go"},
        {GBT_BSM, "424B014A1B00D0",
         "max cell number 67, max temperature 25 C, at point 2, min temperature 24 C, at point 28, "
         "charging allowed"},
        {GBT_BMV, "73117411", "1 3.71 V (group 1), 2 3.72 V (group 1)"},
        {GBT_BMT, "4B4AFF", "1 25 C, 2 24 C, 3 -"},
        {GBT_BSP, "0102", "1 1, 2 2"},
        {GBT_BST, "010000F4", "SOC reached, voltage abnormal"},
        {GBT_CST, "4000F1F0", "pack stopped yes, emergency stop abnormal"},
        {GBT_BSD, "617201740149 4B", NULL},
        {GBT_CSD, "3C004E0000000000", "charged for 60 min, energy 7.8 kWh, charger number 1"},
        {GBT_BEM, "F0F0F1FC", "CCS time-out"},
        {GBT_CEM, "FCF0C4FC", "BCL time-out"},
    };
    bool seen[GBT_KIND_COUNT] = {false};
    for (size_t i = 0; i < sizeof EXAMPLES / sizeof EXAMPLES[0]; i++) {
        char hex[2 * GBT_SIZE_MAX + 1] = "";
        size_t length = 0;
        for (const char *at = EXAMPLES[i].hex; *at; at++)
            if (*at != ' ')
                hex[length++] = *at;
        struct gbt_message message = decode(EXAMPLES[i].kind, hex);
        SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
        gbt_print(&message, &notes, &text);
        if (EXAMPLES[i].text)
            assert_string_equal(strbuf_text(&text), EXAMPLES[i].text);
        assert_int_equal(notes.invalid, 0);
        assert_encodes(&message, hex);
        seen[EXAMPLES[i].kind] = true;
    }
    for (int kind = 0; kind < GBT_KIND_COUNT; kind++)
        assert_true(seen[kind]);
}

/* Every raw value of every field, through struct and back. */
static void every_value_makes_the_round_trip(void **state)
{
    (void)state;
    for (int kind = 0; kind < GBT_KIND_COUNT; kind++) {
        const struct gbt_spec *spec = gbt_spec((enum gbt_kind)kind);
        for (size_t i = 0; i < spec->field_count; i++) {
            const struct gbt_field *field = &spec->fields[i];
            if (field->type == GBT_TYPE_TEXT || field->type == GBT_TYPE_BYTES)
                continue;
            uint64_t limit = UINT64_C(1) << field->bits;
            for (uint64_t raw = 0; raw<limit; raw += limit> 65536 ? limit / 9973 : 1) {
                uint8_t bytes[GBT_SIZE_MAX], again[GBT_SIZE_MAX];
                size_t length;
                struct gbt_message message;
                struct gbt_message blank;
                gbt_blank(&blank, spec->kind);
                memset(bytes, 0xFF, sizeof bytes);
                for (size_t bit = 0; bit < field->bits; bit++)
                    if (!(raw >> bit & 1))
                        bytes[(field->first_bit + bit) / 8] &=
                            (uint8_t) ~(1U << (field->first_bit + bit) % 8);
                size_t size = spec->item_length ? spec->item_length : spec->length;
                assert_int_equal(gbt_decode(spec, bytes, size, &message, &notes, NULL), 0);
                if (notes.invalid >> i & 1) {
                    bool coded = field->choices != NULL;
                    if (!coded && field->type != GBT_TYPE_BCD)
                        assert_int_equal(gbt_encode(&message, again, &length, NULL), ERR_INVALID);
                    continue;
                }
                /* others hold all ones, which not all of them can say */
                if (notes.invalid || gbt_encode(&message, again, &length, NULL))
                    continue;
                assert_int_equal(length, size);
                assert_memory_equal(again, bytes, size);
            }
        }
    }
}

static void what_is_not_available_is_told_apart(void **state)
{
    (void)state;
    struct gbt_message message = decode(GBT_BCP, "FFFFFFFFFFFFFFFFFFFFFFFFFF");
    assert_true(isnan(message.bcp.max_cell_v) && isnan(message.bcp.max_current_a));
    assert_true(isnan(message.bcp.soc_percent) && isnan(message.bcp.max_temperature_c));
    assert_int_equal(notes.invalid, 0);
    message = decode(GBT_BSM, "FF4B014A1B00D0"); /* cell 256 is a cell */
    assert_int_equal(message.bsm.max_cell_number, 256);
    message = decode(GBT_BCP, "6209B80B4E008E176ECA032413"); /* 24.02 V is too much for a cell */
    assert_int_equal(notes.invalid, 1);
    assert_near(message.bcp.max_cell_v, 24.02, 0);
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    gbt_print(&message, &notes, &text);
    assert_non_null(strstr(strbuf_text(&text), "max cell 24.02 V!"));
    struct err err = {0};
    uint8_t bytes[GBT_SIZE_MAX];
    size_t length;
    assert_int_equal(gbt_encode(&message, bytes, &length, &err), ERR_INVALID);
    assert_string_equal(err.text, "BCP max_cell_v = 24.02 V: 0 to 24 is possible");
    message = decode(GBT_BSP, "00");
    message.bsp.count = 0;
    assert_int_equal(gbt_encode(&message, bytes, &length, &err), ERR_INVALID);
    assert_int_equal(gbt_decode(gbt_spec(GBT_BMV), bytes, 3, &message, NULL, &err), ERR_INVALID);
    assert_int_equal(gbt_decode(gbt_spec(GBT_BCL), bytes, 4, &message, NULL, &err), ERR_INVALID);
    assert_string_equal(err.text, "BCL of 4 bytes: it has at least 5");
}

/* The tolerances that reference and captures name, each by its name. */
static void dialects_are_understood_and_named(void **state)
{
    (void)state;
    static const struct {
        enum gbt_kind kind;
        const char *hex;
        uint32_t dialects;
    } CASES[] = {
        {GBT_CCS, "1C15830F0000", GBT_DIALECT(SHORT_CCS)},
        {GBT_CCS, "1C15830F0000FD", GBT_DIALECT(SHORT_CCS)},
        {GBT_CCS, "1C15830F0000FDFF", 0},
        {GBT_CML, "581BD007D80E", GBT_DIALECT(SHORT_CML)},
        {GBT_CML, "581BD007D80EA00F", 0},
        {GBT_CML, "D007581BD80EA00F", GBT_DIALECT(CML_ORDER)},
        {GBT_CML, "581BD007A00FD80E", GBT_DIALECT(CML_ORDER)},
        {GBT_BRM,
         "01010003B400391343415442FFFFFFFF290C1F05000000FF4C5356414141414141414141414141"
         "4141",
         GBT_DIALECT(SHORT_BRM)},
        {GBT_BRM,
         "01010003B400391343415442FFFFFFFF0F0C1F05000000FF4C5356414141414141414141414141"
         "4141FFFFFFFFFFFFFFFF",
         GBT_DIALECT(PRODUCTION_DATE)}, /* 2000 */
        {GBT_BRM,
         "01010003B400391343415442FFFFFFFF29001F05000000FF4C5356414141414141414141414141"
         "4141FFFFFFFFFFFFFFFF",
         GBT_DIALECT(PRODUCTION_DATE)}, /* month 0 */
        {GBT_BRM,
         "01010003B400391343415442FFFFFFFF291F0C0500000000000000000000"
         "0000000000000000000000FFFFFFFFFFFFFFFF",
         GBT_DIALECT(PRODUCTION_DATE) | GBT_DIALECT(ZERO_PADDING)}, /* day and month exchanged */
        {GBT_CTS, "FFFFFFFFFFFFFF", GBT_DIALECT(CTS_EMPTY)},
        {GBT_BSM, "424B014A1B0010", GBT_DIALECT(ZERO_PADDING)},
        {GBT_CCS, "1C15830F00000100", GBT_DIALECT(ZERO_PADDING)},
        {GBT_BST, "01000000", GBT_DIALECT(ZERO_PADDING)},
        {GBT_BCL, "5217820F02000000", GBT_DIALECT(LONG)},
        {GBT_BRO, "AAFFFFFFFFFFFFFF", GBT_DIALECT(LONG)},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        (void)decode(CASES[i].kind, CASES[i].hex);
        if (notes.dialects != CASES[i].dialects)
            fail_msg("%s: dialects are %x, wanted %x", CASES[i].hex, (unsigned)notes.dialects,
                     (unsigned)CASES[i].dialects);
    }
    struct gbt_message message = decode(GBT_CCS, "1C15830F0000"); /* says nothing of permission */
    assert_near(message.ccs.voltage_v, 540.4, 0);
    assert_near(message.ccs.current_a, -2.9, 0);
    assert_int_equal(message.ccs.permit, GBT_STATE_ABSENT);
    message = decode(GBT_CML, "581BD007D80E");
    assert_true(isnan(message.cml.min_current_a));
}

static void json_has_every_field(void **state)
{
    (void)state;
    struct gbt_message message = decode(GBT_BSM, "424B014A1B00D0");
    cJSON *object = gbt_json(&message);
    assert_int_equal(cJSON_GetArraySize(object), 12);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(object, "permit")), "allowed");
    assert_near(cJSON_GetNumberValue(cJSON_GetObjectItem(object, "max_temperature_c")), 25, 0);
    cJSON_Delete(object);
    message = decode(GBT_BMV, "7311FF0F");
    object = gbt_json(&message);
    cJSON *items = cJSON_GetObjectItem(object, "items");
    assert_int_equal(cJSON_GetArraySize(items), 2);
    assert_near(
        cJSON_GetNumberValue(cJSON_GetObjectItem(cJSON_GetArrayItem(items, 0), "voltage_v")), 3.71,
        0);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetArrayItem(items, 1), "voltage_v")));
    cJSON_Delete(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_are_those_of_the_standard),
        cmocka_unit_test(the_tables_are_consistent),
        cmocka_unit_test(one_example_of_each_message),
        cmocka_unit_test(every_value_makes_the_round_trip),
        cmocka_unit_test(what_is_not_available_is_told_apart),
        cmocka_unit_test(dialects_are_understood_and_named),
        cmocka_unit_test(json_has_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

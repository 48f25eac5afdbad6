/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/map_value.h"

#include "base/nearest.h"
#include "drivers/address.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Wide enough for all ways to count: 465536 is holding register 65535. */
enum { ADDRESS_WRITTEN_MAX = 465536, EVERY_MAX_MS = 60000, EVERY_MIN_MS = 50 };

static int wrong(struct err *err, const struct address_word *word, const char *right)
{
    return err_set(err, ERR_CONFIG, "%s=%s: %s", word->key, word->value, right);
}

static int take_integer(const struct address_word *word, int64_t lowest, int64_t highest,
                        int64_t *to, struct err *err)
{
    if (address_integer(word->value, lowest, highest, to))
        return 0;
    char right[80];
    (void)snprintf(right, sizeof right, "a whole number from %lld to %lld is needed",
                   (long long)lowest, (long long)highest);
    return wrong(err, word, right);
}

/* Raw bits: decimal or 0x…, and -1 for all of them where the type has a sign. */
static int take_raw(const struct address_word *word, uint64_t *to, struct err *err)
{
    int64_t number;
    if (address_integer(word->value, INT64_MIN, INT64_MAX, &number)) {
        *to = (uint64_t)number;
        return 0;
    }
    if (strncmp(word->value, "0x", 2) == 0 && strlen(word->value) <= 18 && word->value[2] != '\0') {
        *to = strtoull(word->value + 2, NULL, 16);
        if (word->value[2 + strspn(word->value + 2, "0123456789abcdefABCDEF")] == '\0')
            return 0;
    }
    return wrong(err, word, "a whole number of at most 64 bits is needed");
}

static int take_real(const struct address_word *word, double *to, struct err *err)
{
    if (address_real(word->value, -1e12, 1e12, to))
        return 0;
    return wrong(err, word, "a decimal number is needed");
}

static int take_type(const struct address_word *word, struct map_draft *draft, struct err *err)
{
#define NAME(type, name, registers) name,
    static const char *const names[] = {MODBUS_TYPES(NAME)};
#undef NAME
    draft->has_type = true;
    for (int i = 0; i < MODBUS_TYPE_COUNT; i++) {
        if (strcmp(word->value, names[i]) == 0) {
            draft->value.type = (enum modbus_type)i;
            return 0;
        }
    }
    return wrong(err, word, "one of bit, u16, s16, u32, s32, u64, s64, f32, f64 is needed");
}

static int take_unit(const struct address_word *word, struct map_draft *draft, struct err *err)
{
    static const struct {
        enum modbus_kind kind;
        const char *name;
        double factor;
    } units[] = {
        {MODBUS_KIND_WH, "Wh", 1},   {MODBUS_KIND_WH, "kWh", 1e3}, {MODBUS_KIND_WH, "MWh", 1e6},
        {MODBUS_KIND_V, "V", 1},     {MODBUS_KIND_V, "mV", 1e-3},  {MODBUS_KIND_A, "A", 1},
        {MODBUS_KIND_A, "mA", 1e-3}, {MODBUS_KIND_KW, "kW", 1},    {MODBUS_KIND_KW, "W", 1e-3},
        {MODBUS_KIND_C, "C", 1},
    };
    char known[48] = "";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].kind != draft->kind)
            continue;
        if (strcmp(units[i].name, word->value) == 0) {
            draft->unit_factor = units[i].factor;
            return 0;
        }
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "",
                       units[i].name);
    }
    if (*known == '\0')
        return wrong(err, word, "this value has no unit");
    return err_set(err, ERR_CONFIG, "unit=%s: one of %s is needed", word->value, known);
}

static int take_active(const struct address_word *word, struct map_draft *draft, struct err *err)
{
    draft->value.low = strcmp(word->value, "low") == 0;
    draft->has_flag = true;
    if (draft->value.low || strcmp(word->value, "high") == 0)
        return 0;
    return wrong(err, word, "high or low is needed");
}

static int take_function(const struct address_word *word, struct map_draft *draft, struct err *err)
{
    int64_t number = 0;
    bool whole = address_integer(word->value, 1, 16, &number);
    draft->has_function = true;
    draft->value.function = (enum modbus_function)number;
    if (whole && (draft->writes ? number == 5 || number == 6 || number == 16 : number <= 4))
        return 0;
    return wrong(err, word,
                 draft->writes ? "5, 6 or 16 is needed to write"
                               : "1, 2, 3 or 4 is needed to read");
}

enum word {
    WORD_ADDRESS,
    WORD_FUNCTION,
    WORD_TYPE,
    WORD_SCALE,
    WORD_OFFSET,
    WORD_UNIT,
    WORD_INVALID,
    WORD_SCALE_ADDRESS,
    WORD_STRIDE,
    WORD_CONSTANT,
    WORD_MASK,
    WORD_EQUALS,
    WORD_ACTIVE,
    WORD_ON,
    WORD_OFF,
    WORD_EVERY,
    WORD_VALUE,
    WORD_COUNT
};
static const char *const words[WORD_COUNT] = {
    "address",       "function", "type",     "scale", "offset", "unit",   "invalid",
    "scale_address", "stride",   "constant", "mask",  "equals", "active", "on",
    "off",           "every_ms", "value"};

/* Which words make sense for which kind of value. */
static bool allowed(enum word word, const struct map_draft *draft)
{
    bool flag = draft->kind == MODBUS_KIND_FLAG, to_switch = draft->kind == MODBUS_KIND_SWITCH;
    bool watchdog = draft->kind == MODBUS_KIND_WATCHDOG;
    switch (word) {
    case WORD_MASK:
    case WORD_EQUALS:
    case WORD_ACTIVE:
        return flag;
    case WORD_ON:
    case WORD_OFF:
        return to_switch;
    case WORD_EVERY:
    case WORD_VALUE:
        return watchdog;
    case WORD_SCALE:
    case WORD_OFFSET:
    case WORD_UNIT:
        return !flag && !to_switch && !watchdog;
    case WORD_SCALE_ADDRESS:
        return !flag && !draft->writes;
    case WORD_INVALID:
    case WORD_CONSTANT:
        return !draft->writes;
    default:
        return true;
    }
}

static int take_word(enum word index, const struct address_word *word, struct map_draft *draft,
                     struct err *err)
{
    struct modbus_value *value = &draft->value;
    int64_t number = 0;
    int code;
    switch (index) {
    case WORD_ADDRESS:
        draft->has_address = true;
        return take_integer(word, 0, ADDRESS_WRITTEN_MAX, &draft->address, err);
    case WORD_FUNCTION:
        return take_function(word, draft, err);
    case WORD_TYPE:
        return take_type(word, draft, err);
    case WORD_SCALE:
        draft->has_scaling = true;
        code = take_real(word, &value->scale, err);
        return code == 0 && value->scale == 0 ? wrong(err, word, "0 is no scale") : code;
    case WORD_OFFSET:
        draft->has_scaling = true;
        return take_real(word, &value->offset, err);
    case WORD_UNIT:
        return take_unit(word, draft, err);
    case WORD_INVALID:
        value->has_invalid = true;
        return take_raw(word, &value->invalid, err);
    case WORD_SCALE_ADDRESS:
        draft->has_power = true;
        return take_integer(word, 0, ADDRESS_WRITTEN_MAX, &draft->power_address, err);
    case WORD_STRIDE:
        code = take_integer(word, 0, 1000, &number, err);
        value->stride = (uint16_t)number;
        return code;
    case WORD_CONSTANT:
        draft->has_constant = true;
        return take_real(word, &value->constant, err);
    case WORD_MASK:
        draft->has_flag = true;
        return take_raw(word, &value->mask, err);
    case WORD_EQUALS:
        draft->has_flag = value->has_equals = true;
        return take_raw(word, &value->equals, err);
    case WORD_ACTIVE:
        return take_active(word, draft, err);
    case WORD_ON:
        return take_raw(word, &value->on, err);
    case WORD_OFF:
        return take_raw(word, &value->off, err);
    case WORD_EVERY:
        draft->has_every = true;
        code = take_integer(word, EVERY_MIN_MS, EVERY_MAX_MS, &number, err);
        value->every_ms = (int)number;
        return code;
    case WORD_VALUE:
        return take_integer(word, 0, UINT16_MAX, &value->feed, err);
    case WORD_COUNT:
        break;
    }
    return err_set(err, ERR_CONFIG, "%s: there is no such word", word->key);
}

static int find_word(const struct address_word *word, enum word *index, struct err *err)
{
    struct nearest nearest = nearest_to(word->key);
    if (*word->key == '\0')
        return err_set(err, ERR_CONFIG, "\"%s\" is no key=value", word->value);
    for (int i = 0; i < WORD_COUNT; i++) {
        if (strcmp(words[i], word->key) == 0) {
            *index = (enum word)i;
            return 0;
        }
        nearest_offer(&nearest, words[i]);
    }
    const char *meant = nearest_word(&nearest);
    return err_set(err, ERR_CONFIG, "%s: there is no such word%s%s%s", word->key,
                   meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

int map_value_parse(const char *text, enum modbus_kind kind, bool writes, int line,
                    struct map_draft *draft, struct err *err)
{
    *draft = (struct map_draft){.kind = kind, .writes = writes, .unit_factor = 1};
    draft->value = (struct modbus_value){.used = true,
                                         .line = line,
                                         .scale = 1,
                                         .scale_address = -1,
                                         .mask = UINT64_MAX,
                                         .on = 1,
                                         .feed = -1};
    uint32_t seen = 0;
    for (;;) {
        struct address_word word;
        enum word index = WORD_COUNT;
        int code = address_next(&text, &word, err);
        if (code == 0)
            return 0;
        if (code < 0)
            return err_set(err, ERR_CONFIG, "a word has more than %d letters", ADDRESS_VALUE_SIZE);
        code = find_word(&word, &index, err);
        if (code != 0)
            return code;
        if (seen & UINT32_C(1) << index)
            return err_set(err, ERR_CONFIG, "%s is given twice", word.key);
        seen |= UINT32_C(1) << index;
        if (!allowed(index, draft))
            return err_set(err, ERR_CONFIG, "%s has no meaning for this value", word.key);
        code = take_word(index, &word, draft, err);
        if (code != 0)
            return code;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* SunSpec discovery over images of devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/modbus/plan.h"
#include "drivers/modbus/sunspec.h"
#include "firmware/near.h"
#include <math.h>
#include <string.h>

/* A device: holding registers from `base`; outside of them it answers with an exception. */
struct device {
    uint16_t base, count;
    uint16_t registers[400];
    int reads, silent_after; /* 0: it always answers */
};

static int device_read(void *self, uint16_t address, uint16_t count, uint16_t *to, struct err *err)
{
    struct device *device = self;
    if (device->silent_after != 0 && ++device->reads > device->silent_after)
        return err_set(err, ERR_TIMEOUT, "no answer");
    if (address < device->base || address + count > device->base + device->count)
        return err_set(err, ERR_REFUSED, "exception 2");
    memcpy(to, &device->registers[address - device->base], count * sizeof *to);
    return 0;
}

static void put(struct device *device, uint16_t word)
{
    device->registers[device->count++] = word;
}

static void put_string(struct device *device, const char *text, int registers)
{
    size_t length = strlen(text);
    for (int i = 0; i < registers; i++) {
        size_t at = 2 * (size_t)i;
        put(device, (uint16_t)((at < length ? (uint8_t)text[at] << 8 : 0) |
                               (at + 1 < length ? (uint8_t)text[at + 1] : 0)));
    }
}

static struct device begin(uint16_t base, uint16_t identity_length)
{
    struct device device = {.base = base};
    put(&device, 0x5375);
    put(&device, 0x6e53);
    put(&device, 1);
    put(&device, identity_length);
    put_string(&device, "Maker", 16);
    put_string(&device, "Meter 3\x01", 16);
    put_string(&device, "", 8);
    put_string(&device, "1.02", 8);
    put_string(&device, "SN-0815", 16);
    for (int i = 64; i < identity_length; i++)
        put(&device, 0);
    return device;
}

static void put_model(struct device *device, uint16_t id, uint16_t length, const uint16_t (*set)[2],
                      int count)
{
    uint16_t at = device->count;
    put(device, id);
    put(device, length);
    for (int i = 0; i < length; i++)
        put(device, 0x8000);
    for (int i = 0; i < count; i++)
        device->registers[at + set[i][0]] = set[i][1];
}

static void end(struct device *device)
{
    put(device, 0xFFFF);
    put(device, 0);
}

/* What the map that was found makes of the device's registers. */
static double import_of(struct device *device, const struct sunspec *walk)
{
    struct modbus_map map;
    struct modbus_plan plan;
    struct err err = {0};
    uint16_t image[MODBUS_REGISTERS_MAX];
    sunspec_map(walk, &map);
    assert_int_equal(modbus_plan_make(&plan, &map, MODBUS_WANT(import_wh), 1, &err), 0);
    for (int i = 0; i < plan.block_count; i++)
        assert_int_equal(device_read(device, plan.blocks[i].address, plan.blocks[i].count,
                                     &image[plan.blocks[i].at], &err),
                         0);
    return modbus_plan_value(&plan, &map, MODBUS_READ_import_wh, image);
}

static void integer_meter_at_each_base(void **state)
{
    (void)state;
    static const uint16_t bases[] = {40000, 50000, 0};
    /* TotWhImp (46, 47) = 1234567 × 10^2, TotWhExp (38, 39), TotWh_SF (54). */
    static const uint16_t set[][2] = {{38, 9}, {39, 9}, {46, 18}, {47, 54919}, {54, 2}};
    for (int i = 0; i < 3; i++) {
        struct sunspec walk;
        struct err err = {0};
        struct device device = begin(bases[i], 66);
        put_model(&device, 203, 105, set, 5);
        end(&device);
        assert_int_equal(sunspec_discover(&walk, device_read, &device, &err), 0);
        assert_int_equal(walk.meter, 203);
        assert_string_equal(walk.maker, "Maker");
        assert_string_equal(walk.model, "Meter 3?");
        assert_string_equal(walk.version, "1.02");
        assert_string_equal(walk.serial, "SN-0815");
        assert_near(import_of(&device, &walk), 123456700, 1e-6);
    }
}

static void float_meter_behind_other_models(void **state)
{
    (void)state;
    struct sunspec walk;
    struct err err = {0};
    struct device device = begin(40000, 65);
    put_model(&device, 101, 50, NULL, 0); /* an inverter */
    put_model(&device, 213, 124, (const uint16_t[][2]){{68, 0x4b3c}, {69, 0x614e}}, 2);
    put_model(&device, 201, 105, NULL, 0); /* the first meter is taken */
    end(&device);
    assert_int_equal(sunspec_discover(&walk, device_read, &device, &err), 0);
    assert_int_equal(walk.meter, 213);
    assert_near(import_of(&device, &walk), 12345678, 0);
}

static void what_is_not_implemented_is_none(void **state)
{
    (void)state;
    static const uint16_t zero[][2] = {{46, 0}, {47, 0}, {54, 0}};
    static const uint16_t no_power[][2] = {{46, 0}, {47, 5}};
    static const uint16_t nan_float[][2] = {{68, 0x7fc0}, {69, 0}};
    struct sunspec walk;
    struct err err = {0};
    struct device device = begin(0, 66);
    put_model(&device, 201, 105, zero, 3);
    end(&device);
    assert_int_equal(sunspec_discover(&walk, device_read, &device, &err), 0);
    assert_true(isnan(import_of(&device, &walk)));
    device = begin(0, 66);
    put_model(&device, 204, 105, no_power, 2);
    end(&device);
    assert_int_equal(sunspec_discover(&walk, device_read, &device, &err), 0);
    assert_true(isnan(import_of(&device, &walk)));
    device = begin(0, 66);
    put_model(&device, 211, 124, nan_float, 2);
    end(&device);
    assert_int_equal(sunspec_discover(&walk, device_read, &device, &err), 0);
    assert_true(isnan(import_of(&device, &walk)));
}

static void expect_failure(struct device *device, int code, const char *sentence)
{
    struct sunspec walk;
    struct err err = {0};
    assert_int_equal(sunspec_discover(&walk, device_read, device, &err), code);
    if (strstr(err.text, sentence) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
}

static void failures(void **state)
{
    (void)state;
    struct device device = {.base = 40000, .count = 10};
    expect_failure(&device, ERR_PROTOCOL, "the mark SunS stands at none of");
    device = begin(40000, 66);
    put_model(&device, 101, 50, NULL, 0);
    end(&device);
    expect_failure(&device, ERR_PROTOCOL, "has no meter");
    device = begin(40000, 66);
    put_model(&device, 203, 50, NULL, 0); /* too short to be one */
    end(&device);
    expect_failure(&device, ERR_PROTOCOL, "has no meter");
    device = begin(40000, 66); /* ends without an end: what was found counts */
    put_model(&device, 202, 105, (const uint16_t[][2]){{46, 0}, {47, 1}, {54, 0}}, 3);
    struct sunspec walk;
    struct err err = {0};
    assert_int_equal(sunspec_discover(&walk, device_read, &device, &err), 0);
    assert_near(import_of(&device, &walk), 1, 0);
    device = begin(40000, 66);
    put(&device, 7); /* a model that reaches beyond the last register */
    put(&device, 65000);
    expect_failure(&device, ERR_PROTOCOL, "has no end");
    device = begin(40000, 66); /* models without length, one behind the other */
    for (int i = 0; i < 150; i++) {
        put(&device, 9);
        put(&device, 0);
    }
    expect_failure(&device, ERR_PROTOCOL, "has no end");
    for (int after = 1; after <= 4; after++) {
        device = begin(50000, 66);
        put_model(&device, 203, 105, NULL, 0);
        end(&device);
        device.silent_after = after;
        expect_failure(&device, ERR_TIMEOUT, "no answer");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integer_meter_at_each_base),
        cmocka_unit_test(float_meter_behind_other_models),
        cmocka_unit_test(what_is_not_implemented_is_none),
        cmocka_unit_test(failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any registers as SunSpec device. Input: base of its registers (2 bytes), then registers; what is
 * outside of them, and each read that the last byte says, is refused. The walk ends, asks for
 * nothing beyond the last register, and what it finds lies within the device's address space.
 */
#include "drivers/modbus/plan.h"
#include "drivers/modbus/sunspec.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct device {
    const uint8_t *bytes;
    size_t length;
    unsigned base, reads, refuse;
};

static int device_read(void *self, uint16_t address, uint16_t count, uint16_t *to, struct err *err)
{
    struct device *device = self;
    if (count < 1 || count > SUNSPEC_REGISTERS_MAX || address + count > 65536)
        abort();
    if (++device->reads > 1000)
        abort();
    size_t at = 2 * ((size_t)address - device->base);
    if (address < device->base || at + 2u * count > device->length ||
        device->reads == device->refuse)
        return err_set(err, ERR_REFUSED, "exception 2");
    for (unsigned i = 0; i < count; i++)
        to[i] = (uint16_t)(device->bytes[at + 2 * i] << 8 | device->bytes[at + 2 * i + 1]);
    return 0;
}

static void check_text(const char *text, size_t size)
{
    if (memchr(text, '\0', size) == NULL)
        abort();
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct sunspec walk;
    struct modbus_map map;
    struct modbus_plan plan;
    struct err err = {0};
    if (length < 3)
        return 0;
    struct device device = {.bytes = bytes + 2,
                            .length = length - 3,
                            .base = (unsigned)(bytes[0] << 8 | bytes[1]),
                            .refuse = bytes[length - 1]};
    int result = sunspec_discover(&walk, device_read, &device, &err);
    check_text(walk.maker, sizeof walk.maker);
    check_text(walk.model, sizeof walk.model);
    check_text(walk.version, sizeof walk.version);
    check_text(walk.serial, sizeof walk.serial);
    if ((result == 0) != (walk.step == SUNSPEC_DONE) || (result != 0 && err.text[0] == '\0'))
        abort();
    if (result != 0)
        return 0;
    sunspec_map(&walk, &map);
    if (modbus_plan_make(&plan, &map, MODBUS_WANT(import_wh), 1, &err) != 0 || plan.block_count < 1)
        abort();
    uint16_t image[MODBUS_REGISTERS_MAX];
    memset(image, bytes[length - 1], sizeof image);
    if (isinf(modbus_plan_value(&plan, &map, MODBUS_READ_import_wh, image)))
        abort();
    return 0;
}

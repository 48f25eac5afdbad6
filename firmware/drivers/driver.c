/* SPDX-License-Identifier: Apache-2.0 */
/* The drivers that are built in. */
#include "drivers/driver.h"

#include "drivers/can/can.h"
#include "drivers/gpio/gpio.h"
#include "drivers/modbus/modbus.h"
#include "drivers/reader/reader.h"
#include "drivers/sim/sim.h"
#include <string.h>

static const struct driver_ops *const drivers[] = {&sim_driver, &gpio_driver, &can_driver,
                                                   &modbus_driver, &reader_driver};

const struct driver_ops *driver_find(const char *name)
{
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    }
    return NULL;
}

const struct driver_ops *driver_at(size_t index)
{
    return index < sizeof drivers / sizeof drivers[0] ? drivers[index] : NULL;
}

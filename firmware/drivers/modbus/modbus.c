/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/modbus.h"

#include "base/clock.h"
#include "base/scope.h"
#include "drivers/modbus/bus.h"
#include "drivers/modbus/check.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

/* A meter's register that is older than this is not shown any more: it has no age of its own. */
#define METER_STALE_US (60 * CLOCK_US_PER_SECOND)

/* A role, and where its point is. */
struct served {
    enum modbus_role role;
    int bay; /* from 0, -1: the station's */
    struct modbus_bus *bus;
    int index;
};

struct driver {
    int wake;
    const struct env *env;
    struct modbus_bus **buses; /* owned, and each of them */
    size_t bus_count;
    struct served *served; /* owned */
    size_t served_count;
    struct {
        double power_max_kw, current_max_a, voltage_max_v;
    } limits[IO_BAYS_MAX];
};

static void driver_close(void *self)
{
    struct driver *driver = self;
    for (size_t i = 0; i < driver->bus_count; i++) /* all at once, so that they share the time */
        modbus_bus_begin_stop(driver->buses[i]);
    for (size_t i = 0; i < driver->bus_count; i++)
        modbus_bus_stop(driver->buses[i]);
    if (driver->wake >= 0)
        (void)close(driver->wake);
    free(driver->buses);
    free(driver->served);
    free(driver);
}

static void close_scope(struct driver **driver)
{
    if (*driver != NULL)
        driver_close(*driver);
}

/* --- open --- */

static int find_bus(struct driver *driver, const struct modbus_bus_place *place, int capacity,
                    struct modbus_bus **bus, struct err *err)
{
    for (size_t i = 0; i < driver->bus_count; i++) {
        *bus = driver->buses[i];
        if (modbus_bus_is_same(modbus_bus_place_of(*bus), place))
            return 0;
    }
    struct modbus_link link;
    int code = modbus_link_new(&link, place, err);
    if (code == 0)
        code = modbus_bus_new(bus, place, link, capacity, driver->wake, err);
    if (code == 0)
        driver->buses[driver->bus_count++] = *bus;
    return code;
}

static int add(struct driver *driver, const struct board *board, const struct modbus_served *served,
               int capacity, struct modbus_point *point, struct err *err)
{
    struct modbus_place place;
    struct modbus_map map;
    struct modbus_bus *bus = NULL;
    int code = modbus_place_parse(served->binding->address, &place, err);
    bool sunspec = code == 0 && strcmp(place.map, MODBUS_SUNSPEC) == 0;
    if (code == 0 && !sunspec)
        code = modbus_map_load(board->folder, place.map, &map, err);
    if (code == 0)
        code = modbus_point_init(point, served, &place, sunspec ? NULL : &map, err);
    if (code == 0)
        code = find_bus(driver, &place.bus, capacity, &bus, err);
    if (code != 0)
        return err_prefix(err, "%s: ", served->label);
    driver->served[driver->served_count++] =
        (struct served){served->role, served->bay, bus, modbus_bus_add(bus, point)};
    return 0;
}

static int count_roles(const struct board *board)
{
    size_t position = 0;
    struct modbus_served served;
    int count = 0;
    while (modbus_served_next(board, &position, &served))
        count++;
    return count;
}

static int add_all(struct driver *driver, const struct board *board, int capacity, struct err *err)
{
    size_t position = 0;
    struct modbus_served served;
    SCOPE_FREE struct modbus_point *point = malloc(sizeof *point);
    if (point == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the modbus driver");
    while (modbus_served_next(board, &position, &served)) {
        int code = add(driver, board, &served, capacity, point, err);
        if (code != 0)
            return code;
    }
    return 0;
}

static int driver_open(void **self, const struct board *board, const struct env *env,
                       struct err *err)
{
    int capacity = count_roles(board);
    *self = NULL;
    SCOPE(close_scope) struct driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the modbus driver");
    driver->env = env;
    driver->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    driver->buses = calloc((size_t)capacity + 1, sizeof(struct modbus_bus *));
    driver->served = calloc((size_t)capacity + 1, sizeof *driver->served);
    if (driver->wake < 0 || driver->buses == NULL || driver->served == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the modbus driver");
    for (int i = 0; i < board->bay_count; i++) {
        driver->limits[i].power_max_kw = board->bays[i].power_max_kw;
        driver->limits[i].current_max_a = board->bays[i].current_max_a;
        driver->limits[i].voltage_max_v = board->bays[i].voltage_max_v;
    }
    int code = add_all(driver, board, capacity, err);
    for (size_t i = 0; i < driver->bus_count && code == 0; i++)
        code = modbus_bus_start(driver->buses[i], err);
    if (code == 0)
        *self = SCOPE_STEAL(driver);
    return code;
}

/* --- read --- */

static void take_charger(struct io_charger *charger, const struct modbus_reading *reading,
                         int64_t at_us)
{
    const double *values = reading->values;
    double phases = values[MODBUS_READ_phases];
    *charger = (struct io_charger){
        .at_us = at_us,
        .online = reading->online,
        .fault = reading->fault,
        .dc_v = values[MODBUS_READ_dc_v],
        .dc_a = values[MODBUS_READ_dc_a],
        .ac_kw = values[MODBUS_READ_ac_kw],
        .ac_v = values[MODBUS_READ_ac_v],
        .ac_a = values[MODBUS_READ_ac_a],
        .ac_phases = phases >= 1 && phases <= 3 ? (int64_t)phases : 0,
        .meter_wh = values[MODBUS_READ_meter_wh],
    };
}

/* Smoke or presence that cannot be read: no news of the bay, which gets old and is an alarm. */
static void take_sensors(struct io_bay *bay, const struct modbus_reading *reading, int64_t at_us)
{
    const double *values = reading->values;
    if (isnan(values[MODBUS_READ_smoke]) || isnan(values[MODBUS_READ_present]))
        return;
    bay->smoke = values[MODBUS_READ_smoke] != 0;
    bay->present = values[MODBUS_READ_present] != 0;
    bay->temp_c = values[MODBUS_READ_temp_c];
    bay->at_us = at_us;
}

static int driver_read(void *self, int64_t now_us, struct io_readings *readings, struct err *err)
{
    (void)err;
    struct driver *driver = self;
    for (size_t i = 0; i < driver->served_count; i++) {
        const struct served *served = &driver->served[i];
        struct modbus_reading reading;
        modbus_bus_reading(served->bus, served->index, &reading);
        /* A device's time is the wall's, whatever the plant's clock does; asked behind the reading,
         * so that an age is never negative. */
        int64_t age_us = clock_mono_us() - reading.mono_us;
        if (served->role == MODBUS_ROLE_MAINS_METER)
            readings->mains_import_wh = reading.mono_us > 0 && age_us <= METER_STALE_US
                                            ? reading.values[MODBUS_READ_import_wh]
                                            : NAN;
        if (reading.mono_us == 0)
            continue;
        int64_t at_us = now_us - age_us;
        if (served->role == MODBUS_ROLE_AMBIENT) {
            readings->ambient_c = reading.values[MODBUS_READ_temp_c];
            readings->at_us = at_us;
        } else if (served->role == MODBUS_ROLE_CHARGER) {
            take_charger(&readings->bays[served->bay].charger, &reading, at_us);
        } else if (served->role == MODBUS_ROLE_SENSORS) {
            take_sensors(&readings->bays[served->bay], &reading, at_us);
        }
    }
    return 0;
}

/* --- write --- */

/* What the core asks for is within the bay's limits; this is the last place to see to it. */
static struct modbus_order order_of(const struct driver *driver, int bay,
                                    const struct io_bay_request *request)
{
    struct modbus_order order = {.alive = true, .on = request->charger_on};
    if (!order.on)
        return order;
    order.charge_v = fmax(fmin(request->charge_v, driver->limits[bay].voltage_max_v), 0);
    double power_a = driver->limits[bay].power_max_kw * 1000 / fmax(order.charge_v, 1);
    order.charge_a = fmin(fmin(request->charge_a, driver->limits[bay].current_max_a), power_a);
    order.on = isfinite(request->charge_v) && isfinite(request->charge_a) && order.charge_a >= 0;
    return order;
}

static int driver_write(void *self, int64_t now_us, const struct io_requests *requests,
                        const struct io_readings *readings, struct err *err)
{
    (void)now_us;
    (void)readings;
    (void)err;
    struct driver *driver = self;
    for (size_t i = 0; i < driver->served_count; i++) {
        const struct served *served = &driver->served[i];
        if (served->role != MODBUS_ROLE_CHARGER)
            continue;
        struct modbus_order order = order_of(driver, served->bay, &requests->bays[served->bay]);
        modbus_bus_order(served->bus, served->index, &order);
    }
    return 0;
}

static bool driver_pump(void *self, int64_t now_us, int64_t *next_us)
{
    (void)now_us;
    const struct driver *driver = self;
    uint64_t count;
    *next_us = INT64_MAX;
    return read(driver->wake, &count, sizeof count) == sizeof count;
}

static int driver_wake_fd(void *self)
{
    return ((const struct driver *)self)->wake;
}

const struct driver_ops modbus_driver = {
    .name = "modbus",
    .check = modbus_check,
    .check_files = modbus_check_files,
    .open = driver_open,
    .read = driver_read,
    .write = driver_write,
    .pump = driver_pump,
    .wake_fd = driver_wake_fd,
    .close = driver_close,
};

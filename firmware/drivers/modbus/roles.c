/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/roles.h"

#include "drivers/modbus/plan.h"
#include <stdio.h>
#include <string.h>

#define FAULTS                                                                                     \
    (MODBUS_WANT(fault) | MODBUS_WANT(fault_2) | MODBUS_WANT(fault_3) | MODBUS_WANT(fault_4))
#define WRITE(name) (UINT32_C(1) << MODBUS_WRITE_##name)

/* A charger's readings must be newer than [limits] frames_stale_s (1 s) though a request fails. A
 * bay whose map has no smoke or presence would charge unguarded, so all three are needed. */
static const struct {
    uint32_t needs, wants; /* reads */
    uint32_t writes;       /* needed */
    int poll_ms;
} roles[MODBUS_ROLE_COUNT] = {
    [MODBUS_ROLE_MAINS_METER] = {MODBUS_WANT(import_wh), MODBUS_WANT(import_wh), 0, 1000},
    [MODBUS_ROLE_AMBIENT] = {MODBUS_WANT(temp_c), MODBUS_WANT(temp_c), 0, 1000},
    [MODBUS_ROLE_CHARGER] = {MODBUS_WANT(dc_v) | MODBUS_WANT(dc_a),
                             MODBUS_WANT(dc_v) | MODBUS_WANT(dc_a) | MODBUS_WANT(ac_kw) |
                                 MODBUS_WANT(ac_v) | MODBUS_WANT(ac_a) | MODBUS_WANT(phases) |
                                 MODBUS_WANT(meter_wh) | MODBUS_WANT(online) | FAULTS,
                             WRITE(charge_v) | WRITE(charge_a) | WRITE(on), 200},
    [MODBUS_ROLE_SENSORS] = {MODBUS_WANT(temp_c) | MODBUS_WANT(smoke) | MODBUS_WANT(present),
                             MODBUS_WANT(temp_c) | MODBUS_WANT(smoke) | MODBUS_WANT(present), 0,
                             200},
};

static enum modbus_role station_role(int role)
{
    return role == BOARD_ROLE_mains_meter ? MODBUS_ROLE_MAINS_METER
           : role == BOARD_ROLE_ambient   ? MODBUS_ROLE_AMBIENT
                                          : MODBUS_ROLE_NONE;
}

static enum modbus_role bay_role(int role)
{
    return role == BOARD_BAY_ROLE_charger   ? MODBUS_ROLE_CHARGER
           : role == BOARD_BAY_ROLE_sensors ? MODBUS_ROLE_SENSORS
                                            : MODBUS_ROLE_NONE;
}

bool modbus_served_next(const struct board *board, size_t *position, struct modbus_served *served)
{
    size_t count = BOARD_STATION_ROLE_COUNT + (size_t)board->bay_count * BOARD_BAY_ROLE_COUNT;
    while (*position < count) {
        size_t at = (*position)++;
        bool station = at < BOARD_STATION_ROLE_COUNT;
        size_t rest = station ? at : at - BOARD_STATION_ROLE_COUNT;
        int bay = station ? -1 : (int)(rest / BOARD_BAY_ROLE_COUNT);
        int role = station ? (int)at : (int)(rest % BOARD_BAY_ROLE_COUNT);
        const struct board_binding *binding =
            station ? &board->station[role] : &board->bays[bay].roles[role];
        if (strcmp(binding->driver, "modbus") != 0)
            continue;
        *served = (struct modbus_served){
            .role = station ? station_role(role) : bay_role(role), .bay = bay, .binding = binding};
        if (station)
            (void)snprintf(served->label, sizeof served->label, "%s",
                           board_station_role_name((enum board_station_role)role));
        else
            (void)snprintf(served->label, sizeof served->label, "bay %d %s", bay + 1,
                           board_bay_role_name((enum board_bay_role)role));
        return true;
    }
    return false;
}

uint32_t modbus_role_wants(enum modbus_role role)
{
    return roles[role].wants;
}

int modbus_role_poll_ms(enum modbus_role role)
{
    return roles[role].poll_ms;
}

int modbus_role_fits(enum modbus_role role, const struct modbus_map *map, struct err *err)
{
    for (int i = 0; i < MODBUS_READ_COUNT; i++) {
        if (roles[role].needs & UINT32_C(1) << i && !map->reads[i].used)
            return err_set(err, ERR_CONFIG, "the map has no [read] %s, which this role needs",
                           modbus_read_name((enum modbus_read)i));
    }
    for (int i = 0; i < MODBUS_WRITE_COUNT; i++) {
        if (roles[role].writes & UINT32_C(1) << i && !map->writes[i].used)
            return err_set(err, ERR_CONFIG, "the map has no [write] %s, which this role needs",
                           modbus_write_name((enum modbus_write)i));
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/roles.h"

#include <string.h>

#define BIT(role) (UINT32_C(1) << BOARD_ROLE_##role)
#define BAY(role) (UINT32_C(1) << BOARD_BAY_ROLE_##role)

/* Roles that say something; the others are outputs. */
#define STATION_INPUTS                                                                             \
    (BIT(gate) | BIT(lane) | BIT(guard) | BIT(emergency_stop) | BIT(smoke) | BIT(water) |          \
     BIT(ambient) | BIT(residual_current) | BIT(mains))
#define BAY_INPUTS (BAY(door) | BAY(lock) | BAY(contactor) | BAY(sensors))

void roles_of(struct plant_roles *roles, const struct board *board, const char *driver)
{
    *roles = (struct plant_roles){0};
    for (int i = 0; i < BOARD_STATION_ROLE_COUNT; i++)
        if (strcmp(board->station[i].driver, driver) == 0)
            roles->station |= UINT32_C(1) << i;
    for (int bay = 0; bay < board->bay_count; bay++)
        for (int i = 0; i < BOARD_BAY_ROLE_COUNT; i++)
            if (strcmp(board->bays[bay].roles[i].driver, driver) == 0)
                roles->bays[bay] |= UINT32_C(1) << i;
}

void roles_begin(struct io_readings *merged, int64_t now_us)
{
    merged->now_us = now_us;
    merged->at_us = INT64_MAX;
    for (int i = 0; i < merged->bay_count; i++)
        merged->bays[i].at_us = INT64_MAX;
}

static void lower(int64_t *to, int64_t at_us)
{
    if (at_us < *to)
        *to = at_us;
}

static void take_station(uint32_t roles, const struct io_readings *from, struct io_readings *to)
{
    if (roles & BIT(gate)) {
        to->gate = from->gate;
        to->gate_obstructed = from->gate_obstructed;
    }
    if (roles & BIT(lane)) {
        to->lane_occupied = from->lane_occupied;
        memcpy(to->lane_vehicle, from->lane_vehicle, sizeof to->lane_vehicle);
    }
    if (roles & BIT(guard))
        to->guard_clear = from->guard_clear;
    if (roles & BIT(emergency_stop))
        to->emergency_stop = from->emergency_stop;
    if (roles & BIT(smoke))
        to->smoke = from->smoke;
    if (roles & BIT(water))
        to->water = from->water;
    if (roles & BIT(ambient))
        to->ambient_c = from->ambient_c;
    if (roles & BIT(residual_current))
        to->residual_current = from->residual_current;
    if (roles & BIT(mains))
        to->mains_lost = from->mains_lost;
    if (roles & BIT(mains_meter))
        to->mains_import_wh = from->mains_import_wh;
    if (roles & BIT(reader)) {
        memcpy(to->token, from->token, sizeof to->token);
        to->token_number = from->token_number;
    }
    if (roles & STATION_INPUTS)
        lower(&to->at_us, from->at_us);
}

static void take_bay(uint32_t roles, const struct io_bay *from, struct io_bay *to)
{
    if (roles & BAY(door)) {
        to->door = from->door;
        to->door_obstructed = from->door_obstructed;
    }
    if (roles & BAY(lock))
        to->locked = from->locked;
    if (roles & BAY(contactor))
        to->contactor_closed = from->contactor_closed;
    if (roles & BAY(sensors)) {
        to->present = from->present;
        to->smoke = from->smoke;
        to->temp_c = from->temp_c;
    }
    if (roles & BAY(charger))
        to->charger = from->charger;
    if (roles & BAY(pack))
        to->pack = from->pack;
    if (roles & BAY_INPUTS)
        lower(&to->at_us, from->at_us);
}

void roles_take(const struct plant_roles *roles, const struct io_readings *from,
                struct io_readings *merged)
{
    take_station(roles ? roles->station : UINT32_MAX, from, merged);
    for (int i = 0; i < merged->bay_count; i++)
        take_bay(roles ? roles->bays[i] : UINT32_MAX, &from->bays[i], &merged->bays[i]);
}

void roles_end(struct io_readings *merged)
{
    if (merged->at_us == INT64_MAX)
        merged->at_us = 0;
    for (int i = 0; i < merged->bay_count; i++)
        if (merged->bays[i].at_us == INT64_MAX)
            merged->bays[i].at_us = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The technician who comes when the trouble is over: resets what is latched, and makes room when
 * every bay holds a pack, because one came in that no swap had asked for. */
#include "site.h"

#include "core/maintenance.h"
#include "engine/state.h"

#define AGAIN_US (10 * CLOCK_US_PER_SECOND)

static bool is_full(const struct site *site)
{
    for (int i = 0; i < SITE_BAYS; i++)
        if (!site->world->bays[i].has_pack)
            return false;
    return true;
}

static void set_maintenance(struct site *site, int slot, bool on)
{
    struct engine *engine = site->engine;
    if (station_request_maintenance(&engine->station, slot, on, &engine->readings,
                                    &engine->actions) ||
        engine_settle(engine))
        return; /* once more in a second */
    site_trace(site, "technician: maintenance of bay %d %s", slot, on ? "on" : "off");
    site->room_slot = on ? slot : 0;
    site->room_taken = false;
}

static void move_door(struct site *site, enum maintenance_verb verb)
{
    struct engine *engine = site->engine;
    const struct maintenance_request request = {verb, site->room_slot, true};
    const char *why;
    (void)maintenance_request(&engine->station, &engine->readings, &request, &why);
    (void)engine_settle(engine);
}

/* As by the console: out of service, door open, pack out, door shut, in service. */
static void make_room(struct site *site)
{
    const struct bay *bay = station_bay(&site->engine->station, site->room_slot);
    if (!bay) {
        if (is_full(site) && site->engine->station.swap.step == SWAP_IDLE)
            set_maintenance(site, SITE_BAYS, true);
        return;
    }
    struct sim_bay *truth = &site->world->bays[bay->slot - 1];
    struct sim_pack out;
    if (bay->state != BAY_MAINTENANCE || bay->door != DOOR_REST)
        return;
    if (!site->room_taken && truth->door < 1) {
        move_door(site, MAINTENANCE_OPEN);
    } else if (!site->room_taken) {
        bay_take(truth, &out);
        site->room_taken = true;
    } else if (truth->door > 0 || truth->lock < 1) {
        move_door(site, MAINTENANCE_CLOSE);
    } else {
        set_maintenance(site, bay->slot, false);
    }
}

void site_repair(struct site *site)
{
    if (!site->engine)
        return;
    if (site->now_us >= site->repair_us) {
        site->repair_us = site->now_us + AGAIN_US;
        site_truth_reset(site);
        engine_acknowledge(site->engine);
    }
    make_room(site);
}

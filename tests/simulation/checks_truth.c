/* SPDX-License-Identifier: Apache-2.0 */
/* The database against the plant: where every battery is, and who is connected, when all has come
 * to rest. */
#include "sim.h"

#include "core/custody.h"
#include "engine/state.h"
#include "store/store.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* One text by a query with one text parameter; "" when there is no row or it is NULL. */
static void ask(struct sim *sim, const char *sql, const char *about, char *to, size_t size)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store_handle(sim->bridge.store), sql, -1, &statement, NULL);
    assert(code == SQLITE_OK);
    (void)code;
    (void)sqlite3_bind_text(statement, 1, about, -1, SQLITE_STATIC);
    const char *found = sqlite3_step(statement) == SQLITE_ROW
                            ? (const char *)sqlite3_column_text(statement, 0)
                            : NULL;
    (void)snprintf(to, size, "%s", found ? found : "");
    (void)sqlite3_finalize(statement);
    sim->counts->checks++;
}

static void check_battery(struct sim *sim, const char *bid, const char *expected)
{
    char found[200];
    ask(sim,
        "SELECT where_kind || ' ' || coalesce(where_id, '') || ' ' || coalesce(slot, '') "
        "FROM battery WHERE bid = ?1",
        bid, found, sizeof found);
    if (strcmp(found, expected) != 0)
        sim_violate(sim, "battery %s is \"%s\" in the database and \"%s\" in truth", bid, found,
                    expected);
}

/* The engine knows what is in the bay: shut, and verified since. */
static bool is_settled(const struct bay *bay)
{
    return bay->state == BAY_EMPTY || bay->state == BAY_IDLE || bay->state == BAY_CHARGING ||
           bay->state == BAY_READY || bay->state == BAY_RESERVED;
}

static void check_bay(struct sim_station *station, int i)
{
    struct sim *sim = station->sim;
    const struct plant_bay *bay = &station->plant.bays[i];
    char key[96], text[160];
    if (!is_settled(&station->engine->station.bays[i]))
        return;
    (void)snprintf(key, sizeof key, "%s %d", station->device, i + 1);
    if (bay->present) {
        (void)snprintf(text, sizeof text, "bay %s", key);
        check_battery(sim, bay->pack.bid, text);
    } else {
        ask(sim,
            "SELECT bid FROM battery WHERE where_kind = 'bay' AND where_id || ' ' || slot = ?1",
            key, text, sizeof text);
        if (text[0])
            sim_violate(sim, "battery %s is in bay %s in the database; the bay is empty", text,
                        key);
    }
    ask(sim, "SELECT coalesce(bid, '') FROM bay WHERE station_id || ' ' || slot = ?1", key, text,
        sizeof text);
    const char *truth = bay->present ? bay->pack.bid : "";
    if (strcmp(text, truth) != 0)
        sim_violate(sim, "bay %s holds \"%s\" in the database and \"%s\" in truth", key, text,
                    truth);
}

/* Each pack that was ever at the station is on record in the vehicle that holds it; and what the
 * station believes to owe the vehicle is what it lacks; as far as anybody can know. */
static void check_vehicle(struct sim_station *station, const struct plant_vehicle *vehicle)
{
    struct sim *sim = station->sim;
    char text[160], found[MESSAGE_NAME_SIZE];
    if (vehicle->muddled)
        return;
    int balance = custody_balance(&station->engine->station, vehicle->id);
    sim->counts->checks++;
    if (balance != vehicle->set - vehicle->held)
        sim_violate(sim, "%s: vehicle %s of %d packs holds %d, and its account says %d",
                    station->device, vehicle->id, vehicle->set, vehicle->held, balance);
    (void)snprintf(text, sizeof text, "vehicle %s ", vehicle->id);
    /* After a restore who took a pack may be among what is lost; what is in bays is told again. */
    for (int i = 0; i < vehicle->held && !sim->restored; i++) {
        const char *bid = vehicle->holds[i].pack.bid;
        ask(sim, "SELECT bid FROM battery WHERE bid = ?1", bid, found, sizeof found);
        if (found[0])
            check_battery(sim, bid, text);
    }
}

static void check_vehicles(struct sim_station *station)
{
    for (int i = 0; i < station->plant.bay_count; i++)
        if (!is_settled(&station->engine->station.bays[i]))
            return; /* somebody may have taken a pack from it, nobody knows yet */
    for (int i = 0; i < PLANT_VEHICLES; i++)
        check_vehicle(station, &station->plant.vehicles[i]);
}

void sim_check_truth(struct sim *sim)
{
    char status[64];
    for (size_t i = 0; i < sim->station_count; i++) {
        struct sim_station *station = &sim->stations[i];
        for (int k = 0; k < station->plant.bay_count; k++)
            check_bay(station, k);
        check_vehicles(station);
        ask(sim, "SELECT status FROM station WHERE station_id = ?1", station->device, status,
            sizeof status);
        if (station->client.sees && strcmp(status, "DISCONNECTED") == 0)
            sim_violate(sim, "station %s is connected, and DISCONNECTED in the database",
                        station->device);
    }
}

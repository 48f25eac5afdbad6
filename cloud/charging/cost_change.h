/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator changes about costs: tariffs, geofences, time zones of stations, vehicles that
 * charge without paying, costs by hand, and costs after a change of tariffs. One JSON object, the
 * same on swapctl's way to the bridge's control socket and when swapctl works on the database
 * itself because no bridge runs. All values are texts, as a person types them:
 *
 *   command            members (those in brackets may be left out)
 *   tariff_add         per_kwh | per_minute PRICE  [station | geofence] [fee] [from] [to] [windows]
 *   tariff_end         id [to]
 *   tariff_apply       [station] [from] [to] [after]
 *   geofence_add       name latitude longitude radius_m
 *   geofence_change    id [name] [latitude] [longitude] [radius_m]
 *   geofence_delete    id
 *   station_zone       station zone
 *   vehicle_free       vehicle free ("on", "off")
 *   charging_cost      id  total | per_kwh | per_minute AMOUNT | clear ("yes")
 *
 * beside "command" and "actor" (user of the operator). Each change is in event_log with its actor.
 */
#ifndef SWAPSTACK_CHARGING_COST_CHANGE_H
#define SWAPSTACK_CHARGING_COST_CHANGE_H

#include "base/strbuf.h"
#include "charging/cost.h"
#include "charging/zone.h"
#include "store/geofence.h"
#include "store/tariff.h"
#include <cjson/cJSON.h>

enum cost_change_kind {
    COST_CHANGE_TARIFF_ADD,
    COST_CHANGE_TARIFF_END,
    COST_CHANGE_TARIFF_APPLY,
    COST_CHANGE_GEOFENCE_ADD,
    COST_CHANGE_GEOFENCE_CHANGE,
    COST_CHANGE_GEOFENCE_DELETE,
    COST_CHANGE_STATION_ZONE,
    COST_CHANGE_VEHICLE_FREE,
    COST_CHANGE_CHARGING_COST,
    COST_CHANGE_KINDS
};

struct cost_change {
    enum cost_change_kind kind;
    char actor[65];
    char station_id[65], vid[65], zone[ZONE_SIZE];
    int64_t id;               /* of tariff, geofence, process; of tariff_apply: after this one */
    struct tariff_row tariff; /* tariff_add */
    struct geofence_row geofence; /* "" and NAN: not said */
    bool free;
    enum cost_billing mode; /* charging_cost: COST_NOT_BILLED is the total */
    int64_t amount;         /* COST_NONE: clear */
    int64_t from_us, to_us; /* STORE_NULL: not said */
    char *request;          /* owned: the members as JSON, for event_log */
};

/* Is it a command of this file? */
bool cost_change_is_command(const char *command);
/* Pure. ERR_USAGE with a sentence. *change is owned by the caller (cost_change_free). */
int cost_change_parse(const cJSON *object, struct cost_change **change, struct err *err);
void cost_change_free(struct cost_change *change);

/* Carries it out in the caller's transaction and appends JSON members (`"id":5`) to `answer`.
 * ERR_NOT_FOUND, ERR_INVALID … with a sentence. `now_us` stands for times that were not said. */
int cost_change_run(struct store *store, const struct cost_change *change, int64_t now_us,
                    struct strbuf *answer, struct err *err);

/* One step of tariff_apply, which looks at the next COST_CHANGE_APPLY_ROWS processes, so that a
 * long history does not hold up the writer. `dry`: writes nothing (any connection will do). Answer:
 * "looked_at":N,"last":ID|null (null: there are no more), "changes":[{"id","station_id",
 * "start_date","before","after"} …] with amounts as texts or null. */
#define COST_CHANGE_APPLY_ROWS 200
int cost_change_apply(struct store *store, const struct cost_change *change, bool dry,
                      int64_t now_us, struct strbuf *answer, struct err *err);

#endif

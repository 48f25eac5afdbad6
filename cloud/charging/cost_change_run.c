/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/cost_change.h"

#include "base/scope.h"
#include "charging/geofence.h"
#include "charging/money.h"
#include "store/bill.h"
#include "store/eventlog.h"
#include "store/station.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Each change with its actor; `id`: what it was about, STORE_NULL when the request says that. */
static int log_change(struct store *store, const struct cost_change *change, const char *kind,
                      int64_t id, int64_t now_us, struct err *err)
{
    SCOPE_STRBUF struct strbuf payload = STRBUF_INIT;
    strbuf_append_char(&payload, '{');
    if (id != STORE_NULL)
        strbuf_printf(&payload, "\"id\":%" PRId64 ",", id);
    strbuf_printf(&payload, "\"request\":%s}", change->request);
    if (strbuf_failed(&payload))
        return err_set(err, ERR_NOMEM, "%s: out of memory", kind);
    struct eventlog_row row = {.received_at_us = now_us,
                               .event_time_us = now_us,
                               .actor = "operator",
                               .actor_id = change->actor,
                               .station_id = change->station_id[0] ? change->station_id : NULL,
                               .kind = kind,
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = strbuf_text(&payload)};
    return eventlog_append(store, &row, err);
}

/* Tariffs ----------------------------------------------------------------------------------------
 */

static int load_geofence(struct store *store, int64_t id, struct geofence_row *row, struct err *err)
{
    int found = geofence_load(store, id, row, err);
    return found == 0 ? err_set(err, ERR_NOT_FOUND, "there is no geofence %" PRId64, id)
                      : (found < 0 ? found : 0);
}

static int add_tariff(struct store *store, const struct cost_change *change, int64_t now_us,
                      struct strbuf *answer, struct err *err)
{
    struct tariff_row row = change->tariff;
    struct geofence_row fence;
    row.valid_from_us = change->from_us == STORE_NULL ? now_us : change->from_us;
    row.valid_until_us = change->to_us;
    if (row.valid_until_us != STORE_NULL && row.valid_until_us <= row.valid_from_us)
        return err_set(err, ERR_USAGE, "a tariff must end after it begins (now, where not said)");
    int status =
        row.geofence_id == STORE_NULL ? 0 : load_geofence(store, row.geofence_id, &fence, err);
    if (status == 0)
        status = tariff_insert(store, &row, err);
    if (status == 0)
        status = log_change(store, change, "tariff.add", row.id, now_us, err);
    strbuf_printf(answer, "\"id\":%" PRId64, row.id);
    return status;
}

static int end_tariff(struct store *store, const struct cost_change *change, int64_t now_us,
                      struct strbuf *answer, struct err *err)
{
    struct tariff_row row;
    int64_t end_us = change->to_us == STORE_NULL ? now_us : change->to_us;
    int status = tariff_load(store, change->id, &row, err);
    if (status == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no tariff %" PRId64, change->id);
    if (status > 0 && end_us < row.valid_from_us) /* at its beginning: it never held */
        end_us = row.valid_from_us;
    if (status > 0)
        status = tariff_set_end(store, change->id, end_us, err);
    if (status == 0)
        status = log_change(store, change, "tariff.end", change->id, now_us, err);
    strbuf_printf(answer, "\"id\":%" PRId64, change->id);
    return status;
}

/* Geofences --------------------------------------------------------------------------------------
 */

struct fences {
    struct geofence_row *rows;       /* owned */
    struct geofence_circle *circles; /* owned */
    size_t count;
    /* Processes of a station have one position: the last answer serves for most. */
    double latitude, longitude;
    int64_t nearest;
};

static void fences_free(struct fences *fences)
{
    free(fences->rows);
    free(fences->circles);
}

static int64_t nearest_fence(void *self, double latitude, double longitude)
{
    struct fences *fences = self;
    if (latitude == fences->latitude && longitude == fences->longitude)
        return fences->nearest;
    size_t nearest = geofence_nearest(fences->circles, fences->count, latitude, longitude);
    fences->latitude = latitude;
    fences->longitude = longitude;
    fences->nearest = nearest == GEOFENCE_NONE ? STORE_NULL : fences->rows[nearest].id;
    return fences->nearest;
}

/* Every process that has a position to the nearest geofence that remains; costs stand. */
static int relink(struct store *store, int64_t *changed, struct err *err)
{
    SCOPE(fences_free) struct fences fences = {.latitude = NAN, .longitude = NAN};
    int status = geofence_list(store, &fences.rows, &fences.count, err);
    if (status < 0)
        return status;
    fences.circles = calloc(fences.count + 1, sizeof *fences.circles);
    if (!fences.circles)
        return err_set(err, ERR_NOMEM, "geofences: out of memory");
    for (size_t i = 0; i < fences.count; i++)
        fences.circles[i] = (struct geofence_circle){
            fences.rows[i].latitude, fences.rows[i].longitude, fences.rows[i].radius_m};
    return geofence_relink(store, nearest_fence, &fences, changed, err);
}

/* What was not said stays. */
static void merge(struct geofence_row *row, const struct geofence_row *said)
{
    if (said->name[0])
        memcpy(row->name, said->name, sizeof row->name);
    if (!isnan(said->latitude))
        row->latitude = said->latitude;
    if (!isnan(said->longitude))
        row->longitude = said->longitude;
    if (!isnan(said->radius_m))
        row->radius_m = said->radius_m;
}

static int change_geofence(struct store *store, const struct cost_change *change, int64_t now_us,
                           struct strbuf *answer, struct err *err)
{
    const char *kind = "geofence.add";
    struct geofence_row row = change->geofence;
    int64_t relinked = 0;
    int status = change->kind == COST_CHANGE_GEOFENCE_ADD
                     ? geofence_insert(store, &row, err)
                     : load_geofence(store, change->id, &row, err);
    if (status == 0 && change->kind == COST_CHANGE_GEOFENCE_CHANGE) {
        kind = "geofence.change";
        merge(&row, &change->geofence);
        status = geofence_update(store, &row, err);
    } else if (status == 0 && change->kind == COST_CHANGE_GEOFENCE_DELETE) {
        kind = "geofence.delete";
        status = geofence_set_deleted(store, row.id, now_us, err);
    }
    if (status == 0)
        status = relink(store, &relinked, err);
    if (status == 0)
        status = log_change(store, change, kind, row.id, now_us, err);
    strbuf_printf(answer, "\"id\":%" PRId64 ",\"relinked\":%" PRId64, row.id, relinked);
    return status;
}

/* Stations, vehicles, costs by hand ---------------------------------------------------------------
 */

static int set_zone(struct store *store, const struct cost_change *change, int64_t now_us,
                    struct err *err)
{
    SCOPE(zone_close_scope) struct zone *zone = NULL;
    int status = zone_open(&zone, change->zone, err);
    if (status < 0)
        return status;
    status = station_set_zone(store, change->station_id, change->zone, err);
    if (status == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no station %s", change->station_id);
    return status < 0 ? status : log_change(store, change, "station.zone", STORE_NULL, now_us, err);
}

static int set_free(struct store *store, const struct cost_change *change, int64_t now_us,
                    struct err *err)
{
    int status = free_supercharging_set(store, change->vid, change->free, now_us, err);
    return status < 0
               ? status
               : log_change(store, change, "vehicle.free_supercharging", STORE_NULL, now_us, err);
}

static bool quantity_is_known(enum cost_billing mode, const struct cost_quantity *quantity)
{
    return mode == COST_NOT_BILLED || (mode == COST_PER_KWH ? !isnan(cost_billable_kwh(quantity))
                                                            : quantity->duration_min != COST_NONE);
}

static int set_cost(struct store *store, const struct cost_change *change, int64_t now_us,
                    struct strbuf *answer, struct err *err)
{
    static const char *const bases[] = {"total", "per_kwh", "per_minute"};
    struct bill_row row;
    int status = bill_load(store, change->id, &row, err);
    if (status == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no charging process %" PRId64, change->id);
    if (status < 0)
        return status;
    struct cost_quantity quantity = {row.charge_energy_added, row.charge_energy_used,
                                     row.duration_min};
    /* The model would take the price for the total. */
    if (!quantity_is_known(change->mode, &quantity))
        return err_set(err, ERR_INVALID,
                       "charging process %" PRId64 " has no known %s; give its total", change->id,
                       change->mode == COST_PER_KWH ? "energy" : "duration");
    bool clear = change->amount == COST_NONE;
    struct bill bill = {.cost = cost_by_hand(change->mode, change->amount, &quantity),
                        .source = clear ? "" : "manual",
                        .basis = clear ? "" : bases[change->mode],
                        .tariff_id = STORE_NULL,
                        .at_us = now_us};
    status = bill_save(store, &row, &bill, err);
    if (status == 0)
        status = log_change(store, change, "charging.cost", change->id, now_us, err);
    char text[MONEY_TEXT_SIZE];
    money_format(clear ? 0 : bill.cost, text);
    strbuf_printf(answer, clear ? "\"cost\":null" : "\"cost\":\"%s\"", text);
    return status;
}

int cost_change_run(struct store *store, const struct cost_change *change, int64_t now_us,
                    struct strbuf *answer, struct err *err)
{
    switch (change->kind) {
    case COST_CHANGE_TARIFF_ADD:
        return add_tariff(store, change, now_us, answer, err);
    case COST_CHANGE_TARIFF_END:
        return end_tariff(store, change, now_us, answer, err);
    case COST_CHANGE_TARIFF_APPLY:
        return cost_change_apply(store, change, false, now_us, answer, err);
    case COST_CHANGE_GEOFENCE_ADD:
    case COST_CHANGE_GEOFENCE_CHANGE:
    case COST_CHANGE_GEOFENCE_DELETE:
        return change_geofence(store, change, now_us, answer, err);
    case COST_CHANGE_STATION_ZONE:
        return set_zone(store, change, now_us, err);
    case COST_CHANGE_VEHICLE_FREE:
        return set_free(store, change, now_us, err);
    case COST_CHANGE_CHARGING_COST:
        return set_cost(store, change, now_us, answer, err);
    case COST_CHANGE_KINDS:
        break;
    }
    return err_set(err, ERR_USAGE, "not a change of costs");
}

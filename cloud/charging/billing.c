/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/billing.h"

#include "base/log.h"
#include "base/scope.h"
#include "charging/geofence.h"
#include "charging/intervals.h"
#include "charging/rules.h"
#include "charging/tou_cost.h"
#include "charging/zone.h"
#include "store/geofence.h"
#include "store/sample.h"
#include "store/tariff.h"
#include <math.h>
#include <string.h>

/* Places -----------------------------------------------------------------------------------------
 */

int billing_locate(struct store *store, int64_t process, double latitude, double longitude,
                   struct err *err)
{
    SCOPE_FREE struct geofence_row *rows = NULL;
    size_t count;
    if (isnan(latitude) || isnan(longitude))
        return 0;
    int status = geofence_list(store, &rows, &count, err);
    if (status < 0 || count == 0)
        return status;
    SCOPE_FREE struct geofence_circle *circles = calloc(count, sizeof *circles);
    if (!circles)
        return err_set(err, ERR_NOMEM, "geofences: out of memory");
    for (size_t i = 0; i < count; i++)
        circles[i] =
            (struct geofence_circle){rows[i].latitude, rows[i].longitude, rows[i].radius_m};
    size_t nearest = geofence_nearest(circles, count, latitude, longitude);
    return nearest == GEOFENCE_NONE ? 0 : geofence_link(store, process, rows[nearest].id, err);
}

/* Tariffs ----------------------------------------------------------------------------------------
 */

static struct cost_tariff flat_of(const struct tariff_row *row)
{
    return (struct cost_tariff){
        .billing = strcmp(row->billing_type, "per_minute") == 0 ? COST_PER_MINUTE : COST_PER_KWH,
        .cost_per_unit = row->cost_per_unit,
        .session_fee = row->session_fee,
    };
}

/* Samples that cannot be read, or are none: by time, from start to end. */
static void split_by_time(const struct bill_row *row, struct tou_cursor *cursor,
                          struct tou_split *split)
{
    if (row->end_date_us > row->start_date_us)
        tou_split_add(split, cursor, row->start_date_us, row->end_date_us, NAN);
}

static int split_of(struct store *store, const struct bill_row *row, struct tou_cursor *cursor,
                    struct tou_split *split, struct err *err)
{
    SCOPE(intervals_free) struct intervals intervals;
    struct err why = {0};
    memset(split, 0, sizeof *split);
    int status = intervals_read(store, row->process, &intervals, &why);
    if (status == ERR_INVALID)
        log_warning("billing", "hours of the day by time alone: %s", why.text);
    else if (status < 0)
        return err_set(err, status, "%s", why.text);
    for (size_t i = 1; i < intervals.count; i++) {
        struct interval interval = intervals_at(&intervals, i);
        tou_split_add(split, cursor, interval.from_us, interval.to_us, interval.power_kw);
    }
    if (intervals.count < 2)
        split_by_time(row, cursor, split);
    return 0;
}

/* A price that holds at the hour in which nothing lasted: the slot of the start. */
static void split_instant(const struct bill_row *row, struct tou_cursor *cursor,
                          struct tou_split *split)
{
    int64_t all_us = 0;
    for (size_t i = 0; i < TOU_SLOTS; i++)
        all_us += split->us[i];
    if (all_us > 0)
        return;
    tou_cursor_move(cursor, row->start_date_us);
    split->us[cursor->slot] = 1;
}

static int windowed_cost(struct store *store, const struct bill_row *row,
                         const struct tariff_row *tariff, const struct cost_quantity *quantity,
                         bool retroactive, int64_t *cost, struct err *err)
{
    struct tou_window windows[TOU_WINDOWS_MAX];
    struct tou_plan plan;
    struct tou_split split;
    SCOPE(zone_close_scope) struct zone *zone = NULL;
    struct err why = {0};
    for (size_t i = 0; i < tariff->window_count; i++)
        windows[i] = (struct tou_window){tariff->windows[i].days, tariff->windows[i].from_minute,
                                         tariff->windows[i].to_minute, tariff->windows[i].price};
    int status = tou_plan_make(windows, tariff->window_count, &plan, &why);
    if (status == 0)
        status = zone_open(&zone, row->zone, &why);
    if (status == ERR_INVALID) { /* checked when they were entered; tzdata may have lost the zone */
        log_warning("billing", "process %lld has no cost: tariff %lld: %s", (long long)row->process,
                    (long long)tariff->id, why.text);
        *cost = COST_NONE;
        return 0;
    }
    if (status < 0)
        return err_set(err, status, "%s", why.text);
    struct tou_cursor cursor = TOU_CURSOR(&plan, zone);
    status = split_of(store, row, &cursor, &split, err);
    if (status < 0)
        return status;
    split_instant(row, &cursor, &split);
    struct cost_tariff base = flat_of(tariff);
    *cost = tou_cost(&base, windows, tariff->window_count, quantity, &split, retroactive);
    return 0;
}

static int tariff_cost(struct store *store, const struct bill_row *row,
                       const struct tariff_row *tariff, const struct cost_quantity *quantity,
                       bool retroactive, int64_t *cost, struct err *err)
{
    struct cost_tariff flat = flat_of(tariff);
    if (tariff->window_count > 0)
        return windowed_cost(store, row, tariff, quantity, retroactive, cost, err);
    *cost = retroactive ? cost_retroactive(&flat, quantity, COST_NONE)
                        : cost_at_close(&flat, quantity, NULL);
    return 0;
}

/* Rules 3 to 5. */
static int judge(struct store *store, const struct bill_row *row,
                 const struct cost_quantity *quantity, bool retroactive,
                 struct billing_verdict *verdict, struct err *err)
{
    struct tariff_row tariff;
    *verdict = (struct billing_verdict){COST_NONE, "", STORE_NULL};
    int found =
        tariff_find(store, row->station_id, row->geofence_id, row->start_date_us, &tariff, err);
    if (found < 0)
        return found;
    /* 0 is what a station says that nobody told a price; for nothing is what a tariff says. */
    if (!found && (row->price_per_kwh == STORE_NULL || row->price_per_kwh == 0))
        return 0;
    if (!found)
        tariff = (struct tariff_row){.cost_per_unit = row->price_per_kwh, .session_fee = COST_NONE};
    int status = tariff_cost(store, row, &tariff, quantity, retroactive, &verdict->cost, err);
    if (status == 0 && verdict->cost != COST_NONE) {
        verdict->basis = found ? BILLING_TARIFF : BILLING_STATION_PRICE;
        verdict->tariff_id = found ? tariff.id : STORE_NULL;
    }
    return status;
}

/* Free charging ----------------------------------------------------------------------------------
 */

static int usual_is_free(const struct charge_samples *stored, struct err *err)
{
    SCOPE_FREE struct cost_charger *chargers = calloc(stored->count + 1, sizeof *chargers);
    if (!chargers)
        return err_set(err, ERR_NOMEM, "charging process: out of memory");
    for (size_t i = 0; i < stored->count; i++)
        chargers[i] =
            (struct cost_charger){stored->list[i].charger_power, stored->list[i].fast_charger_type};
    const char *usual = cost_usual_charger(chargers, stored->count);
    const struct cost_tariff none = {.billing = COST_NOT_BILLED};
    const struct cost_quantity nothing = {NAN, NAN, COST_NONE};
    return cost_at_close(&none, &nothing, usual) == 0;
}

/* Rule 2: 1 or 0. */
static int is_free(struct store *store, const struct bill_row *row, struct err *err)
{
    int status = row->vid[0] ? free_supercharging_has(store, row->vid, err) : 0;
    if (status <= 0)
        return status;
    struct charge_samples stored;
    struct err why = {0};
    status = charge_samples_read(store, row->process, &stored, &why);
    if (status == 0)
        status = usual_is_free(&stored, &why);
    charge_samples_free(&stored);
    if (status == ERR_INVALID) { /* damaged samples name no charger */
        log_warning("billing", "free charging is not decided: %s", why.text);
        return 0;
    }
    return status < 0 ? err_set(err, status, "%s", why.text) : status;
}

/* Entry points -----------------------------------------------------------------------------------
 */

int billing_close(struct store *store, int64_t process, const struct cost_quantity *quantity,
                  int64_t at_us, struct err *err)
{
    struct bill_row row;
    struct billing_verdict verdict = {0, BILLING_FREE, STORE_NULL};
    int status = bill_load(store, process, &row, err);
    if (status <= 0 || strcmp(row.cost_source, "manual") == 0)
        return status < 0 ? status : 0;
    int free_of_charge = is_free(store, &row, err);
    if (free_of_charge < 0)
        return free_of_charge;
    if (!free_of_charge)
        status = judge(store, &row, quantity, false, &verdict, err);
    if (status < 0 || (verdict.cost == COST_NONE && row.cost == COST_NONE))
        return status < 0 ? status : 0;
    struct bill bill = {.cost = verdict.cost,
                        .source = verdict.cost == COST_NONE ? "" : "tariff",
                        .basis = verdict.basis,
                        .tariff_id = verdict.tariff_id,
                        .at_us = at_us};
    return bill_save(store, &row, &bill, err);
}

/* By the rule that filled the record. */
static struct rules_energy evaluate_again(const struct intervals *intervals, int rule)
{
    const struct rules_settings settings = RULES_DEFAULT;
    struct rules_state state;
    struct rules_result result;
    rules_start(&state, &settings.limits);
    for (size_t i = 0; i < intervals->count; i++)
        rules_add(&state, &intervals->samples[i]);
    rules_finish(&state, &result);
    return rules_energy(&result, rule);
}

/* Does the cost stand as it was made at close, from the unrounded energy? 1 or 0. */
static int stands_as_closed(struct store *store, const struct bill_row *row, struct err *err)
{
    SCOPE(intervals_free) struct intervals intervals;
    struct billing_verdict closed;
    struct err why = {0};
    int status = intervals_read(store, row->process, &intervals, &why);
    if (status == ERR_INVALID)
        return 0;
    if (status < 0)
        return err_set(err, status, "%s", why.text);
    struct rules_energy energy = evaluate_again(
        &intervals, row->rule_version == EVALUATE2_RULE_VERSION ? EVALUATE2_RULE_VERSION
                                                                : EVALUATE_RULE_VERSION);
    struct cost_quantity quantity = {row->charge_energy_added, energy.used_exact_kwh,
                                     row->duration_min};
    if (!(energy.used_kwh == row->charge_energy_used))
        return 0; /* other samples, or other settings of rule 2: the record counts */
    status = judge(store, row, &quantity, false, &closed, err);
    return status < 0 ? status : closed.cost == row->cost;
}

int billing_retroactive(struct store *store, const struct bill_row *row,
                        struct billing_verdict *verdict, struct err *err)
{
    const struct billing_verdict standing = {row->cost, BILLING_FREE, STORE_NULL};
    struct cost_quantity quantity = {row->charge_energy_added, row->charge_energy_used,
                                     row->duration_min};
    if (strcmp(row->basis, BILLING_FREE) == 0) {
        *verdict = standing;
        return 0;
    }
    int status = judge(store, row, &quantity, true, verdict, err);
    if (status < 0 || row->cost == COST_NONE || verdict->cost == row->cost ||
        verdict->tariff_id != row->tariff_id || strcmp(verdict->basis, row->basis) != 0)
        return status;
    int stands = stands_as_closed(store, row, err);
    if (stands > 0)
        verdict->cost = row->cost;
    return stands < 0 ? stands : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What telemetry says of batteries in bays. Only a change costs SQL; each changed fact is logged as
 * a derived event in the same transaction, so that event_log alone rebuilds tracking.
 */
#include "alerts/alerts.h"
#include "base/decimal.h"
#include "tracking/tracking_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* So many reports in a row must find a bay empty before the battery on record there is nowhere. The
 * event that tells who took it is normally here before the second; it never comes when it was lost
 * with a database that had to be restored. */
#define EMPTY_REPORTS 2

static int log_place(struct tracking *tracking, const struct tracked_battery *battery,
                     const struct tracking_sighting *sighting, const struct tracking_source *source,
                     struct err *err)
{
    struct derived_fact fact = {.kind = "battery.place",
                                .bid = battery->row.bid,
                                .station_id = sighting->station_id,
                                .slot = battery->row.slot,
                                .name = "where_kind",
                                .text = battery->row.where_kind,
                                .up_ms = battery->claim.up_ms};
    return derived_log(tracking, &fact, sighting->time_us, source, err);
}

/* Something else, or nothing, is where these are recorded: nobody knows where they went. */
static int displace(struct tracking *tracking, const struct tracking_sighting *sighting,
                    const struct place_claim *claim, const struct tracking_source *source,
                    struct err *err)
{
    char bid[65] = "";
    int found;
    while ((found = battery_in_bay(tracking->store, sighting->station_id, sighting->slot,
                                   sighting->bid, bid, bid, err)) == 1) {
        struct tracked_battery *battery;
        int status = tracked_battery_get(tracking, bid, &battery, err);
        if (status == 0)
            status = tracked_battery_resolve(tracking, battery, sighting->station_id, err);
        if (status < 0)
            return status;
        if (!place_sighting_counts(&battery->claim, claim))
            continue;
        tracked_battery_place(battery, "unknown", NULL, STORE_NULL, claim, source);
        status = tracked_battery_save(tracking, battery, err);
        if (status == 0)
            status = log_place(tracking, battery, sighting, source, err);
        if (status < 0)
            return status;
    }
    return found;
}

static int see_empty(struct tracking *tracking, struct tracked_bay *bay,
                     const struct tracking_sighting *sighting, const struct tracking_source *source,
                     struct err *err)
{
    if (!sighting->bay_is_empty)
        bay->empty_reports = 0;
    if (!sighting->bay_is_empty || bay->empty_reports == EMPTY_REPORTS)
        return 0;
    bay->empty_reports++;
    return bay->empty_reports == EMPTY_REPORTS
               ? displace(tracking, sighting, &bay->claim, source, err)
               : 0;
}

static int see_bay(struct tracking *tracking, const struct tracking_sighting *sighting,
                   const struct place_claim *claim, const struct tracking_source *source,
                   struct err *err)
{
    struct tracked_bay *bay;
    int status = tracked_bay_get(tracking, sighting->station_id, sighting->slot, &bay, err);
    if (status < 0 || !place_sighting_counts(&bay->claim, claim))
        return status;
    bay->claim = *claim;
    status = see_empty(tracking, bay, sighting, source, err);
    if (status == 0)
        status = tracked_watch_bay(tracking, bay, sighting, err);
    if (status < 0)
        return status;
    if (strcmp(bay->bid, sighting->bid) == 0)
        return 0;
    (void)snprintf(bay->bid, sizeof bay->bid, "%s", sighting->bid);
    struct derived_fact fact = {.kind = "bay.bid",
                                .station_id = sighting->station_id,
                                .slot = sighting->slot,
                                .name = "bid",
                                .text = sighting->bid};
    status = derived_log(tracking, &fact, sighting->time_us, source, err);
    if (status < 0 || !sighting->bid[0])
        return status;
    return displace(tracking, sighting, claim, source, err);
}

/* A number that is a fact: changes at the scale that it is kept with. *changed is only ever set. */
static int see_number(struct tracking *tracking, const struct tracking_sighting *sighting,
                      const struct tracking_source *source, const char *kind, const char *name,
                      double said, double *kept, bool *changed, struct err *err)
{
    if (isnan(said) || said == *kept)
        return 0;
    *kept = said;
    *changed = true;
    struct derived_fact fact = {.kind = kind,
                                .bid = sighting->bid,
                                .station_id = sighting->station_id,
                                .slot = STORE_NULL,
                                .name = name,
                                .number = said};
    return derived_log(tracking, &fact, sighting->time_us, source, err);
}

static int see_version(struct tracking *tracking, struct tracked_battery *battery,
                       const struct tracking_sighting *sighting,
                       const struct tracking_source *source, struct err *err)
{
    const char *said = text_or_empty(sighting->battery_version);
    if (!said[0] || strcmp(battery->row.battery_version, said) == 0)
        return 0;
    return tracking_update_battery_version(tracking, sighting->bid, said, sighting->time_us, source,
                                           err);
}

static int see_facts(struct tracking *tracking, struct tracked_battery *battery,
                     const struct tracking_sighting *sighting, const struct tracking_source *source,
                     struct err *err)
{
    struct battery_row *row = &battery->row;
    bool capacity = false, soh = false, low;
    int status =
        see_number(tracking, sighting, source, "battery.capacity", "capacity_kwh",
                   decimal_round(sighting->capacity_kwh, 2), &row->capacity_kwh, &capacity, err);
    if (status == 0)
        status = see_number(tracking, sighting, source, "battery.soh", "soh",
                            decimal_round(sighting->soh_percent, 1), &row->soh, &soh, err);
    if (status == 0 && (capacity || soh))
        status = tracked_battery_save(tracking, battery, err);
    /* Also when thresholds changed since, or it was not in memory: the configuration may have. */
    bool changed = capacity || soh || battery->judged != alerts_generation(tracking->alerts);
    if (status == 0 && changed)
        status =
            tracked_judge(tracking, battery, sighting->station_id, sighting->time_us, &low, err);
    return status == 0 ? see_version(tracking, battery, sighting, source, err) : status;
}

/* What changes with every sample is written by the flush. */
static void see_levels(struct tracking *tracking, struct tracked_battery *battery,
                       const struct tracking_sighting *sighting)
{
    struct battery_row *row = &battery->row;
    if (!isnan(sighting->soc_percent))
        row->soc = sighting->soc_percent;
    if (sighting->cycles != STORE_NULL)
        row->cycles = sighting->cycles;
    if (!isnan(sighting->latitude) && !isnan(sighting->longitude)) {
        row->latitude = sighting->latitude;
        row->longitude = sighting->longitude;
    }
    tracked_battery_touch(tracking, battery);
}

static int see_place(struct tracking *tracking, struct tracked_battery *battery,
                     const struct tracking_sighting *sighting, const struct place_claim *claim,
                     const struct tracking_source *source, struct err *err)
{
    const struct battery_row *row = &battery->row;
    bool there = strcmp(row->where_kind, "bay") == 0 && row->slot == sighting->slot &&
                 strcmp(row->where_id, sighting->station_id) == 0;
    tracked_battery_place(battery, "bay", sighting->station_id, sighting->slot, claim, source);
    int status = there ? 0 : tracked_battery_save(tracking, battery, err);
    if (status == 0 && !there)
        status = log_place(tracking, battery, sighting, source, err);
    return status < 0 ? status
                      : tracked_area_check(tracking, battery, sighting->station_id, !there,
                                           sighting->time_us, err);
}

static int see_battery(struct tracking *tracking, const struct tracking_sighting *sighting,
                       const struct place_claim *claim, const struct tracking_source *source,
                       struct err *err)
{
    struct tracked_battery *battery;
    int status = tracked_battery_get(tracking, sighting->bid, &battery, err);
    if (status == 0)
        status = tracked_battery_resolve(tracking, battery, sighting->station_id, err);
    if (status < 0)
        return status;
    bool counts = place_sighting_counts(&battery->claim, claim);
    if (sighting->time_us > battery->row.last_seen_at_us) {
        battery->row.last_seen_at_us = sighting->time_us;
        tracked_battery_touch(tracking, battery);
    }
    if (!counts) /* yesterday's backlog says nothing about today */
        return 0;
    see_levels(tracking, battery, sighting);
    status = see_place(tracking, battery, sighting, claim, source, err);
    if (status == 0)
        status = see_facts(tracking, battery, sighting, source, err);
    return status < 0 ? status : tracked_watch_battery(tracking, battery, sighting, err);
}

int tracking_see_battery(struct tracking *tracking, const struct tracking_sighting *given,
                         const struct tracking_source *source, struct err *err)
{
    struct tracking_sighting sighting = *given;
    sighting.bid = text_or_empty(given->bid);
    if (source->received_at_us > tracking->heard_us)
        tracking->heard_us = source->received_at_us;
    struct place_claim claim = claim_of(sighting.station_id, sighting.time_us, false, source);
    int status = see_bay(tracking, &sighting, &claim, source, err);
    if (status == 0 && sighting.bid[0])
        status = see_battery(tracking, &sighting, &claim, source, err);
    if (status < 0)
        tracking_forget(tracking); /* memory and database may differ now */
    return status;
}

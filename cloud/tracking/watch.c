/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts by what telemetry says with every sample. Levels are no facts of event_log, so neither are
 * these alerts: they follow what is newest (a sighting that counts), sample by sample, in memory;
 * only a change writes.
 */
#include "alerts/alerts.h"
#include "tracking/tracking_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define US_PER_SECOND 1000000.0

static struct alert_subject about(const char *kind, const char *severity, const char *bid)
{
    return (struct alert_subject){
        .kind = kind, .severity = severity, .bid = bid, .slot = STORE_NULL};
}

static int ask(struct tracking *tracking, const struct alert_subject *subject, bool *open,
               struct err *err)
{
    int found = alerts_is_open(tracking->alerts, subject, err);
    *open = found == 1;
    return found < 0 ? found : 0;
}

/* Brings state and limits up to date; needed once, and when thresholds or the station changed. */
static int renew(struct tracking *tracking, struct tracked_battery *battery, const char *station_id,
                 struct err *err)
{
    struct watch *watch = &battery->watch;
    int64_t generation = alerts_generation(tracking->alerts);
    int status = 0;
    if (!watch->known) {
        struct alert_subject hot = about("over_temperature", "critical", battery->row.bid);
        struct alert_subject uneven = about("cell_imbalance", "warning", battery->row.bid);
        status = ask(tracking, &hot, &watch->hot, err);
        if (status == 0)
            status = ask(tracking, &uneven, &watch->uneven, err);
        watch->known = status == 0;
    }
    if (status < 0 ||
        (watch->generation == generation && strcmp(watch->station_id, station_id) == 0))
        return status;
    const char *model = battery->row.model;
    const struct {
        enum threshold_kind kind;
        struct threshold_limits *to;
    } wanted[] = {{THRESHOLD_OVER_TEMPERATURE, &watch->temperature},
                  {THRESHOLD_CELL_IMBALANCE, &watch->cell_v},
                  {THRESHOLD_CELL_TEMPERATURE, &watch->cell_c}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0] && status == 0; i++)
        status =
            alerts_limits(tracking->alerts, wanted[i].kind, model, station_id, wanted[i].to, err);
    if (status == 0) {
        watch->generation = generation;
        (void)snprintf(watch->station_id, sizeof watch->station_id, "%s", station_id);
    }
    return status;
}

static int set(struct tracking *tracking, const struct alert_subject *subject, bool open,
               int64_t at_us, double value, double threshold, const char *text, struct err *err)
{
    return open ? alerts_raise(tracking->alerts, subject, at_us, value, threshold, text, err)
                : alerts_clear(tracking->alerts, subject, at_us, err);
}

static int watch_heat(struct tracking *tracking, struct tracked_battery *battery,
                      const struct tracking_sighting *said, struct err *err)
{
    struct watch *watch = &battery->watch;
    struct alert_subject subject = about("over_temperature", "critical", battery->row.bid);
    bool hot = threshold_judge(THRESHOLD_OVER_TEMPERATURE, &watch->temperature, watch->hot,
                               said->max_temp_c);
    if (hot == watch->hot)
        return 0;
    watch->hot = hot;
    char text[256];
    (void)snprintf(text, sizeof text,
                   "over_temperature: battery %s in bay %" PRId64
                   " of station %s is at %.1f °C, the limit is %.1f",
                   battery->row.bid, said->slot, said->station_id, said->max_temp_c,
                   watch->temperature.raise);
    return set(tracking, &subject, hot, said->time_us, said->max_temp_c, watch->temperature.raise,
               text, err);
}

/* One alert of two measures: open as long as one of those that are said is on its wrong side; when
 * neither is said it stays as it is. */
static bool is_uneven(const struct watch *watch, double apart_v, double apart_c)
{
    if (isnan(apart_v) && isnan(apart_c))
        return watch->uneven && (watch->cell_v.enabled || watch->cell_c.enabled);
    bool v = !isnan(apart_v) &&
             threshold_judge(THRESHOLD_CELL_IMBALANCE, &watch->cell_v, watch->uneven, apart_v);
    bool c = !isnan(apart_c) &&
             threshold_judge(THRESHOLD_CELL_TEMPERATURE, &watch->cell_c, watch->uneven, apart_c);
    return v || c;
}

static int watch_cells(struct tracking *tracking, struct tracked_battery *battery,
                       const struct tracking_sighting *said, struct err *err)
{
    struct watch *watch = &battery->watch;
    struct alert_subject subject = about("cell_imbalance", "warning", battery->row.bid);
    double apart_v = said->max_cell_v - said->min_cell_v;
    double apart_c = said->max_temp_c - said->min_temp_c;
    bool uneven = is_uneven(watch, apart_v, apart_c);
    if (uneven == watch->uneven)
        return 0;
    watch->uneven = uneven;
    char text[256];
    bool by_v = threshold_judge(THRESHOLD_CELL_IMBALANCE, &watch->cell_v, false, apart_v);
    double value = by_v ? apart_v : apart_c;
    double limit = by_v ? watch->cell_v.raise : watch->cell_c.raise;
    (void)snprintf(text, sizeof text,
                   "cell_imbalance: cells of battery %s in bay %" PRId64
                   " of station %s are %.3g %s apart, the limit is %.3g",
                   battery->row.bid, said->slot, said->station_id, value, by_v ? "V" : "°C", limit);
    return set(tracking, &subject, uneven, said->time_us, value, limit, text, err);
}

int tracked_watch_battery(struct tracking *tracking, struct tracked_battery *battery,
                          const struct tracking_sighting *sighting, struct err *err)
{
    int status = renew(tracking, battery, sighting->station_id, err);
    if (status == 0)
        status = watch_heat(tracking, battery, sighting, err);
    return status < 0 ? status : watch_cells(tracking, battery, sighting, err);
}

int tracked_watch_bay(struct tracking *tracking, struct tracked_bay *bay,
                      const struct tracking_sighting *sighting, struct err *err)
{
    struct alert_subject subject = {.kind = "unknown_battery",
                                    .severity = "warning",
                                    .station_id = sighting->station_id,
                                    .slot = sighting->slot};
    struct threshold_limits limits;
    int status = 0;
    if (!bay->unknown_asked) {
        status = ask(tracking, &subject, &bay->unknown_open, err);
        bay->unknown_asked = status == 0;
    }
    if (status == 0 && !sighting->unidentified) {
        bay->unknown_since_us = STORE_NULL;
        if (!bay->unknown_open)
            return 0;
        bay->unknown_open = false;
        return alerts_clear(tracking->alerts, &subject, sighting->time_us, err);
    }
    if (bay->unknown_since_us == STORE_NULL)
        bay->unknown_since_us = sighting->time_us;
    if (status == 0)
        status = alerts_limits(tracking->alerts, THRESHOLD_UNKNOWN_BATTERY, "",
                               sighting->station_id, &limits, err);
    if (status < 0)
        return status;
    double waited_s = (double)(sighting->time_us - bay->unknown_since_us) / US_PER_SECOND;
    bool open = limits.enabled && (bay->unknown_open || waited_s > limits.raise);
    if (open == bay->unknown_open)
        return 0;
    bay->unknown_open = open;
    char text[256];
    (void)snprintf(text, sizeof text,
                   "unknown_battery: the pack in bay %" PRId64
                   " of station %s could not be identified for %.0f s",
                   sighting->slot, sighting->station_id, waited_s);
    return set(tracking, &subject, open, sighting->time_us, waited_s, limits.raise, text, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a battery may be (requirements/battery-tracking.md, "电池范围限定"): at stations that are
 * named, or in circles. A battery whose newest exchange or sighting is at a station outside raises
 * outside_area, one alert a battery, cleared when it is seen inside or the area is changed so that
 * it is. A battery without limits may be anywhere; of a station whose position nobody has told it
 * is not known whether it lies in a circle, and nothing is raised or cleared.
 */
#ifndef SWAPSTACK_TRACKING_AREA_H
#define SWAPSTACK_TRACKING_AREA_H

#include "base/err.h"
#include "store/where.h"
#include <cjson/cJSON.h>

struct alerts;

enum area_verdict { AREA_INSIDE, AREA_OUTSIDE, AREA_NOT_KNOWN };

/* Pure. Of no limits: AREA_INSIDE. A circle's edge is inside; distances are great circles
 * (charging/geofence.h). `latitude`, `longitude`: of the station; NAN: not known. */
enum area_verdict area_judge(const struct area_limit *limits, size_t count, const char *station_id,
                             double latitude, double longitude);

/* [{"station":ID} | {"latitude":D,"longitude":D,"radius_m":M} …] out and in. `limits` has room for
 * AREA_LIMITS_MAX. NULL: out of memory; ERR_INVALID with a sentence. */
cJSON *area_to_json(const struct area_limit *limits, size_t count);
int area_from_json(const cJSON *array, struct area_limit *limits, size_t *count, struct err *err);

/* A station id, or a circle on the earth with a radius of 1 m to 21 000 km. ERR_INVALID. */
int area_limit_check(const struct area_limit *limit, struct err *err);

/* The battery was seen at the station: raises or clears. `at_us` stands in the alert. */
int area_check(struct store *store, struct alerts *alerts, const char *bid, const char *station_id,
               int64_t at_us, struct err *err);

/* Sets the limits of a battery (count 0: none), logs that as battery.area of the operator
 * `actor`, and looks where the battery is. Inside the caller's transaction. */
int area_set(struct store *store, struct alerts *alerts, const char *bid,
             const struct area_limit *limits, size_t count, const char *actor, int64_t at_us,
             struct err *err);

#endif

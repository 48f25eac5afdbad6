/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thresholds: which limits hold for a battery model at a station, and what a value means against
 * them. Pure.
 *
 * Hysteresis: an alert is raised beyond `raise` and ends only when the value is back on the right
 * side of `clear`; between the two it stays as it is, so that a value on the edge does not flap.
 */
#ifndef SWAPSTACK_ALERTS_THRESHOLD_H
#define SWAPSTACK_ALERTS_THRESHOLD_H

#include "store/threshold.h"

enum threshold_kind {
    THRESHOLD_LOW_CAPACITY,     /* kWh; raised below */
    THRESHOLD_FREQUENT_SWAP,    /* On-Loads in the window of [tracking]; raised above */
    THRESHOLD_LOW_SOH,          /* %; below */
    THRESHOLD_OVER_TEMPERATURE, /* °C, hottest sensor of the pack; above */
    THRESHOLD_CELL_IMBALANCE,   /* V between the highest and the lowest cell; above */
    THRESHOLD_CELL_TEMPERATURE, /* °C between the hottest and the coldest; above. Its alert is
                                   cell_imbalance too */
    THRESHOLD_UNKNOWN_BATTERY,  /* s for which a pack in a bay has no identity; above */
    THRESHOLD_KINDS
};

/* "low_capacity" …, its unit, and a sentence. */
const char *threshold_name(enum threshold_kind kind);
const char *threshold_unit(enum threshold_kind kind);
bool threshold_is_below(enum threshold_kind kind); /* raised below the limit, else above */
/* ERR_USAGE with a sentence that names the known ones (and the nearest). */
int threshold_kind_of(const char *name, enum threshold_kind *kind, struct err *err);

struct threshold_limits {
    double raise, clear;
    bool enabled;
};

/* What holds where no row fits: raised at `raise`, cleared `hysteresis` (≥ 0) away from it. */
struct threshold_default {
    double raise, hysteresis;
};
/* The first two: requirements/battery-tracking.md (20 kWh, more than 3 swaps). The others are set
 * where a traction pack is certainly not well; fleets set their own per model. */
#define THRESHOLD_DEFAULTS                                                                         \
    {                                                                                              \
        [THRESHOLD_LOW_CAPACITY] = {20, 0.5}, [THRESHOLD_FREQUENT_SWAP] = {3, 0},                  \
        [THRESHOLD_LOW_SOH] = {70, 1}, [THRESHOLD_OVER_TEMPERATURE] = {60, 5},                     \
        [THRESHOLD_CELL_IMBALANCE] = {0.3, 0.1}, [THRESHOLD_CELL_TEMPERATURE] = {20, 5},           \
        [THRESHOLD_UNKNOWN_BATTERY] = {60, 0},                                                     \
    }
struct threshold_limits threshold_from_default(enum threshold_kind kind,
                                               const struct threshold_default *by);

/* Are the numbers finite and is clear on the right side of raise? ERR_USAGE. */
int threshold_check(enum threshold_kind kind, double raise, double clear, struct err *err);

/* The row that holds for `model` ("": not known) at `station_id` ("": none): of model and station,
 * of the station, of the model, of any; NULL when none fits. `rows` as threshold_list orders them.
 */
const struct threshold_row *threshold_find(const struct threshold_row *rows, size_t count,
                                           enum threshold_kind kind, const char *model,
                                           const char *station_id);

/* Is the alert open after this value, when it was `open` before? NAN says nothing: as before. */
bool threshold_judge(enum threshold_kind kind, const struct threshold_limits *limits, bool open,
                     double value);

#endif

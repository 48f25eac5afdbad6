/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What closed charging processes add up to: by place and battery, by hour and day on the station's
 * clock, by level (the charging curve), temperature and power. Pure but for the time zones' tables;
 * what is kept grows with the groups and not with the processes or samples.
 *
 * Each interval between two samples belongs to the group of the later one (its power holds, as in
 * the figures of the process), and is divided where the hour changes if hours or days are asked
 * for. The stored figures of the process are then divided over its groups: energy used and cost as
 * the energy of the intervals, energy added as the steps of the counter; where those say nothing,
 * as the energy, or as the time. The parts are integers and sum to the stored figures exactly,
 * whatever is asked for.
 */
#ifndef SWAPSTACK_CHARGING_ANALYSIS_H
#define SWAPSTACK_CHARGING_ANALYSIS_H

#include "base/err.h"
#include "charging/intervals.h"
#include "charging/zone.h"
#include "store/charging_history.h"

enum analysis_key {
    ANALYSIS_STATION,
    ANALYSIS_BAY, /* "station/slot": the charger */
    ANALYSIS_BATTERY,
    ANALYSIS_VEHICLE,
    ANALYSIS_MONTH,
    ANALYSIS_DAY,
    ANALYSIS_WEEKDAY,
    ANALYSIS_HOUR, /* of the day */
    ANALYSIS_SOC,
    ANALYSIS_TEMPERATURE, /* outside */
    ANALYSIS_POWER,
    ANALYSIS_KEYS
};
#define ANALYSIS_KEYS_MAX 3
#define ANALYSIS_KEY_SIZE 80
#define ANALYSIS_NAMES                                                                             \
    "station, bay, battery, vehicle, month, day, weekday, hour, soc, temperature, power"

extern const char *const ANALYSIS_NAME[ANALYSIS_KEYS];

/* "battery,soc": 1 to ANALYSIS_KEYS_MAX names, each once. ERR_USAGE with a sentence. */
int analysis_keys_parse(const char *text, enum analysis_key keys[ANALYSIS_KEYS_MAX], size_t *count,
                        struct err *err);

struct analysis_group {
    char key[ANALYSIS_KEYS_MAX][ANALYSIS_KEY_SIZE]; /* "": not known */
    int64_t order[ANALYSIS_KEYS_MAX];               /* of keys that are numbers */
    int64_t processes;                              /* that have a part in it */
    int64_t us;
    int64_t added_nano, used_nano;           /* 1e-9 kWh; of those that are known */
    int64_t both_added_nano, both_used_nano; /* of processes where both are */
    int64_t cost, priced;                    /* ten-thousandths; processes that have one */
    double peak_kw;                          /* highest power of an interval; NAN */
};

struct analysis;
int analysis_new(struct analysis **analysis, const enum analysis_key *keys, size_t count,
                 struct err *err);
void analysis_free(struct analysis *analysis);

/* `zone`: of the station. A process of fewer than two samples (`intervals` may have none) counts
 * where it began. */
int analysis_add(struct analysis *analysis, const struct history_row *process,
                 const struct zone *zone, const struct intervals *intervals, struct err *err);

/* Calls `each` with every group, in the order of the keys. */
int analysis_each(struct analysis *analysis,
                  int (*each)(void *self, const struct analysis_group *group, struct err *err),
                  void *self, struct err *err);

/* added / used where both are known, mean power of the time (kW); NAN: not known. */
double analysis_efficiency(const struct analysis_group *group);
double analysis_mean_kw(const struct analysis_group *group);

#endif

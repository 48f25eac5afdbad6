/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people and programs ask of the database: one report is one SELECT with the names, kinds and
 * units of its columns. The names are those of the tables, so that `swapctl --json` and the schema
 * say the same. Reading only; any connection will do.
 */
#ifndef SWAPSTACK_STORE_REPORT_H
#define SWAPSTACK_STORE_REPORT_H

#include "store/store.h"
#include <stddef.h>

enum report_kind {
    REPORT_TEXT,
    REPORT_INTEGER,
    REPORT_REAL,
    REPORT_TIME,  /* µs since 1970 UTC */
    REPORT_MONEY, /* ten-thousandths */
    REPORT_BOOL,
    REPORT_BYTES, /* raw bytes of outside origin */
};

struct report_column {
    const char *name; /* as in --json and in the schema */
    enum report_kind kind;
    int decimals;      /* REPORT_REAL: shown in tables */
    const char *title; /* heading in a table; NULL: left out of tables (JSON and `show` only) */
};

/* One value of a row; `present` false is NULL. Text and bytes are valid during the callback. */
struct report_value {
    bool present;
    int64_t integer; /* INTEGER, TIME, MONEY, BOOL */
    double real;     /* REAL */
    const char *text;
    size_t length; /* of text or bytes */
};

#define REPORT_COLUMNS_MAX 40

struct report {
    const char *name; /* "stations" … */
    const char *sql;
    const struct report_column *columns; /* ends with name == NULL; same order as in the SELECT */
};

/* Limits what a report returns; each report uses the parameters that its subject has. NULL and
 * STORE_NULL do not limit. Times are inclusive `from`, exclusive `to`. */
struct report_filter {
    const char *station; /* station or device */
    const char *bid, *vid;
    const char *kind;  /* of alerts, thresholds */
    const char *state; /* of deliveries */
    bool open;         /* only what has not ended */
    int64_t id;
    int64_t from_us, to_us;
    int64_t limit; /* newest rows first; STORE_NULL: all */
};
extern const struct report_filter REPORT_ALL;

typedef int (*report_row)(void *self, const struct report *report,
                          const struct report_value *values, struct err *err);

/* Calls `row` for each row in the report's order; a negative return of it ends the report with that
 * code. */
int report_run(struct store *store, const struct report *report, const struct report_filter *filter,
               report_row row, void *self, struct err *err);

size_t report_column_count(const struct report *report);

/* The reports (report_lists.c). Lists are ordered newest first, or by id where there is no time. */
extern const struct report REPORT_STATIONS, REPORT_BAYS, REPORT_BATTERIES, REPORT_BATTERY_VERSIONS,
    REPORT_EXCHANGES, REPORT_SWAPS, REPORT_CHARGING, REPORT_CHARGING_SAMPLES,
    REPORT_CHARGING_EVALUATIONS, REPORT_CHARGING_FLAGS, /* of filter id */
    REPORT_ALERTS, REPORT_QUARANTINE, REPORT_COMMANDS, REPORT_THRESHOLDS, REPORT_CHANNELS,
    REPORT_DELIVERIES;
/* One row per process whose samples are damaged; reads all samples (store/charge_damage.c). */
extern const struct report REPORT_CHARGING_DAMAGE;
/* One row: what is kept how long, and what there is (report_retention.c). */
extern const struct report REPORT_RETENTION;

/* Open charging processes whose newest sample arrived before `to`, which must be given
 * (report_charging.c). */
extern const struct report REPORT_CHARGING_IDLE;

/* Costs (report_costs.c): tariffs of filter station, that hold within [from, to); windows of the
 * tariff that filter id names. */
extern const struct report REPORT_TARIFFS, REPORT_TARIFF_WINDOWS, REPORT_GEOFENCES;

/* Questions about tracking (report_tracking.c), each answered through an index. */
/* Of filter bid or vid: one row per stay of the battery in the vehicle, newest first; those that
 * overlap [from, to). */
extern const struct report REPORT_BATTERY_STAYS, REPORT_VEHICLE_STAYS;
/* Of filter bid: where it is now; no row when it is not known. */
extern const struct report REPORT_BATTERY_WHERE;
/* Of filter bid: who had it at the instant `to`, by its events; always one row. */
extern const struct report REPORT_BATTERY_HOLDER;
/* Of filter bid: shares of the time in vehicle, bay and neither from `from` (NULL: its first event)
 * to `to`, which must be given; always one row, NULL shares when the span is empty. */
extern const struct report REPORT_BATTERY_UTILISATION;

/* Of filter bid: its visits to stations, with their positions then, newest first (report_where.c).
 */
extern const struct report REPORT_BATTERY_WAY;
/* Batteries that no station gives out. */
extern const struct report REPORT_BATTERY_LOCKS;
/* The authorisation list that each station says it has. */
extern const struct report REPORT_AUTH_LISTS;
/* Where batteries may be; of filter bid, else all that have limits. */
extern const struct report REPORT_BATTERY_AREAS;

/* Of filter bid: one row a day with its temperatures, and one with the imbalance of its cells, over
 * all stations, newest first (report_health.c). */
extern const struct report REPORT_BATTERY_TEMPERATURE, REPORT_BATTERY_IMBALANCE;

/* How many batteries were put into vehicles (On-Loads), most first, or by day (report_swaps.c). */
enum report_count_by { COUNT_BY_BATTERY, COUNT_BY_VEHICLE, COUNT_BY_STATION, COUNT_BY_DAY };
/* The report whose index suits the filter best. */
const struct report *report_swap_count(enum report_count_by by, const struct report_filter *filter);

/* For the live view (report_live.c): one line per thing that has a state, newest first, columns
 * kind, key, state, at, station_id, text; and the counters. */
extern const struct report REPORT_ACTIVITY, REPORT_COUNTERS;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of tracking/ share. Nobody else includes this. */
#ifndef SWAPSTACK_TRACKING_TRACKING_INTERNAL_H
#define SWAPSTACK_TRACKING_TRACKING_INTERNAL_H

#include "alerts/threshold.h"
#include "base/textmap.h"
#include "store/battery.h"
#include "store/exchange.h"
#include "store/where.h"
#include "tracking/place.h"
#include "tracking/tracking.h"

/* Alerts about what telemetry says with every sample: how they stand, and the limits that hold, so
 * that a sample that changes nothing costs no SQL. */
struct watch {
    bool known; /* whether alerts are open was asked */
    bool hot, uneven;
    int64_t generation; /* alerts_generation of the limits */
    char station_id[65];
    struct threshold_limits temperature, cell_v, cell_c;
};

/* A battery in memory: its row, who is believed about its place, and whether the row is newer than
 * the database's (only last_seen_at, soc, cycles, position and the claim may be; facts are written
 * at once). */
struct tracked_battery {
    struct battery_row row;
    struct place_claim claim;
    char claim_journal[33]; /* id of claim.journal; its number is looked up when it is needed */
    int64_t judged;         /* alerts_generation when its facts were last held against thresholds */
    struct watch watch;
    bool dirty;
    bool unlogged; /* telemetry was heard since event_log was last told last_seen_at and claim */
    int64_t looked_at_moves; /* tracking.moves when its area was looked at; -1: not yet */
    bool listed;             /* waits in the queue of rows to write, since: */
    int64_t listed_us;
    struct tracked_battery *next;
};

/* What a bay was last seen to hold. */
struct tracked_bay {
    char key[96]; /* "station/slot" */
    char bid[65]; /* "": empty or not identified */
    struct place_claim claim;
    int empty_reports; /* in a row, as far as they matter */
    /* unknown_battery: since when its pack has no identity (STORE_NULL: it has, or there is none),
     * and whether the alert is open (asked when it is first seen). */
    int64_t unknown_since_us;
    bool unknown_asked, unknown_open;
};

/* Where a station says it is. */
struct tracked_station {
    char station_id[65];
    struct position_row newest; /* NAN: it never said */
};

struct tracking {
    struct store *store;
    struct alerts *alerts;
    struct tracking_limits limits;
    struct textmap batteries, bays, stations; /* of owned tracked_… */
    int64_t moves;                            /* of stations, since the start */
    struct tracked_battery *first, *last;     /* queue of rows to write, longest waiting first */
    int64_t heard_us;                         /* arrival of the newest message */
    bool limits_logged;                       /* event_log has `limits` */
};

/* cache.c. The battery, read or created; the pointer is valid until tracking_forget or
 * tracking_flush. */
int tracked_battery_get(struct tracking *tracking, const char *bid, struct tracked_battery **to,
                        struct err *err);
/* As above without creating: *to NULL when the battery is not known. */
int tracked_battery_find(struct tracking *tracking, const char *bid, struct tracked_battery **to,
                         struct err *err);
int tracked_battery_save(struct tracking *tracking, struct tracked_battery *battery,
                         struct err *err);
void tracked_battery_touch(struct tracking *tracking, struct tracked_battery *battery);
int tracked_bay_get(struct tracking *tracking, const char *station_id, int64_t slot,
                    struct tracked_bay **to, struct err *err);
/* Makes the battery's claim comparable with those of the station (numbers its journal). */
int tracked_battery_resolve(struct tracking *tracking, struct tracked_battery *battery,
                            const char *station_id, struct err *err);
void tracked_forget(struct tracking *tracking);

struct place_claim claim_of(const char *station_id, int64_t time_us, bool event,
                            const struct tracking_source *source);
/* Puts the battery somewhere; `where_id` NULL and slot STORE_NULL when there is none. */
void tracked_battery_place(struct tracked_battery *battery, const char *where_kind,
                           const char *where_id, int64_t slot, const struct place_claim *claim,
                           const struct tracking_source *source);

/* derived.c: facts that telemetry (or an operator) changed, in event_log. */
struct derived_fact {
    const char *kind;             /* battery.version … */
    const char *bid, *station_id; /* "" or NULL: none */
    int64_t slot;                 /* STORE_NULL */
    const char *name;             /* of the value in the payload */
    const char *text;             /* the value; NULL: it is `number` */
    double number;
    int64_t up_ms; /* of the claim in the station's journal; STORE_NULL or 0 without a journal */
};
/* Tells event_log what telemetry confirmed of the battery without changing a fact: needed only
 * where an event is about to be weighed against it, for the same judgement can be made again from
 * the log. */
int derived_log_seen(struct tracking *tracking, struct tracked_battery *battery,
                     const struct tracking_source *source, struct err *err);
int derived_log(struct tracking *tracking, const struct derived_fact *fact, int64_t time_us,
                const struct tracking_source *source, struct err *err);

/* record.c: writes the limits to event_log when it does not have them, so that comments can be made
 * again from the log alone. */
int tracked_limits_log(struct tracking *tracking, const struct tracking_source *source,
                       struct err *err);

struct cJSON;
/* Reads the payload of such a row. */
int limits_from_json(const struct cJSON *object, struct tracking_limits *limits, struct err *err);

struct version_change {
    bool current; /* the battery's version is another one now */
    bool history; /* the history is */
};
/* version.c. `row`: the exchange that says so, NULL when it is none. */
int tracked_version(struct tracking *tracking, struct tracked_battery *battery,
                    const struct version_row *statement, const struct exchange_row *row,
                    struct version_change *change, struct err *err);

/* custody_alert.c. One alert a battery, as long as an event of it is marked; `healed`: this row was
 * and is not any more. */
int custody_alert(struct tracking *tracking, const struct exchange_row *row, const char *sentence,
                  bool healed, struct err *err);
/* An event of the future is only alerted, by the station that told it, until it tells one that is
 * not: whether it is one depends on its arrival, so that a mark in the row would too. */
int custody_alert_future(struct tracking *tracking, const struct exchange_row *row,
                         int64_t received_at_us, struct err *err);

/* judge.c. The limits by which the comments of the battery's exchanges at this station are made. */
int tracked_limits(struct tracking *tracking, const char *bid, const char *station_id,
                   struct tracking_limits *to, struct err *err);
/* Raises or clears low_capacity (*low: it is open) and low_soh, by the thresholds of the battery's
 * model and of the station ("": none) that said the newest of it. */
int tracked_judge(struct tracking *tracking, struct tracked_battery *battery,
                  const char *station_id, int64_t at_us, bool *low, struct err *err);
/* Raises or clears frequent_swap: how the battery stands at its newest event. */
int tracked_judge_frequency(struct tracking *tracking, const struct tracked_battery *battery,
                            const struct exchange_row *newest, struct err *err);

/* watch.c: over_temperature and cell_imbalance of a battery, unknown_battery of a bay. */
int tracked_watch_battery(struct tracking *tracking, struct tracked_battery *battery,
                          const struct tracking_sighting *sighting, struct err *err);
int tracked_watch_bay(struct tracking *tracking, struct tracked_bay *bay,
                      const struct tracking_sighting *sighting, struct err *err);

/* swaps.c: what an exchange or a time-out says of its swap. */
int tracked_swap_exchange(struct tracking *tracking, const struct tracking_exchange *exchange,
                          struct err *err);

/* position.c: the newest position of a station, NAN when it is not known. */
int tracked_position(struct tracking *tracking, const char *station_id, double *latitude,
                     double *longitude, struct err *err);
/* The battery is at this station now: looks at its area when it came from elsewhere, when a station
 * moved, and once after a start. */
int tracked_area_check(struct tracking *tracking, struct tracked_battery *battery,
                       const char *station_id, bool moved, int64_t at_us, struct err *err);

/* An exchange's optional text as "". */
static inline const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

#endif

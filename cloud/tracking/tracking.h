/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Battery tracking (requirements/battery-tracking.md, BatteryService): every battery through
 * vehicles, bays and versions. The only way in; each function runs inside the caller's transaction
 * and mark (ingest gives every message its own), so that an error in the middle leaves no trace.
 *
 * The result depends on the set of events, not on their arrival order: events are ordered by
 * (event_time, Off-Load before On-Load, task_id) and pairing is redone around a late one.
 */
#ifndef SWAPSTACK_TRACKING_TRACKING_H
#define SWAPSTACK_TRACKING_TRACKING_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct store;
struct alerts;

/* What holds where table `threshold` has no row (configuration; changeable while running). */
struct tracking_limits {
    double capacity_min_kwh;    /* default 20: below it, low_capacity */
    int64_t frequent_window_us; /* default 24 h */
    int64_t frequent_swap_max;  /* default 3: more On-Loads in the window, frequent_swap */
};

extern const struct tracking_limits TRACKING_LIMITS_DEFAULT;

struct tracking;
int tracking_new(struct tracking **tracking, struct store *store, struct alerts *alerts,
                 const struct tracking_limits *limits, struct err *err);
void tracking_free(struct tracking *tracking);
void tracking_set_limits(struct tracking *tracking, const struct tracking_limits *limits);

/* Who says it and when it reached us; written to event_log with derived facts. */
struct tracking_source {
    const char *actor, *actor_id; /* as in event_log */
    int64_t received_at_us;
    /* Place in a station's journal, for last-writer-wins: number of the journal in the order in
     * which the device's journals were first seen (0: no journal), boot, up. */
    const char *journal;
    int64_t journal_number, boot, up_ms;
};

struct tracking_exchange {
    const char *bid, *station_id, *vid, *event; /* "On-Load" | "Off-Load" */
    int64_t event_time_us;
    const char *request_id, *user_id, *comments;
    int64_t slot;                    /* STORE_NULL */
    double soc_percent, soh_percent; /* NAN */
    double capacity_kwh;
    const char *battery_version; /* NULL: not said */
    int64_t set_count;           /* batteries that the swap exchanges; STORE_NULL or 0: not said */
    const char *task_id;         /* of an event that was exported; NULL or "": from its identity */
};

/* Records one exchange event: task row, pairing, marks of custody.h, battery's place, version,
 * capacity and frequency checks, alerts (their text also in the row's comments), swap row. A repeat
 * of a known event changes nothing and returns 0 with *repeat true. */
int tracking_add_battery_exchange_task(struct tracking *tracking,
                                       const struct tracking_exchange *exchange,
                                       const struct tracking_source *source, bool *repeat,
                                       struct err *err);

struct exchange_form;
/* The same for an event that comes from no station (swapctl exchange add, import): also written to
 * event_log, with the source's actor. `form` has passed form_check. */
int tracking_record_exchange(struct tracking *tracking, const struct exchange_form *form,
                             const struct tracking_source *source, bool *repeat, struct err *err);

/* The limits that tracking last ran with, as event_log has them: 1, or 0 and *limits as it was. */
int tracking_logged_limits(struct store *store, struct tracking_limits *limits, struct err *err);

/* A battery was offered and not taken (SWAP_EVENT Timeout): ends the swap, the orphan stays in its
 * bay on record. */
int tracking_add_timeout(struct tracking *tracking, const struct tracking_exchange *exchange,
                         const struct tracking_source *source, struct err *err);

/* The end of a swap as its command's result tells it ("done", "failed"). */
int tracking_end_swap(struct tracking *tracking, const char *station_id, const char *request_id,
                      int64_t at_us, const char *outcome, const char *reason, struct err *err);

/* The same for event_log, whose COMMAND_RESULT names the command and not the swap. */
int tracking_log_swap_end(struct tracking *tracking, const char *request_id, int64_t at_us,
                          const char *outcome, const char *reason,
                          const struct tracking_source *source, struct err *err);

/* What telemetry says of the battery in a bay (bid may be "": none, or not identified). Only
 * changes cost a write; each changed fact is logged as a derived event. */
struct tracking_sighting {
    const char *bid, *station_id;
    bool bay_is_empty; /* it is known that there is none */
    int64_t slot, time_us;
    double soc_percent, soh_percent, capacity_kwh;
    int64_t cycles;
    const char *battery_version;
    double latitude, longitude;
    double max_temp_c, min_temp_c, max_cell_v, min_cell_v; /* NAN */
    bool unidentified; /* the bay holds a pack, and its station could not read which */
};
int tracking_see_battery(struct tracking *tracking, const struct tracking_sighting *sighting,
                         const struct tracking_source *source, struct err *err);

/* Where a station says it is (NAN: it does not say): logged as station.position when it is news. */
int tracking_place_station(struct tracking *tracking, const char *station_id, double latitude,
                           double longitude, int64_t time_us, const struct tracking_source *source,
                           struct err *err);

int tracking_update_battery_version(struct tracking *tracking, const char *bid, const char *version,
                                    int64_t since_us, const struct tracking_source *source,
                                    struct err *err);
/* What an operator says of the battery's model ("": not known), by which thresholds are chosen; in
 * event_log. ERR_NOT_FOUND: nobody ever spoke of this battery. */
int tracking_set_battery_model(struct tracking *tracking, const char *bid, const char *model,
                               const struct tracking_source *source, bool *changed,
                               struct err *err);
/* Holds capacity and health against the thresholds (alerts/threshold.h); *low: low_capacity is
 * open. */
int tracking_check_battery_capacity(struct tracking *tracking, const char *bid, int64_t at_us,
                                    bool *low, struct err *err);
int tracking_is_battery_frequently_swapped(struct tracking *tracking, const char *bid,
                                           int64_t at_us, bool *frequent, struct err *err);

/* A batch was rolled back (as a whole): forget what was cached. */
void tracking_forget(struct tracking *tracking);
/* Writes rows kept in memory (last seen, levels …) for some seconds; called before each commit. */
int tracking_flush(struct tracking *tracking, struct err *err);

#endif

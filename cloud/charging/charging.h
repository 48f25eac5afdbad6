/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charging processes (requirements/charging-process-model.md, design/charging.md): opens, samples
 * and closes one process per session, or per unbroken run of `charge = true` of a battery in a bay
 * where samples carry no session (charging/life.h). Runs inside the caller's transaction. The
 * figures come from charging/evaluate.h, a pure function; running state per open process is kept in
 * memory and rebuilt from the stored samples after a restart or a rollback.
 */
#ifndef SWAPSTACK_CHARGING_CHARGING_H
#define SWAPSTACK_CHARGING_CHARGING_H

#include "base/err.h"
#include "charging/rules.h"
#include "store/efficiency.h"
#include <stdbool.h>
#include <stdint.h>

struct store;
struct alerts;
struct charging;

struct charging_limits {
    /* Without a sample for so long in the time of the station's stream: closed at its last. */
    int64_t sample_timeout_us; /* default 15 min */
    /* Without one for so long on the bridge's plant clock, whatever the stream does: likewise. */
    int64_t gone_timeout_us;     /* default 24 h */
    struct rules_settings rules; /* charging_set_limits leaves them as they are */
    /* What the efficiency factor of vehicles is made from; default rated. */
    enum range_kind preferred_range;
};

#define CHARGING_LIMITS_DEFAULT                                                                    \
    {                                                                                              \
        .sample_timeout_us = INT64_C(900000000), .gone_timeout_us = INT64_C(86400000000),          \
        .rules = RULES_DEFAULT                                                                     \
    }

/* The instant of a message: `date_us` on the calendar, and `up_us` since the boot of its station's
 * journal, which no setting of the clock touches. */
struct charging_moment {
    int64_t date_us;
    int64_t journal, boot, up_us; /* STORE_NULL: not said */
    bool estimated;               /* the date is that of arrival, for want of a better one */
};

struct charging_observation {
    const char *station_id;
    int64_t slot;
    const char *bid, *session_id, *vid; /* "" or NULL: not known */
    int charge;                         /* 1 charging, 0 not, -1 not said */
    bool empty;                         /* the bay says that it holds no battery */
    struct charging_moment at;
    int64_t arrived_us; /* plant clock of the bridge */
    double soc_percent; /* battery level */
    double charge_energy_added_kwh, charger_power_kw, charger_current_a, charger_voltage_v;
    int64_t charger_phases; /* STORE_NULL */
    double meter_wh, outside_temp_c, ideal_range_km, rated_range_km;
    const char *fast_charger_type;
    double latitude, longitude;
    bool deduplicate; /* bare message with an exact time: (bid, date) known = dropped */
};

int charging_new(struct charging **charging, struct store *store, struct alerts *alerts,
                 const struct charging_limits *limits, struct err *err);
void charging_free(struct charging *charging);
void charging_set_limits(struct charging *charging, const struct charging_limits *limits);

/* One bay's battery in one telemetry message (not `live`), in stream order per station. */
int charging_observe(struct charging *charging, const struct charging_observation *observation,
                     struct err *err);
/* All bays of one message were observed: closes what has seen no sample for the time-out, and what
 * charged a battery that this message saw in another bay. */
int charging_advance(struct charging *charging, const char *station_id,
                     const struct charging_moment *moment, struct err *err);
/* The plant clock of the bridge stands at `plant_us`: closes what has not been heard of for
 * gone_timeout_us. Cheap to call often. */
int charging_tick(struct charging *charging, int64_t plant_us, struct err *err);
/* By the requirement's rule for incomplete processes: closes the process at its last sample
 * ("repaired") if it is open and its newest sample arrived before `idle_since_us` (plant clock). */
int charging_repair(struct charging *charging, int64_t id, int64_t idle_since_us, int64_t plant_us,
                    bool *closed, struct err *err);

/* CHARGE_SESSION: keeps charging_session; only legal transitions are stored (an illegal or
 * repeated one changes nothing and says so in *stored). */
struct charging_session_event {
    const char *session_id, *station_id, *bid, *driver_id, *status, *reason;
    int64_t slot, time_us;
    double energy_kwh;
};
int charging_session_event(struct charging *charging, const struct charging_session_event *event,
                           bool *stored, struct err *err);

void charging_forget(struct charging *charging);
int charging_flush(struct charging *charging, struct err *err);

#endif

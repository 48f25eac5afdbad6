/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charging processes (requirements/charging-process-model.md, design/charging.md): opens, samples
 * and closes one process per session, or per unbroken run of `charge = true` of a battery in a bay
 * where samples carry no session. Runs inside the caller's transaction. The figures come from
 * charging/evaluate.h, a pure function; running state per open process is kept in memory and
 * rebuilt from the stored samples after a restart or a rollback.
 */
#ifndef SWAPSTACK_CHARGING_CHARGING_H
#define SWAPSTACK_CHARGING_CHARGING_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct store;
struct alerts;
struct charging;

struct charging_limits {
    int64_t
        sample_timeout_us; /* default 15 min of stream time without a sample: closed at its last */
};

struct charging_observation {
    const char *station_id;
    int64_t slot;
    const char *bid, *session_id, *vid; /* "" or NULL: not known */
    int charge;                         /* 1 charging, 0 not, -1 not said */
    int64_t date_us;
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

/* One bay's battery in one telemetry message (not `live`), in stream order per station. */
int charging_observe(struct charging *charging, const struct charging_observation *observation,
                     struct err *err);
/* The station's stream stands at `time_us`: closes what has seen no sample for the time-out. */
int charging_advance(struct charging *charging, const char *station_id, int64_t time_us,
                     struct err *err);

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

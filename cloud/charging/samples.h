/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charging samples as text, for `swapctl charging evaluate`: pure parsers of bytes from outside.
 *
 *   JSON         {"samples": [{…}, …], "tariff": {…} or null}, or an array of samples
 *   JSON Lines   one sample object a line
 *   CSV          a line of column names, then one sample a line; an empty field is null
 *
 * The names are those of the model: date, battery_level, charge_energy_added, charger_power,
 * charger_actual_current, charger_voltage, charger_phases, ideal_battery_range_km,
 * rated_battery_range_km, outside_temp, fast_charger_type, meter_wh. Others are passed over. A
 * missing one is null; only the date is required (RFC 3339 or epoch milliseconds). A number may
 * also be written as a text in decimals.
 *
 * A sample that cannot be used is refused, noted and skipped, and the process goes on (section 1 of
 * design/charging.md). What makes the whole unreadable is an error.
 */
#ifndef SWAPSTACK_CHARGING_SAMPLES_H
#define SWAPSTACK_CHARGING_SAMPLES_H

#include "base/err.h"
#include "base/strbuf.h"
#include "charging/cost.h"
#include "charging/evaluate.h"
#include <stdbool.h>
#include <stddef.h>

#define SAMPLES_MAX_BYTES (64u * 1024u * 1024u)

struct samples {
    struct evaluate_sample *list;  /* owned; in the order of the text */
    struct cost_charger *chargers; /* owned with their texts; of the same sample */
    size_t count, capacity;
    struct cost_tariff tariff;
    bool free_supercharging;
    size_t refused;
    struct strbuf refusals; /* a sentence a line, of the first ones */
};

/* Fills `to`, which samples_free releases also after an error. ERR_INVALID names what and where;
 * ERR_NOMEM. */
int samples_parse(const char *text, size_t length, struct samples *to, struct err *err);
void samples_free(struct samples *samples);

#endif

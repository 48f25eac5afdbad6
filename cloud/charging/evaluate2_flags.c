/* SPDX-License-Identifier: Apache-2.0 */
/* Rule 2: its flags in words. */
#include "charging/evaluate2.h"

#include <stdio.h>

#define US_PER_MINUTE 6e7

static const char *const names[EVALUATE2_FLAGS] = {
    [EVALUATE2_GAP] = "gap",
    [EVALUATE2_UNMEASURED] = "unmeasured",
    [EVALUATE2_PHASES_DIFFER] = "phases_differ",
    [EVALUATE2_ABOVE_RATING] = "power_above_rating",
    [EVALUATE2_COUNTER_RESET] = "counter_reset",
    [EVALUATE2_COUNTER_JUMP] = "counter_jump",
    [EVALUATE2_COUNTER_STUCK] = "counter_stuck",
    [EVALUATE2_METER_RESET] = "meter_reset",
    [EVALUATE2_METER_ROLLOVER] = "meter_rollover",
    [EVALUATE2_METER_JUMP] = "meter_jump",
    [EVALUATE2_METER_STUCK] = "meter_stuck",
    [EVALUATE2_METER_DIFFERS] = "meter_differs",
    [EVALUATE2_CLOCK_STEP] = "clock_step",
    [EVALUATE2_USED_BELOW_ADDED] = "used_below_added",
};

/* Those that need no figures. */
static const char *const sentences[EVALUATE2_FLAGS] = {
    [EVALUATE2_PHASES_DIFFER] = "the reported phases do not fit power, current and voltage",
    [EVALUATE2_COUNTER_RESET] = "the counter of added energy began anew: its runs are added up",
    [EVALUATE2_COUNTER_JUMP] = "the counter of added energy rose faster than the charger can: that "
                               "step is left out",
    [EVALUATE2_COUNTER_STUCK] = "the counter of added energy stood still while more than 1 kWh was "
                                "used",
    [EVALUATE2_METER_RESET] = "the meter register fell: power counts across that",
    [EVALUATE2_METER_ROLLOVER] = "the meter register passed its end and went on from 0",
    [EVALUATE2_METER_JUMP] = "the meter register rose faster than the charger can: power counts "
                             "across that",
    [EVALUATE2_METER_STUCK] = "the meter register stood still while more than 1 kWh was used: "
                              "power counts there",
    [EVALUATE2_CLOCK_STEP] =
        "samples arrived in another order than that of their dates: late ones, "
        "or a clock that was set back",
};

const char *evaluate2_flag_name(enum evaluate2_flag flag)
{
    return names[flag];
}

void evaluate2_reason(const struct evaluate2_result *result, enum evaluate2_flag flag,
                      char to[EVALUATE2_REASON_SIZE])
{
    const size_t size = EVALUATE2_REASON_SIZE;
    switch (flag) {
    case EVALUATE2_GAP:
        (void)snprintf(to, size,
                       "no sample for more than %.3g min: %.1f min in all, %.2f kWh are estimated "
                       "for them and kept apart",
                       (double)result->limits.gap_us / US_PER_MINUTE,
                       (double)result->gap_us / US_PER_MINUTE, result->gap_kwh);
        return;
    case EVALUATE2_UNMEASURED:
        (void)snprintf(to, size, "neither power nor meter is known for %.1f min in all",
                       (double)result->unmeasured_us / US_PER_MINUTE);
        return;
    case EVALUATE2_ABOVE_RATING:
        (void)snprintf(to, size, "up to %.2f kW at a charger of %.2f kW", result->peak_power_kw,
                       result->limits.charger_rating_kw);
        return;
    case EVALUATE2_METER_DIFFERS:
        (void)snprintf(to, size, "the meter register gives %.2f kWh where power gives %.2f kWh",
                       result->by_meter_kwh, result->beside_meter_kwh);
        return;
    case EVALUATE2_USED_BELOW_ADDED:
        (void)snprintf(to, size, "%.2f kWh used and %.2f kWh in gaps are below %.2f kWh added",
                       result->used_kwh, result->gap_kwh, result->added_kwh);
        return;
    default:
        (void)snprintf(to, size, "%s", sentences[flag]);
        return;
    }
}

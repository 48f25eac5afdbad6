/* SPDX-License-Identifier: Apache-2.0 */
#include "retention/thin.h"

#include "base/scope.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t numbers[] = {
    offsetof(struct charge_sample, battery_level),
    offsetof(struct charge_sample, charge_energy_added),
    offsetof(struct charge_sample, charger_power),
    offsetof(struct charge_sample, charger_actual_current),
    offsetof(struct charge_sample, charger_voltage),
    offsetof(struct charge_sample, ideal_battery_range_km),
    offsetof(struct charge_sample, rated_battery_range_km),
    offsetof(struct charge_sample, outside_temp),
    offsetof(struct charge_sample, meter_wh),
};

static double number_of(const struct charge_sample *sample, size_t offset)
{
    double number;
    memcpy(&number, (const char *)sample + offset, sizeof number);
    return number;
}

static void keep_extremes(const struct charge_sample *samples, size_t count, size_t offset,
                          bool *kept)
{
    size_t least = SIZE_MAX, most = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        double number = number_of(&samples[i], offset);
        if (isnan(number))
            continue;
        if (least == SIZE_MAX || number < number_of(&samples[least], offset))
            least = i;
        if (most == SIZE_MAX || number > number_of(&samples[most], offset))
            most = i;
    }
    if (least != SIZE_MAX)
        kept[least] = kept[most] = true;
}

static void keep_phases(const struct charge_sample *samples, size_t count, bool *kept)
{
    size_t least = SIZE_MAX, most = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        int64_t phases = samples[i].charger_phases;
        if (phases == STORE_NULL)
            continue;
        if (least == SIZE_MAX || phases < samples[least].charger_phases)
            least = i;
        if (most == SIZE_MAX || phases > samples[most].charger_phases)
            most = i;
    }
    if (least != SIZE_MAX)
        kept[least] = kept[most] = true;
}

static bool is_new_type(const struct charge_sample *samples, size_t at, const bool *kept)
{
    const char *type = samples[at].fast_charger_type;
    if (!type || (at > 0 && samples[at - 1].fast_charger_type == type))
        return false;
    for (size_t i = 0; i < at; i++)
        if (kept[i] && samples[i].fast_charger_type &&
            strcmp(samples[i].fast_charger_type, type) == 0)
            return false;
    return true;
}

static void keep_ends(const struct charge_sample *samples, size_t count, bool *kept)
{
    size_t first = 0, last = 0;
    for (size_t i = 1; i < count; i++) {
        if (samples[i].date_us < samples[first].date_us)
            first = i;
        if (samples[i].date_us >= samples[last].date_us)
            last = i;
    }
    kept[first] = kept[last] = kept[0] = kept[count - 1] = true;
}

/* One per interval, counted from the one kept before; a late sample is no new one. */
static void keep_paced(const struct charge_sample *samples, size_t count, int64_t interval_us,
                       bool *kept)
{
    int64_t last_us = samples[0].date_us;
    for (size_t i = 1; i < count; i++) {
        /* Dates are any integers: the span may not fit. */
        int64_t span_us;
        if (samples[i].date_us <= last_us ||
            (!__builtin_sub_overflow(samples[i].date_us, last_us, &span_us) &&
             span_us < interval_us))
            continue;
        kept[i] = true;
        last_us = samples[i].date_us;
    }
}

size_t thin_samples(struct charge_sample *samples, size_t count, int64_t interval_us)
{
    SCOPE_FREE bool *kept = calloc(count + 1, sizeof *kept);
    size_t left = 0;
    if (!kept)
        return SIZE_MAX;
    if (count == 0)
        return 0;
    keep_ends(samples, count, kept);
    keep_phases(samples, count, kept);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        keep_extremes(samples, count, numbers[i], kept);
    keep_paced(samples, count, interval_us, kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = kept[i] || is_new_type(samples, i, kept);
    for (size_t i = 0; i < count; i++)
        if (kept[i])
            samples[left++] = samples[i];
    return left;
}

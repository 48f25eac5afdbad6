/* SPDX-License-Identifier: Apache-2.0 */
#include "health/maintenance.h"

#include <math.h>

#define US_PER_DAY 86400e6
/* 200 years: a pace that slow is none, and its date has no place in an int64_t for ever. */
#define DAYS_MAX 73000.0

/* How much is left until the next whole multiple; never 0. */
static double until_next(double done, double every)
{
    return every - fmod(done, every);
}

struct maintenance maintenance_next(const struct maintenance_input *input)
{
    struct maintenance next = {.cycles_left = NAN};
    double by_calendar = INFINITY, by_cycles = INFINITY;
    double age_days = fmax(0, (double)(input->now_us - input->first_us) / US_PER_DAY);
    if (input->every_days > 0)
        by_calendar = until_next(age_days, input->every_days);
    if (input->every_cycles > 0 && !isnan(input->cycles)) {
        next.cycles_left = until_next(input->cycles, input->every_cycles);
        if (input->cycles_per_day > 0)
            by_cycles = next.cycles_left / input->cycles_per_day;
    }
    double days = fmin(by_calendar, by_cycles);
    if (days > DAYS_MAX)
        return next;
    next.by = by_cycles < by_calendar ? "cycles" : "calendar";
    next.due_at_us = input->now_us + (int64_t)llround(days * US_PER_DAY);
    return next;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a battery is due for maintenance next: every so many equivalent full cycles or so many days
 * of the calendar, both counted from its first charge on record, whichever comes first. The day of
 * the cycles is that of the pace of the last MAINTENANCE_PACE_DAYS days on record. Pure.
 *
 * There is no record of maintenance done, so that what was not done is not overdue here; the next
 * due point is always ahead.
 */
#ifndef SWAPSTACK_HEALTH_MAINTENANCE_H
#define SWAPSTACK_HEALTH_MAINTENANCE_H

#include <stddef.h>
#include <stdint.h>

#define MAINTENANCE_PACE_DAYS 90.0

struct maintenance_input {
    int64_t first_us, now_us; /* first charge; the present */
    double cycles;            /* until now; NAN: not known */
    double cycles_per_day;    /* NAN or 0: no pace, then only the calendar counts */
    double every_cycles;      /* 0: not by cycles */
    double every_days;        /* 0: not by the calendar */
};

struct maintenance {
    const char *by; /* "cycles", "calendar"; NULL: never */
    int64_t due_at_us;
    double cycles_left; /* NAN: not by cycles */
};

struct maintenance maintenance_next(const struct maintenance_input *input);

#endif

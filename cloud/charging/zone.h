/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time zones by IANA name. GLib's GTimeZone does the work: it reads the system's tzdata, is
 * immutable once made and never touches TZ or tzset, so that threads may share it. (glibc's
 * localtime knows one zone a process; ICU brings a tzdata of its own that system updates do not
 * reach.)
 */
#ifndef SWAPSTACK_CHARGING_ZONE_H
#define SWAPSTACK_CHARGING_ZONE_H

#include "base/err.h"
#include <stdint.h>

#define ZONE_SIZE            65 /* a name with its NUL */
#define ZONE_DEFAULT         "UTC"
#define ZONE_MINUTES_OF_DAY  1440
#define ZONE_MINUTES_OF_WEEK 10080

struct zone;

/* NULL or "": UTC. ERR_INVALID with a sentence when tzdata does not know the name. */
int zone_open(struct zone **zone, const char *name, struct err *err);
void zone_close(struct zone *zone);
void zone_close_scope(struct zone **zone); /* for SCOPE() */

/* What a clock on the wall shows. */
struct zone_local {
    int year, month, day;   /* month and day from 1 */
    int weekday;            /* 0 Monday … 6 Sunday */
    int minute_of_day;      /* 0 … 1439 */
    int64_t into_minute_us; /* since that minute began */
};

struct zone_local zone_local(const struct zone *zone, int64_t at_us);
/* Local time less UTC at an instant. */
int64_t zone_offset_us(const struct zone *zone, int64_t at_us);
/* The first instant in (from, to] from which the zone's rules are others than at `from` (its clock
 * jumps, as a rule); `to` when there is none. Both whole seconds or not. */
int64_t zone_next_change_us(const struct zone *zone, int64_t from_us, int64_t to_us);

#endif

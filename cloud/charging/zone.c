/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/zone.h"

#include <ctype.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define US_PER_SECOND   INT64_C(1000000)
#define US_PER_MINUTE   (60 * US_PER_SECOND)
#define US_PER_DAY      (86400 * US_PER_SECOND)
#define MONDAY_OF_EPOCH 3 /* 1970-01-01 was a Thursday */
#define FOLDER          "/usr/share/zoneinfo"

struct zone {
    GTimeZone *rules; /* owned */
};

/* GLib also takes POSIX rules, offsets and paths; a record shall name a place of tzdata. */
static bool is_name(const char *name)
{
    const char *folder = getenv("TZDIR");
    char path[4096];
    if (!isalpha((unsigned char)name[0]) || strlen(name) >= ZONE_SIZE || strstr(name, ".."))
        return false;
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("/_+-", *c))
            return false;
    int length = snprintf(path, sizeof path, "%s/%s", folder ? folder : FOLDER, name);
    return length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0;
}

int zone_open(struct zone **zone, const char *name, struct err *err)
{
    GTimeZone *rules = NULL;
    *zone = NULL;
    if (!name || !name[0] || strcmp(name, ZONE_DEFAULT) == 0)
        rules = g_time_zone_new_utc();
    else if (is_name(name))
        rules = g_time_zone_new_identifier(name);
    if (!rules)
        return err_set(err, ERR_INVALID,
                       "time zone %.80s: not in the system's tzdata; a name like Europe/Berlin or "
                       "Asia/Shanghai is right",
                       name);
    *zone = malloc(sizeof **zone);
    if (!*zone) {
        g_time_zone_unref(rules);
        return err_set(err, ERR_NOMEM, "time zone %s: out of memory", name ? name : ZONE_DEFAULT);
    }
    (*zone)->rules = rules;
    return 0;
}

void zone_close(struct zone *zone)
{
    if (!zone)
        return;
    g_time_zone_unref(zone->rules);
    free(zone);
}

void zone_close_scope(struct zone **zone)
{
    zone_close(*zone);
}

/* Quotient rounded down, also below 0. */
static int64_t floor_divide(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

static int interval_at(const struct zone *zone, int64_t second)
{
    return g_time_zone_find_interval(zone->rules, G_TIME_TYPE_UNIVERSAL, second);
}

int64_t zone_offset_us(const struct zone *zone, int64_t at_us)
{
    int interval = interval_at(zone, floor_divide(at_us, US_PER_SECOND));
    return g_time_zone_get_offset(zone->rules, interval) * US_PER_SECOND;
}

/* Intervals are numbered in the order of time, so that the change is found by halving. */
int64_t zone_next_change_us(const struct zone *zone, int64_t from_us, int64_t to_us)
{
    int64_t same = floor_divide(from_us, US_PER_SECOND), other = floor_divide(to_us, US_PER_SECOND);
    int interval = interval_at(zone, same);
    if (to_us <= from_us || interval_at(zone, other) == interval)
        return to_us;
    while (other - same > 1) {
        int64_t middle = same + (other - same) / 2;
        if (interval_at(zone, middle) == interval)
            same = middle;
        else
            other = middle;
    }
    return other * US_PER_SECOND;
}

/* Civil date of a day number since 1970 (proleptic Gregorian). */
static void set_date(struct zone_local *local, int64_t days)
{
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(days + 719163)); /* GLib counts from 0001-01-01 = 1 */
    local->year = g_date_get_year(&date);
    local->month = (int)g_date_get_month(&date);
    local->day = g_date_get_day(&date);
}

struct zone_local zone_local(const struct zone *zone, int64_t at_us)
{
    int64_t local_us = at_us + zone_offset_us(zone, at_us);
    int64_t days = floor_divide(local_us, US_PER_DAY);
    int64_t of_day_us = local_us - days * US_PER_DAY;
    struct zone_local local = {
        .weekday = (int)(((days + MONDAY_OF_EPOCH) % 7 + 7) % 7),
        .minute_of_day = (int)(of_day_us / US_PER_MINUTE),
        .into_minute_us = of_day_us % US_PER_MINUTE,
    };
    set_date(&local, days);
    return local;
}

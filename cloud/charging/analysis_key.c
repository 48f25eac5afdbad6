/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/analysis_key.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEVEL_BAND       5 /* % */
#define LEVEL_MOST       100
#define TEMPERATURE_BAND 10 /* °C */

const char *const ANALYSIS_NAME[ANALYSIS_KEYS] = {
    [ANALYSIS_STATION] = "station", [ANALYSIS_BAY] = "bay",
    [ANALYSIS_BATTERY] = "battery", [ANALYSIS_VEHICLE] = "vehicle",
    [ANALYSIS_MONTH] = "month",     [ANALYSIS_DAY] = "day",
    [ANALYSIS_WEEKDAY] = "weekday", [ANALYSIS_HOUR] = "hour",
    [ANALYSIS_SOC] = "soc",         [ANALYSIS_TEMPERATURE] = "temperature",
    [ANALYSIS_POWER] = "power"};

static const char *const WEEKDAYS[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/* Bands of power, kW: from each to the next. */
static const int POWERS[] = {0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

static int find_key(const char *name, size_t length)
{
    for (int i = 0; i < ANALYSIS_KEYS; i++)
        if (strlen(ANALYSIS_NAME[i]) == length && strncmp(ANALYSIS_NAME[i], name, length) == 0)
            return i;
    return -1;
}

int analysis_keys_parse(const char *text, enum analysis_key keys[ANALYSIS_KEYS_MAX], size_t *count,
                        struct err *err)
{
    *count = 0;
    for (const char *at = text, *end;; at = end + 1) {
        end = at + strcspn(at, ",");
        int key = find_key(at, (size_t)(end - at));
        if (key < 0)
            return err_set(err, ERR_USAGE, "'%.*s': one of %s is right", (int)(end - at), at,
                           ANALYSIS_NAMES);
        for (size_t i = 0; i < *count; i++)
            if (keys[i] == (enum analysis_key)key)
                return err_set(err, ERR_USAGE, "'%s' twice", ANALYSIS_NAME[key]);
        if (*count == ANALYSIS_KEYS_MAX)
            return err_set(err, ERR_USAGE, "'%s': at most %d names are right", text,
                           ANALYSIS_KEYS_MAX);
        keys[(*count)++] = (enum analysis_key)key;
        if (!*end)
            return 0;
    }
}

bool analysis_key_is_clock(enum analysis_key key)
{
    return key == ANALYSIS_MONTH || key == ANALYSIS_DAY || key == ANALYSIS_WEEKDAY ||
           key == ANALYSIS_HOUR;
}

static void write_clock(enum analysis_key key, const struct analysis_moment *moment,
                        char text[ANALYSIS_KEY_SIZE], int64_t *order)
{
    struct zone_local local = zone_local(moment->zone, moment->at_us);
    if (key == ANALYSIS_MONTH)
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "%04d-%02d", local.year, local.month);
    else if (key == ANALYSIS_DAY)
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "%04d-%02d-%02d", local.year, local.month,
                       local.day);
    else if (key == ANALYSIS_HOUR)
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "%02d:00", local.minute_of_day / 60);
    else
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "%s", WEEKDAYS[local.weekday]);
    *order = key == ANALYSIS_WEEKDAY ? local.weekday : 0;
}

static void write_band(double value, int band, int most, char text[ANALYSIS_KEY_SIZE],
                       int64_t *order)
{
    if (isnan(value))
        return;
    int64_t from = (int64_t)floor(fmax(fmin(value, 1e6), -1e6) / band) * band;
    if (from >= most) /* the last one has its upper end */
        from = most - band;
    (void)snprintf(text, ANALYSIS_KEY_SIZE, "%" PRId64 "..%" PRId64, from, from + band);
    *order = from;
}

static void write_power(double power_kw, char text[ANALYSIS_KEY_SIZE], int64_t *order)
{
    size_t band = sizeof POWERS / sizeof POWERS[0] - 1;
    if (isnan(power_kw))
        return;
    if (power_kw < 0) {
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "below 0");
        *order = -1;
        return;
    }
    while (power_kw < POWERS[band])
        band--;
    *order = POWERS[band];
    if (band + 1 == sizeof POWERS / sizeof POWERS[0])
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "from %d", POWERS[band]);
    else
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "%d..%d", POWERS[band], POWERS[band + 1]);
}

void analysis_key_write(enum analysis_key key, const struct analysis_moment *moment,
                        char text[ANALYSIS_KEY_SIZE], int64_t *order)
{
    const struct history_row *process = moment->process;
    text[0] = '\0';
    *order = INT64_MIN;
    switch (key) {
    case ANALYSIS_STATION:
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "%s", process->station_id);
        break;
    case ANALYSIS_BAY:
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "%s/%" PRId64, process->station_id, process->slot);
        break;
    case ANALYSIS_BATTERY:
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "%s", process->bid);
        break;
    case ANALYSIS_VEHICLE:
        (void)snprintf(text, ANALYSIS_KEY_SIZE, "%s", process->vid);
        break;
    case ANALYSIS_MONTH:
    case ANALYSIS_DAY:
    case ANALYSIS_WEEKDAY:
    case ANALYSIS_HOUR:
        write_clock(key, moment, text, order);
        break;
    case ANALYSIS_SOC:
        write_band(moment->level, LEVEL_BAND, LEVEL_MOST, text, order);
        break;
    case ANALYSIS_TEMPERATURE:
        write_band(moment->temperature_c, TEMPERATURE_BAND, INT32_MAX - TEMPERATURE_BAND, text,
                   order);
        break;
    case ANALYSIS_POWER:
        write_power(moment->power_kw, text, order);
        break;
    case ANALYSIS_KEYS:
        break;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What swap-monitor can be told: keys, command line, and the values that the logic uses. */
#ifndef SWAPSTACK_MONITOR_SETTINGS_H
#define SWAPSTACK_MONITOR_SETTINGS_H

#include "base/args.h"
#include "base/clock.h"
#include "base/config.h"
#include "protocol/topic.h"
#include <stdbool.h>
#include <stdint.h>

enum settings_clock { SETTINGS_CLOCK_AUTO, SETTINGS_CLOCK_SYNCED, SETTINGS_CLOCK_UNSYNCED };

/* Texts point into the configuration, which must outlive the settings. Spans in µs are of the wall
 * unless their name says plant. */
struct settings {
    const char *device;
    const char *location;
    double price_per_kwh;
    double latitude, longitude; /* NAN: the board's */
    enum settings_clock clock;
    const char *prefix;
    bool own_topic; /* speak on info/<device> */
    int64_t health_interval_us, health_timeout_us;
    int64_t report_interval_plant_us;
    double speed; /* plant seconds per wall second */
    int64_t group_us;
    int64_t telemetry_max_bytes;
    int64_t ttl_us;
    bool strict_time;
    bool can_reboot; /* a reboot_command is configured */
};

extern const struct config_key SETTINGS_KEYS[];
extern const size_t SETTINGS_KEY_COUNT;
extern const struct args_spec SETTINGS_SPEC;

/* Checks and takes the values. ERR_USAGE or ERR_CONFIG with a sentence. */
int settings_read(struct settings *settings, const struct config *config, const struct clock *clock,
                  struct err *err);

#endif

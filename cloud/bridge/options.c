/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/options.h"

#include "base/clock.h"
#include "base/config_keys.h"
#include "base/daemon.h"
#include "mqtt/session.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOUR_US (INT64_C(3600) * CLOCK_US_PER_SECOND)

const struct config_key OPTIONS_KEYS[] = {
    DAEMON_CONFIG_KEYS,
    SESSION_CONFIG_KEYS,
    TEXT("store", "db", "", "The SQLite database. The bridge creates it when it does not exist."),
    TEXT("bridge", "client_id", "swap-bridge",
         "MQTT client id. The broker keeps this client's messages while it is away; two bridges on "
         "one broker need two ids (and two topic prefixes)."),
    INTEGER("bridge", "batch_messages", "1000", 1, 100000,
            "Messages that are committed together at most."),
    INTEGER("bridge", "batch_ms", "20", 0, 10000,
            "Longest wait for more messages before a commit, in ms (wall clock). A station's "
            "message is acknowledged after its commit."),
    INTEGER("bridge", "ring_size", "10000", 100, 10000000,
            "Messages that may wait in memory for the writer. When they do for long (a quarter of "
            "the keep-alive), the bridge disconnects and lets the broker keep what follows."),
    INTEGER("bridge", "ring_mib", "64", 1, 65536, "The same bound in MiB."),
    {"stations", "unknown", CONFIG_CHOICE, "accept", 0, 0, "accept|hold|refuse",
     "What the first message of a station means whose approval is pending. accept: its data is "
     "stored. hold: REGISTER is answered `pending`, nothing is acknowledged (its journal keeps the "
     "data) until `swapctl station approve`. refuse: quarantined. SIGHUP reads it again."},
    REAL("stations", "report_interval_s", "10", 0.1, 86400,
         "Interval at which stations report, in s (plant clock). After three of them without a "
         "message, and at least 3 s of wall time, a station is DISCONNECTED."),
    REAL("commands", "expire_s", "60", 1, 86400,
         "A command without any result is `expired` after this many s (wall clock)."),
    REAL("commands", "accepted_expire_s", "900", 1, 86400,
         "An accepted command without an end is `expired` after this many s (wall clock)."),
    INTEGER("quarantine", "max_rows", "10000", 1, 100000000,
            "Messages kept in quarantine; beyond, the oldest are removed and counted "
            "(counter quarantine.dropped)."),
    INTEGER("quarantine", "max_bytes", "4096", 0, 262144,
            "Bytes kept of each quarantined message."),
    REAL("retention", "thin_after_days", "0", 0, 36500,
         "Samples of a closed charging process are kept whole for so many days (plant clock) after "
         "its end, then thinned: first, last, least and greatest values stay, and one sample per "
         "interval. The figures of the process stay as they were computed; they cannot be computed "
         "again. 0: for ever. SIGHUP reads it again, as all of this section."),
    INTEGER("retention", "thin_interval_s", "300", 1, 86400,
            "Seconds between the samples that thinning leaves."),
    REAL("retention", "drop_after_days", "0", 0, 36500,
         "Samples of a charging process are removed so many days after its end, thinned or not. "
         "Its figures stay. 0: never."),
    REAL("retention", "quarantine_days", "0", 0, 36500,
         "Messages leave the quarantine after so many days. 0: only max_rows bounds it."),
    REAL("retention", "event_log_days", "0", 0, 36500,
         "Rows of event_log that nothing is made of again (STATUS, REGISTER, COMMAND_RESULT) are "
         "removed after so many days; all other rows stay, because audit and rebuild need them. "
         "0: never."),
    REAL("health", "temp_high_c", "45", -50, 150,
         "A battery's day (`swapctl battery history --what temperature`) counts the seconds with a "
         "cell above this many °C. SIGHUP reads it again, as the three below; days that were "
         "counted stay."),
    REAL("health", "temp_low_c", "0", -100, 100, "… and those with a cell below this many °C."),
    REAL("health", "cell_spread_high_v", "0.1", 0, 10,
         "… and those with more than this many V between the highest and the lowest cell."),
    REAL("health", "gap_s", "300", 1, 86400,
         "A reading stands for the time since the one before it, up to this many s (plant clock)."),
    REAL("tracking", "capacity_min_kwh", "20", 0, 10000,
         "A battery whose capacity is below this many kWh raises low_capacity. SIGHUP reads it "
         "again, as the two below."),
    REAL("tracking", "frequent_window_h", "24", 0.01, 87600,
         "Window, in hours of event time, for frequent_swap."),
    INTEGER("tracking", "frequent_swap_max", "3", 1, 100000,
            "More On-Loads of one battery than this within the window raise frequent_swap."),
    TEXT("export", "directory", "",
         "Folder, which must exist, for the daily export: exchanges-2026-11-21.csv for each day "
         "(UTC) of exchanges, as `swapctl export exchanges` writes them. Empty: none. A day that "
         "was missed is made up."),
    TEXT("export", "time", "00:10",
         "Time of day, UTC (plant clock), at which the day before is exported."),
    INTEGER("export", "keep", "31", 1, 3660,
            "Newest files that stay; older ones are removed. A failure raises export_failed."),
    INTEGER("export", "again", "3", 0, 3659,
            "Files before the newest that are made again with it, because stations that were "
            "offline tell of a day late; less than keep."),
    REAL("alerts", "capacity_hysteresis_kwh", "0.5", 0, 10000,
         "low_capacity ends when the capacity is this many kWh above the minimum again, so that a "
         "value on the edge does not flap. All of [alerts] holds where `swapctl threshold set` "
         "said nothing for the battery's model and the station; SIGHUP reads it again."),
    REAL("alerts", "low_soh_percent", "70", 0, 100,
         "A battery whose state of health is below this raises low_soh."),
    REAL("alerts", "low_soh_hysteresis_percent", "1", 0, 100, "low_soh ends this far above."),
    REAL("alerts", "over_temperature_c", "60", -100, 1000,
         "A pack in a bay whose hottest sensor is above this many degrees Celsius raises "
         "over_temperature."),
    REAL("alerts", "over_temperature_hysteresis_c", "5", 0, 1000,
         "over_temperature ends this far below."),
    REAL("alerts", "cell_imbalance_v", "0.3", 0, 1000,
         "A pack in a bay whose highest and lowest cell are more than this many volts apart raises "
         "cell_imbalance."),
    REAL("alerts", "cell_imbalance_hysteresis_v", "0.1", 0, 1000,
         "cell_imbalance ends this far below."),
    REAL("alerts", "cell_temperature_c", "20", 0, 1000,
         "The same for the degrees Celsius between the hottest and the coldest sensor."),
    REAL("alerts", "cell_temperature_hysteresis_c", "5", 0, 1000, "And how far below it ends."),
    REAL("alerts", "unknown_battery_s", "60", 0, 86400,
         "A bay that holds a pack without identity for more than this many s of its station's "
         "stream raises unknown_battery (stations of protocol version 1 only)."),
    {"alerts", "mqtt", CONFIG_BOOL, "on", 0, 0, NULL,
     "Alerts are published on the topic alert/<kind>: raised, cleared, acknowledged."},
    TEXT(
        "alerts", "command", "",
        "Program that is run for each of these (docs/alerts.md; a mail command, say): the alert as "
        "JSON on its standard input, its fields in the environment, no shell. Exit status 0: "
        "delivered. Empty: none."),
    TEXT("alerts", "command_kinds", "",
         "Kinds of alerts that the program is run for, with commas between; empty: all."),
    REAL("alerts", "command_timeout_s", "30", 0.1, 3600,
         "The program is killed when it takes longer (wall clock, as all of these)."),
    REAL("alerts", "webhook_timeout_s", "10", 0.1, 3600,
         "Longest wait for the answer of a webhook (`swapctl webhook set`)."),
    REAL("alerts", "retry_min_s", "5", 0.05, 86400,
         "Wait before an alert that was not delivered is tried again; doubled each time, with "
         "jitter."),
    REAL("alerts", "retry_max_s", "3600", 0.05, 86400, "Longest such wait."),
    REAL("alerts", "give_up_h", "72", 0.001, 8760,
         "An alert that a webhook or program has not taken at this age is given up; the reason "
         "stays "
         "in table alert_delivery (`swapctl alert deliveries --failed`)."),
    REAL("alerts", "keep_days", "30", 0.01, 3660,
         "Deliveries that were made or given up are kept so long."),
    REAL("charging", "sample_timeout_min", "15", 0.1, 10080,
         "A charging process that has seen no sample for this many minutes of its station's "
         "stream is closed at its last sample. SIGHUP reads it again, as the one below."),
    REAL("charging", "gone_timeout_h", "24", 0.01, 87600,
         "The same when nothing arrives for so many hours (plant clock of the bridge), because the "
         "station is away or its stream stands still. Samples that come later open the process "
         "again."),
    INTEGER("charging", "billed_rule", "1", 1, 2,
            "Version of the rule whose energies stand in charging_process and are billed; those of "
            "both are kept in charging_evaluation. 1: the rule of the requirement. 2: trapezoids, "
            "phases of each sample, gaps apart, the meter register (docs/charging.md). For "
            "processes that are closed from now on."),
    REAL("charging", "gap_limit_min", "5", 0.01, 1440,
         "Rule 2: what passes in a longer silence between two samples, in minutes, is estimated "
         "and kept apart (charge_energy_gap) unless the meter register tells it."),
    REAL("charging", "charger_rating_kw", "0", 0, 100000,
         "Rule 2: rating of the chargers in kW. More than that is flagged as implausible. 0: not "
         "known."),
    {"charging", "preferred_range", CONFIG_CHOICE, "rated", 0, 0, "rated|ideal",
     "The range that the efficiency factor of vehicles (kWh/km) is made from. At a change the "
     "factors of all vehicles are made again."},
};
const size_t OPTIONS_KEY_COUNT = sizeof OPTIONS_KEYS / sizeof OPTIONS_KEYS[0];

static const struct args_option OPTIONS[] = {
    {"broker", "HOST:PORT", "the MQTT broker", "mqtt", "broker"},
    {"db", "FILE", "the SQLite database, created when it does not exist", "store", "db"},
    {"config", "FILE", "configuration file (see --example-config)", NULL, NULL},
    {"example-config", NULL, "print a documented configuration file and exit", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

const struct args_spec OPTIONS_ARGS = {
    .program = "swap-bridge",
    .synopsis = "--broker HOST:PORT --db FILE [--config FILE]",
    .summary = "Stores what swap stations say over MQTT in one SQLite database: stations, bays,\n"
               "batteries, exchanges, charging processes, commands, faults and alerts.\n"
               "SIGTERM ends it cleanly; SIGHUP reads log level, thresholds and the policy for\n"
               "unknown stations again.",
    .options = OPTIONS,
};

static int64_t microseconds(const struct config *config, const char *section, const char *name,
                            double unit_us)
{
    return (int64_t)(config_real(config, section, name) * unit_us);
}

static enum ingest_unknown unknown_policy(const char *text)
{
    return strcmp(text, "hold") == 0     ? UNKNOWN_HOLD
           : strcmp(text, "refuse") == 0 ? UNKNOWN_REFUSE
                                         : UNKNOWN_ACCEPT;
}

static struct rules_settings charging_rules(const struct config *config)
{
    const double minute = 60.0 * (double)CLOCK_US_PER_SECOND;
    double rating_kw = config_real(config, "charging", "charger_rating_kw");
    return (struct rules_settings){
        .billed = (int)config_integer(config, "charging", "billed_rule"),
        .limits = {.gap_us = microseconds(config, "charging", "gap_limit_min", minute),
                   .charger_rating_kw = rating_kw > 0 ? rating_kw : NAN}};
}

static struct retention_limits retention_limits(const struct config *config)
{
    return (struct retention_limits){
        .thin_after_days = config_real(config, "retention", "thin_after_days"),
        .thin_interval_s = config_integer(config, "retention", "thin_interval_s"),
        .drop_after_days = config_real(config, "retention", "drop_after_days"),
        .quarantine_days = config_real(config, "retention", "quarantine_days"),
        .event_log_days = config_real(config, "retention", "event_log_days")};
}

static void read_thresholds(const struct config *config, struct threshold_default *to)
{
    static const struct {
        const char *raise, *hysteresis; /* NULL: elsewhere, none */
    } keys[THRESHOLD_KINDS] = {
        [THRESHOLD_LOW_CAPACITY] = {NULL, "capacity_hysteresis_kwh"},
        [THRESHOLD_LOW_SOH] = {"low_soh_percent", "low_soh_hysteresis_percent"},
        [THRESHOLD_OVER_TEMPERATURE] = {"over_temperature_c", "over_temperature_hysteresis_c"},
        [THRESHOLD_CELL_IMBALANCE] = {"cell_imbalance_v", "cell_imbalance_hysteresis_v"},
        [THRESHOLD_CELL_TEMPERATURE] = {"cell_temperature_c", "cell_temperature_hysteresis_c"},
        [THRESHOLD_UNKNOWN_BATTERY] = {"unknown_battery_s", NULL},
    };
    for (int i = 0; i < THRESHOLD_KINDS; i++) {
        to[i].raise = keys[i].raise ? config_real(config, "alerts", keys[i].raise) : 0;
        to[i].hysteresis =
            keys[i].hysteresis ? config_real(config, "alerts", keys[i].hysteresis) : 0;
    }
}

void options_ingest(const struct config *config, struct ingest_options *options)
{
    const double second = (double)CLOCK_US_PER_SECOND;
    *options = (struct ingest_options){
        .prefix = config_text(config, "mqtt", "prefix"),
        .unknown = unknown_policy(config_text(config, "stations", "unknown")),
        .report_interval_us = microseconds(config, "stations", "report_interval_s", second),
        .quarantine_rows = config_integer(config, "quarantine", "max_rows"),
        .quarantine_bytes = (size_t)config_integer(config, "quarantine", "max_bytes"),
        .retention = retention_limits(config),
        .days = {.temp_high_c = config_real(config, "health", "temp_high_c"),
                 .temp_low_c = config_real(config, "health", "temp_low_c"),
                 .cell_spread_high_v = config_real(config, "health", "cell_spread_high_v"),
                 .gap_us = microseconds(config, "health", "gap_s", second)},
        .commands = {.expire_us = microseconds(config, "commands", "expire_s", second),
                     .accepted_expire_us =
                         microseconds(config, "commands", "accepted_expire_s", second)},
        .tracking = {.capacity_min_kwh = config_real(config, "tracking", "capacity_min_kwh"),
                     .frequent_window_us =
                         microseconds(config, "tracking", "frequent_window_h", (double)HOUR_US),
                     .frequent_swap_max = config_integer(config, "tracking", "frequent_swap_max")},
        .charging = {.sample_timeout_us =
                         microseconds(config, "charging", "sample_timeout_min", 60 * second),
                     .gone_timeout_us =
                         microseconds(config, "charging", "gone_timeout_h", (double)HOUR_US),
                     .rules = charging_rules(config),
                     .preferred_range =
                         strcmp(config_text(config, "charging", "preferred_range"), "ideal") == 0
                             ? RANGE_IDEAL
                             : RANGE_RATED}};
    read_thresholds(config, options->thresholds);
    options->channels =
        (struct alert_channels){.mqtt = config_bool(config, "alerts", "mqtt"),
                                .command = config_text(config, "alerts", "command")[0] != '\0'};
    (void)snprintf(options->channels.command_kinds, sizeof options->channels.command_kinds, "%s",
                   config_text(config, "alerts", "command_kinds"));
}

void options_couriers(const struct config *config, struct courier_settings *settings)
{
    const double second = (double)CLOCK_US_PER_SECOND;
    *settings = (struct courier_settings){
        .policy = {.retry_min_us = microseconds(config, "alerts", "retry_min_s", second),
                   .retry_max_us = microseconds(config, "alerts", "retry_max_s", second),
                   .give_up_us = microseconds(config, "alerts", "give_up_h", (double)HOUR_US),
                   .keep_us = microseconds(config, "alerts", "keep_days", 24 * (double)HOUR_US)},
        .webhook_timeout_ms = (int)(config_real(config, "alerts", "webhook_timeout_s") * 1000),
        .command_timeout_ms = (int)(config_real(config, "alerts", "command_timeout_s") * 1000)};
    (void)snprintf(settings->command, sizeof settings->command, "%s",
                   config_text(config, "alerts", "command"));
}

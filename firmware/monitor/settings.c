/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/settings.h"

#include "base/config_keys.h"
#include "base/daemon.h"
#include "mqtt/session.h"
#include <math.h>
#include <string.h>

const struct config_key SETTINGS_KEYS[] = {
    DAEMON_CONFIG_KEYS,
    SESSION_CONFIG_KEYS,
    SWITCH("mqtt", "own_topic", "off",
           "Publish on info/<device> instead of info. The broker's access list can tell stations "
           "apart only with it; the secure configuration turns it on."),
    TEXT("station", "device", "",
         "Id of this station, 1 to 64 of A-Za-z0-9._-; also its MQTT client id."),
    TEXT("station", "location", "", "Where it stands, in words."),
    REAL("station", "price_per_kwh", "0", 0, 1000000,
         "Price of a kWh in the cloud's currency, told at registration."),
    REAL("station", "latitude", "0", -90, 90,
         "Position in degrees; when it is not set, the board's."),
    REAL("station", "longitude", "0", -180, 180,
         "Position in degrees; when it is not set, the board's."),
    {"station", "clock", CONFIG_CHOICE, "auto", 0, 0, "auto|synced|unsynced",
     "Quality of this machine's clock, told with each message. auto asks the kernel (adjtimex)."},
    TEXT("engine", "socket", "", "Unix socket of swap-engine."),
    REAL("engine", "health_interval_s", "30", 0.05, 3600,
         "The engine is asked for its health so often, in s (wall clock)."),
    REAL("engine", "health_timeout_s", "120", 0.1, 86400,
         "A silence of the engine of this many s (wall clock) is a fault."),
    REAL("engine", "retry_s", "10", 0.05, 3600,
         "Wait between attempts to reach the engine, in s (wall clock), after five fast ones."),
    REAL("report", "interval_s", "10", 0.1, 86400,
         "A STATION_INFO is reported so often, in s (plant clock), besides every change."),
    TEXT("journal", "dir", "", "Folder of the journal; when it is not set, the state folder."),
    INTEGER("journal", "group_ms", "1000", 0, 60000,
            "Telemetry is written to storage together so often, in ms (wall clock): what a kill "
            "can lose, against wear of the storage. Events are written at once."),
    INTEGER("journal", "telemetry_max_bytes", "67108864", 65536, 1e12,
            "Bytes of telemetry kept while the cloud is gone; beyond, the oldest rows are dropped "
            "and counted. Events are never dropped."),
    REAL("control", "ttl_s", "30", 1, 86400,
         "A command is fresh when its time is within so many s of now (wall clock)."),
    SWITCH("control", "strict_time", "off",
           "Refuse commands whose time is only a date, even today's."),
    TEXT("console", "monitor_socket", "",
         "Unix socket for technicians' tools (swap-console); empty: console.sock in the state "
         "folder; none: no such socket."),
    TEXT("control", "reboot_command", "",
         "Command line that reboots this machine, run by sh when SERVER_ASK_RESTART asks for mode "
         "reboot; empty: such a command is refused."),
};
const size_t SETTINGS_KEY_COUNT = sizeof(SETTINGS_KEYS) / sizeof(SETTINGS_KEYS[0]);

static const struct args_option OPTIONS[] = {
    {"device", "ID", "id of this station", "station", "device"},
    {"broker", "HOST:PORT", "the MQTT broker", "mqtt", "broker"},
    {"engine", "PATH", "Unix socket of swap-engine", "engine", "socket"},
    {"state", "DIR", "folder of the durable state", NULL, NULL},
    {"config", "FILE", "configuration file (see --example-config)", NULL, NULL},
    {"example-config", NULL, "print a documented configuration file and exit", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

const struct args_spec SETTINGS_SPEC = {
    .program = "swap-monitor",
    .synopsis = "--device ID --broker HOST:PORT --engine PATH --state DIR [--config FILE]",
    .summary =
        "Connects one battery swap station to the cloud: keeps its journal, publishes what it\n"
        "is and does, obeys commands, watches the engine. Runs on without broker or engine.\n"
        "SIGTERM ends it cleanly; SIGHUP reads the log level again.",
    .options = OPTIONS,
};

static int64_t seconds_us(const struct config *config, const char *section, const char *name)
{
    return (int64_t)(config_real(config, section, name) * (double)CLOCK_US_PER_SECOND);
}

static enum settings_clock read_clock(const char *text)
{
    return strcmp(text, "synced") == 0     ? SETTINGS_CLOCK_SYNCED
           : strcmp(text, "unsynced") == 0 ? SETTINGS_CLOCK_UNSYNCED
                                           : SETTINGS_CLOCK_AUTO;
}

static int read_position(struct settings *settings, const struct config *config, struct err *err)
{
    bool has_latitude = config_is_set(config, "station", "latitude");
    bool has_longitude = config_is_set(config, "station", "longitude");
    settings->latitude = settings->longitude = (double)NAN;
    if (has_latitude != has_longitude)
        return err_set(err, ERR_CONFIG, "[station] latitude and longitude belong together");
    if (has_latitude) {
        settings->latitude = config_real(config, "station", "latitude");
        settings->longitude = config_real(config, "station", "longitude");
    }
    return 0;
}

int settings_read(struct settings *settings, const struct config *config, const struct clock *clock,
                  struct err *err)
{
    *settings = (struct settings){
        .device = config_text(config, "station", "device"),
        .location = config_text(config, "station", "location"),
        .price_per_kwh = config_real(config, "station", "price_per_kwh"),
        .clock = read_clock(config_text(config, "station", "clock")),
        .prefix = config_text(config, "mqtt", "prefix"),
        .own_topic = config_bool(config, "mqtt", "own_topic"),
        .health_interval_us = seconds_us(config, "engine", "health_interval_s"),
        .health_timeout_us = seconds_us(config, "engine", "health_timeout_s"),
        .report_interval_plant_us = seconds_us(config, "report", "interval_s"),
        .speed = clock->speed,
        .group_us = config_integer(config, "journal", "group_ms") * CLOCK_US_PER_MS,
        .telemetry_max_bytes = config_integer(config, "journal", "telemetry_max_bytes"),
        .ttl_us = seconds_us(config, "control", "ttl_s"),
        .strict_time = config_bool(config, "control", "strict_time"),
        .can_reboot = config_text(config, "control", "reboot_command")[0] != '\0',
    };
    if (settings->device[0] == '\0')
        return err_set(err, ERR_USAGE, "--device ID is needed: the id of this station");
    if (!device_is_valid(settings->device))
        return err_set(err, ERR_USAGE, "device \"%s\": must be 1 to 64 of A-Za-z0-9._-",
                       settings->device);
    if (config_text(config, "engine", "socket")[0] == '\0')
        return err_set(err, ERR_USAGE, "--engine PATH is needed: the engine's Unix socket");
    if (settings->health_timeout_us <= settings->health_interval_us)
        return err_set(err, ERR_CONFIG,
                       "[engine] health_timeout_s must be above health_interval_s");
    return read_position(settings, config, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/options.h"
#include "base/daemon.h"
#include "engine/console_serve.h"
#include <string.h>

#define LIMITS_KEY(field, value, lowest, highest, help)                                            \
    {"limits", #field, CONFIG_REAL, #value, lowest, highest, NULL, help},

const struct config_key ENGINE_KEYS[] = {
    DAEMON_CONFIG_KEYS,
    {"engine", "board", CONFIG_TEXT, "", 0, 0, NULL, "Board folder (boards/<id>); flag --board."},
    {"engine", "socket", CONFIG_TEXT, "", 0, 0, NULL,
     "Unix socket on which the engine waits for the monitor; flag --socket."},
    {"engine", "state", CONFIG_TEXT, "", 0, 0, NULL,
     "Folder of the engine's durable state; flag --state."},
    {"engine", "health_timeout_s", CONFIG_REAL, "120", 1, 3600, NULL,
     "Seconds (wall) without a health check of the monitor until safe mode begins."},
    {"engine", "monitor_settle_s", CONFIG_REAL, "30", 0, 3600, NULL,
     "Seconds (wall) that the monitor must have been back before safe mode ends. The first monitor "
     "of a process ends it at once."},
    {"engine", "report_interval_s", CONFIG_REAL, "10", 0.1, 3600, NULL,
     "Plant seconds between two statuses for the monitor; more often at each transition, never "
     "more than ten a second of wall time. Not longer than the monitor's report.interval_s."},
    CONSOLE_SERVE_KEYS,
    {"charging", "target_soc", CONFIG_REAL, "95", 10, 100, NULL,
     "Charging stops, and a pack is READY, at this state of charge in %. SET_CONFIG target_soc, "
     "like the other keys of this section, takes precedence."},
    {"charging", "max_soc", CONFIG_REAL, "100", 10, 100, NULL,
     "No session aims higher than this state of charge in %."},
    {"charging", "soc_hysteresis", CONFIG_REAL, "2", 0, 50, NULL,
     "A READY pack stays so until it has fallen this many % below target_soc."},
    {"charging", "min_soh", CONFIG_REAL, "70", 0, 100, NULL,
     "Packs with less health in % are not handed out."},
    {"charging", "power_cap_kw", CONFIG_REAL, "0", 0, 100000, NULL,
     "Charging power in kW that all bays share; 0: no cap."},
    {"charging", "charge_windows", CONFIG_TEXT, "", 0, 0, NULL,
     "When automatic charging runs: mon-fri 22:00-06:00, sat+sun 00:00-24:00 (UTC; utc+02:00 "
     "before it for another zone). Empty: always."},
    {"charging", "min_ready", CONFIG_REAL, "0", 0, IO_BAYS_MAX, NULL,
     "Outside the windows charging goes on until so many packs are READY."},
    {"charging", "resume", CONFIG_CHOICE, "auto", 0, 0, "auto|confirm",
     "Charging that a restart interrupted goes on as a new session by itself, or waits for a "
     "START_CHARGE."},
    {"charging", "chemistries", CONFIG_TEXT, "LFP NMC LTO", 0, 0, NULL,
     "Permitted chemistries, separated by blanks. A pack of another one goes back to its user."},
    {"swap", "order", CONFIG_CHOICE, "in-out", 0, 0, "in-out|out-in",
     "in-out: the user's battery comes in, then a ready one goes out; out-in: the other way round. "
     "SET_CONFIG swap_order takes precedence."},
    LIMITS_TABLE(LIMITS_KEY)};
const size_t ENGINE_KEY_COUNT = sizeof ENGINE_KEYS / sizeof *ENGINE_KEYS;

static int read_chemistries(const char *text, uint32_t *mask, struct err *err)
{
    static const struct {
        const char *name;
        enum io_chemistry chemistry;
    } NAMES[] = {{"LFP", IO_CHEMISTRY_LFP}, {"NMC", IO_CHEMISTRY_NMC}, {"LTO", IO_CHEMISTRY_LTO}};
    *mask = 0;
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " "), i = 0;
        while (i < 3 && (strlen(NAMES[i].name) != length || strncmp(NAMES[i].name, at, length)))
            i++;
        if (i == 3)
            return err_set(err, ERR_CONFIG,
                           "[charging] chemistries = %s: '%.*s' is none of LFP, NMC, LTO", text,
                           (int)length, at);
        *mask |= UINT32_C(1) << NAMES[i].chemistry;
        at += length;
    }
    if (!*mask)
        return err_set(err, ERR_CONFIG, "[charging] chemistries is empty: name LFP, NMC or LTO");
    return 0;
}

static int read_settings(struct station_settings *settings, const struct config *config,
                         struct err *err)
{
    const char *why = NULL;
    *settings = (struct station_settings){
        .target_soc_percent = config_real(config, "charging", "target_soc"),
        .max_soc_percent = config_real(config, "charging", "max_soc"),
        .hysteresis_percent = config_real(config, "charging", "soc_hysteresis"),
        .min_soh_percent = config_real(config, "charging", "min_soh"),
        .power_cap_kw = config_real(config, "charging", "power_cap_kw"),
        .swap_out_in = strcmp(config_text(config, "swap", "order"), "out-in") == 0,
        .min_ready = config_real(config, "charging", "min_ready"),
        .resume_auto = strcmp(config_text(config, "charging", "resume"), "auto") == 0,
    };
    const char *windows = config_text(config, "charging", "charge_windows");
    if (windows_parse(windows, &settings->windows, &why) < 0)
        return err_set(err, ERR_CONFIG, "[charging] charge_windows = %s: %s", windows, why);
    if (settings_check(settings, &why) < 0)
        return err_set(err, ERR_CONFIG, "[charging] target_soc = %g, max_soc = %g: %s",
                       settings->target_soc_percent, settings->max_soc_percent, why);
    return 0;
}

int options_read(struct engine_options *options, const struct config *config,
                 const struct board *board, struct err *err)
{
    engine_options_default(options);
#define LIMITS_READ(field, value, lowest, highest, help)                                           \
    options->limits.field = config_real(config, "limits", #field);
    LIMITS_TABLE(LIMITS_READ)
#undef LIMITS_READ
    int code = read_settings(&options->settings, config, err);
    if (code < 0)
        return code;
    options->health_timeout_s = config_real(config, "engine", "health_timeout_s");
    options->monitor_settle_s = config_real(config, "engine", "monitor_settle_s");
    options->report_interval_s = config_real(config, "engine", "report_interval_s");
    options->bay_count = board->bay_count;
    for (int i = 0; i < board->bay_count; i++)
        options->ratings[i] = (struct bay_rating){.max_kw = board->bays[i].power_max_kw,
                                                  .max_a = board->bays[i].current_max_a,
                                                  .max_v = board->bays[i].voltage_max_v};
    options->board = board->name[0] ? board->name : board->compatible;
    options->fw = SWAPSTACK_VERSION;
    options->latitude = board->latitude;
    options->longitude = board->longitude;
    return read_chemistries(config_text(config, "charging", "chemistries"), &options->chemistries,
                            err);
}

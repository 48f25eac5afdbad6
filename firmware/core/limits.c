/* SPDX-License-Identifier: Apache-2.0 */
#include "core/limits.h"
#include "protocol/json.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void limits_default(struct station_limits *limits)
{
    *limits = (struct station_limits){
#define LIMITS_VALUE(field, value, lowest, highest, help) .field = (value),
        LIMITS_TABLE(LIMITS_VALUE)
#undef LIMITS_VALUE
    };
}

void settings_default(struct station_settings *settings)
{
    *settings = (struct station_settings){
        .target_soc_percent = 95,
        .max_soc_percent = 100,
        .hysteresis_percent = 2,
        .min_soh_percent = 70,
        .power_cap_kw = 0,
        .resume_auto = true,
    };
}

struct setting {
    const char *key;
    size_t offset;
    double lowest, highest;
    const char *why;
};

static const struct setting SETTINGS[] = {
    {"target_soc", offsetof(struct station_settings, target_soc_percent), 10, 100,
     "target_soc must be a number from 10 to 100 (%)"},
    {"max_soc", offsetof(struct station_settings, max_soc_percent), 10, 100,
     "max_soc must be a number from 10 to 100 (%)"},
    {"soc_hysteresis", offsetof(struct station_settings, hysteresis_percent), 0, 50,
     "soc_hysteresis must be a number from 0 to 50 (%)"},
    {"min_soh", offsetof(struct station_settings, min_soh_percent), 0, 100,
     "min_soh must be a number from 0 to 100 (%)"},
    {"power_cap_kw", offsetof(struct station_settings, power_cap_kw), 0, 100000,
     "power_cap_kw must be a number of kW, 0 for no cap"},
    {"min_ready", offsetof(struct station_settings, min_ready), 0, IO_BAYS_MAX,
     "min_ready must be a number of packs from 0 to 64"},
};

/* One of two words, as a JSON text or bare. Negative: neither of them. */
static int read_choice(const char *value, const char *no, const char *yes, bool *to)
{
    size_t length = strlen(value);
    bool quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"';
    const char *word = quoted ? value + 1 : value;
    size_t size = quoted ? length - 2 : length;
    bool is_no = size == strlen(no) && strncmp(word, no, size) == 0;
    bool is_yes = size == strlen(yes) && strncmp(word, yes, size) == 0;
    if (!is_no && !is_yes)
        return -1;
    *to = is_yes;
    return 0;
}

static int set_windows(struct station_settings *settings, const char *value, const char **why)
{
    SCOPE_JSON cJSON *text = NULL;
    bool good = json_parse(value, strlen(value), &text, NULL) == 0 && cJSON_IsString(text);
    /* "?" is no window: what is no text is refused with the same sentence */
    return windows_parse(good ? text->valuestring : "?", &settings->windows, why);
}

int settings_set(struct station_settings *settings, const char *key, const char *value,
                 const char **why)
{
    if (strcmp(key, "resume_charge") == 0) {
        *why = "resume_charge must be \"auto\" or \"confirm\"";
        return read_choice(value, "confirm", "auto", &settings->resume_auto);
    }
    if (strcmp(key, "swap_order") == 0) {
        *why = "swap_order must be \"in-out\" or \"out-in\"";
        return read_choice(value, "in-out", "out-in", &settings->swap_out_in);
    }
    if (strcmp(key, "charge_windows") == 0)
        return set_windows(settings, value, why);
    int locked = locks_set(&settings->locks, key, value, why);
    if (locked <= 0)
        return locked;
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
        const struct setting *setting = &SETTINGS[i];
        if (strcmp(key, setting->key) != 0)
            continue;
        char *end = NULL;
        double number = strtod(value, &end);
        *why = setting->why;
        if (end == value || *end || !isfinite(number) || number < setting->lowest ||
            number > setting->highest)
            return -1;
        memcpy((char *)settings + setting->offset, &number, sizeof number);
        return 0;
    }
    return 1;
}

int settings_check(const struct station_settings *settings, const char **why)
{
    *why = "max_soc must not be below target_soc: send both";
    return settings->max_soc_percent < settings->target_soc_percent ? -1 : 0;
}

double limits_cell_max_v(const struct station_limits *limits, enum io_chemistry chemistry)
{
    switch (chemistry) {
    case IO_CHEMISTRY_LFP:
        return limits->cell_max_lfp_v;
    case IO_CHEMISTRY_NMC:
        return limits->cell_max_nmc_v;
    case IO_CHEMISTRY_LTO:
    case IO_CHEMISTRY_UNKNOWN:
        break;
    }
    return limits->cell_max_lto_v;
}

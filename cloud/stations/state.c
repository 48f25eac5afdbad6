/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/state.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const STATES[] = {"ACTIVE", "CHARGING", "STOPPED", "FAULTY", "DISCONNECTED"};

static bool is_state(const char *text)
{
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++)
        if (strcmp(text, STATES[i]) == 0)
            return true;
    return false;
}

/* Each returns true when the field changed; absent values change nothing. */
static bool set_text(char *to, size_t size, const char *from)
{
    if (!from[0] || strcmp(to, from) == 0)
        return false;
    (void)snprintf(to, size, "%s", from);
    return true;
}

static bool set_integer(int64_t *to, int64_t from)
{
    if (from == MESSAGE_ABSENT || *to == from)
        return false;
    *to = from;
    return true;
}

static bool set_real(double *to, double from)
{
    if (isnan(from) || (!isnan(*to) && fabs(*to - from) <= 0))
        return false;
    *to = from;
    return true;
}

static int64_t from_tri(enum message_bool value)
{
    return value == TRI_ABSENT ? STORE_NULL : value == TRI_TRUE;
}

void state_adopt_journal(struct station *station, const struct state_moment *moment)
{
    if (moment->place.journal_number <= station->journal_number)
        return;
    station->journal_number = moment->place.journal_number;
    (void)snprintf(station->row.journal, sizeof station->row.journal, "%s", moment->journal);
    station->row.boot = station->row.up_ms = STORE_NULL;
    station->row.conn = station->row.conn_boot = STORE_NULL;
}

/* {"key":{"version":1,"value":12.5}, …} as the station echoes it. NULL: nothing usable. */
static char *config_json(const struct message_config *config)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; object && i < config->count; i++) {
        const struct message_config_item *item = &config->items[i];
        cJSON *value = cJSON_Parse(item->value);
        cJSON *entry = cJSON_AddObjectToObject(object, item->key);
        if (!value || !entry)
            cJSON_Delete(value);
        else {
            (void)cJSON_AddNumberToObject(entry, "version", (double)item->version);
            (void)cJSON_AddItemToObject(entry, "value", value);
        }
    }
    char *text = object ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    return text;
}

static bool set_config(struct station *station, const struct message_config *config)
{
    if (config->count == 0)
        return false;
    char *text = config_json(config);
    if (!text)
        return false;
    bool changed = !station->row.config || strcmp(station->row.config, text) != 0;
    if (changed) {
        free(station->row.config);
        station->row.config = strdup(text);
    }
    cJSON_free(text);
    return changed;
}

static enum change larger(enum change a, enum change b)
{
    return a > b ? a : b;
}

static enum change apply_station(struct station *station, const struct message_station *said)
{
    struct station_row *row = &station->row;
    bool state = false, levels = false;
    if (is_state(said->state))
        (void)set_text(station->said_state, sizeof station->said_state, said->state);
    if (station->said_state[0])
        state |= set_text(row->status, sizeof row->status, station->said_state);
    state |= set_text(row->mode, sizeof row->mode, said->mode);
    state |= set_text(row->gate, sizeof row->gate, said->gate);
    state |= set_text(row->fw, sizeof row->fw, said->fw);
    state |= set_text(row->board, sizeof row->board, said->board);
    state |= set_config(station, &said->config);
    state |= set_real(&row->latitude, said->latitude);
    state |= set_real(&row->longitude, said->longitude);
    state |= set_integer(&row->journal_dropped, said->journal_dropped);
    state |= set_integer(&row->journal_dead, said->journal_dead);
    levels |= set_integer(&row->journal_depth, said->journal_depth);
    levels |= set_integer(&row->journal_oldest, said->journal_oldest_us);
    levels |= set_real(&row->meter_import_wh, said->meter_import_wh);
    return state ? CHANGE_STATE : levels ? CHANGE_LEVELS : CHANGE_NONE;
}

static enum change apply_bay(struct station_bay *bay, const struct message_bay *said)
{
    struct bay_row *row = &bay->row;
    bool state = false, levels = false;
    state |= set_text(row->state, sizeof row->state, said->state);
    state |= set_text(row->door, sizeof row->door, said->door);
    state |= set_text(row->lock, sizeof row->lock, said->lock);
    state |= set_integer(&row->smoke, from_tri(said->smoke));
    state |= set_integer(&row->charger_online, from_tri(said->charger_online));
    levels |= set_integer(&row->fan, from_tri(said->fan));
    levels |= set_real(&row->temp, said->temp_c);
    return state ? CHANGE_STATE : levels ? CHANGE_LEVELS : CHANGE_NONE;
}

/* What the bay holds; `battery` NULL: nothing, or nothing that could be identified. Unlike the
 * bay's own fields, an absent value here replaces the former one: it was another battery's. */
static enum change apply_content(struct station_bay *bay, const struct message_battery *battery)
{
    static const struct message_battery none = {.charge = TRI_ABSENT};
    struct bay_row *row = &bay->row;
    const struct message_battery *said = battery ? battery : &none;
    double soc = battery ? battery->soc_percent : (double)NAN;
    int64_t charging = from_tri(said->charge);
    bool state = strcmp(row->bid, said->bid) != 0 || strcmp(row->session_id, said->session) != 0 ||
                 row->charging != charging;
    bool levels = isnan(row->soc) != isnan(soc) || set_real(&row->soc, soc);
    (void)snprintf(row->bid, sizeof row->bid, "%s", said->bid);
    (void)snprintf(row->session_id, sizeof row->session_id, "%s", said->session);
    row->charging = charging;
    row->soc = soc;
    return state ? CHANGE_STATE : levels ? CHANGE_LEVELS : CHANGE_NONE;
}

static const struct message_battery *battery_in(const struct message_station_info *info,
                                                int64_t slot)
{
    for (size_t i = 0; i < info->battery_count; i++)
        if (info->batteries[i].slot == slot)
            return &info->batteries[i];
    return NULL;
}

static bool bay_is_told(const struct message_station *station, int64_t slot)
{
    for (size_t i = 0; i < station->bay_count; i++)
        if (station->bays[i].slot == slot)
            return true;
    return false;
}

/* One slot: the bay's own words (NULL: not said) and its content. */
static int apply_slot(struct registry *registry, struct station *station, int64_t slot,
                      const struct message_bay *said, const struct message_battery *battery,
                      int64_t time_us, enum change *change, struct err *err)
{
    struct station_bay *bay = registry_bay(registry, station, slot, err);
    if (!bay)
        return err && err->code ? err->code : ERR_NOMEM;
    enum change changed = said ? apply_bay(bay, said) : CHANGE_NONE;
    changed = larger(changed, apply_content(bay, battery));
    if (changed == CHANGE_STATE)
        bay->row.changed_at = time_us;
    if (changed != CHANGE_NONE)
        bay->changed = true;
    *change = larger(*change, changed);
    return 0;
}

static int apply_bays(struct registry *registry, struct station *station,
                      const struct message_station_info *info, int64_t time_us, enum change *change,
                      struct err *err)
{
    int status = 0;
    const struct message_station *said = &info->station;
    for (size_t i = 0; i < said->bay_count && status == 0; i++)
        status = apply_slot(registry, station, said->bays[i].slot, &said->bays[i],
                            battery_in(info, said->bays[i].slot), time_us, change, err);
    /* The bare form tells batteries without bays. */
    for (size_t i = 0; i < info->battery_count && status == 0; i++)
        if (!bay_is_told(said, info->batteries[i].slot))
            status = apply_slot(registry, station, info->batteries[i].slot, NULL,
                                &info->batteries[i], time_us, change, err);
    return status;
}

int state_apply_info(struct registry *registry, struct station *station,
                     const struct message_station_info *info, const struct state_moment *moment,
                     bool *applied, struct err *err)
{
    struct order_place current = {.journal_number = station->journal_number,
                                  .boot = station->row.boot,
                                  .up = station->row.up_ms};
    bool replaces = order_replaces(&moment->place, &current);
    if (applied)
        *applied = replaces;
    if (!replaces)
        return 0;
    state_adopt_journal(station, moment);
    if (order_has_place(&moment->place)) {
        station->row.boot = moment->place.boot;
        station->row.up_ms = moment->place.up;
    }
    station->row.state_time = moment->time_us;
    enum change change = larger(CHANGE_LEVELS, apply_station(station, &info->station));
    int status = apply_bays(registry, station, info, moment->time_us, &change, err);
    registry_touch(registry, station, change);
    return status;
}

void state_apply_register(struct registry *registry, struct station *station,
                          const struct message_register *registration,
                          const struct state_moment *moment)
{
    struct station_row *row = &station->row;
    state_adopt_journal(station, moment);
    (void)set_text(row->location, sizeof row->location, registration->location);
    (void)set_text(row->board, sizeof row->board, registration->board);
    (void)set_text(row->fw, sizeof row->fw, registration->fw);
    (void)set_integer(&row->bays, registration->bays);
    (void)set_real(&row->latitude, registration->latitude);
    (void)set_real(&row->longitude, registration->longitude);
    if (!isnan(registration->price_per_kwh))
        row->price_per_kwh = llround(registration->price_per_kwh * 10000);
    registry_touch(registry, station, CHANGE_STATE);
}
